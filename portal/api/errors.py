"""How the API says no where no page would: a body that does not hold, a key used twice, a place we do not know."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal
from reservations.booking.errors import YoursAlready
from reservations.search.geocoding.port import Place


class DoesNotHold(Refusal):
    code, status = "does_not_hold", 422
    says = _l("What was sent does not hold.")
    remedy = _l("Look at “errors”: it names every field at fault and what is wrong with it.")

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__()
        self.errors = errors


class NotJson(Refusal):
    code, status = "not_json", 415
    says = _l("The body is not said to be JSON.")
    remedy = _l("Send JSON, with the header Content-Type: application/json.")


class UnreadableJson(Refusal):
    code, status = "unreadable_json", 422
    says = _l("The body is no JSON that we can read.")
    remedy = _l("Send one JSON object in UTF-8, with text that holds no NUL and no half of a character.")


class IdempotencyConflict(Refusal):
    code, status = "idempotency_conflict", 422
    says = _l("This Idempotency-Key came before with another request.")
    remedy = _l("Nothing was done. Make a new key for each thing that you want done, and keep it for trying the same again.")


class PlaceNotFound(Refusal):
    code, status = "place_not_found", 422
    says = _l("We do not know that place.")
    remedy = _l("Send one of “did_you_mean” as near, an address or a crossing with its street, or lat and lng.")

    def __init__(self, near: Sequence[Place]) -> None:
        super().__init__()
        self.beside = {"did_you_mean": [place_json(place) for place in near]}


class CarTakenHere(Refusal):
    """That a car cannot be had, with those nearby that can; and by which booking, when it is the member's own."""

    def __init__(self, refusal: Refusal, alternatives: list[dict[str, Any]], own: YoursAlready | None = None) -> None:
        super().__init__(**refusal.facts)
        self.code, self.status, self.says, self.remedy = refusal.code, refusal.status, refusal.says, refusal.remedy
        self.beside: dict[str, Any] = {"alternatives": alternatives}
        if own is not None:
            self.says, self.beside = own.says, self.beside | own.beside


class OutsideArea(Refusal):
    code, status = "outside_area", 422
    says = _l("That place is outside of where our cars stand.")
    remedy = _l("Search around a place in the city.")


class CarNotSilent(Refusal):
    code, status = "car_not_silent", 409
    says = _l("The car has not been asked to lock here, or it has answered.")
    remedy = _l("Return it without “without_lock” first; only a car that does not answer ends a trip without its lock.")


def place_json(place: Place) -> dict[str, Any]:
    """A place in JSON: what it is called, where it is, and how sure we are, from 0 to 1."""
    return {"label": place.label, "lat": place.lat, "lng": place.lng, "confidence": round(place.confidence, 2)}
