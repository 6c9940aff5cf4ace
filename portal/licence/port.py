"""Whether a licence is real and counts, as a port: rules of our own, or a service that is asked over HTTP, by setting."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

import httpx

from core.outbox import TryLater
from portal.licence.models import Side
from portal.licence.numbers import looks_right, plain_number
from portal.licence.reasons import LicenceReason as R


class Says(StrEnum):
    CLEAR = "clear"
    UNCLEAR = "unclear"  # a person has to look
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a member shows of a licence: as typed, with the pictures by side as JPEG (none for a re-check after they are gone).
    `today` is the day of the city's calendar."""

    country: str
    region: str
    number: str
    name: str
    born_on: date | None
    held_since: date
    expires_on: date
    today: date
    pictures: Mapping[Side, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check says, and why unless it is clear."""

    says: Says
    reasons: tuple[R, ...] = ()


class LicenceCheck(Protocol):
    """Whoever looks at licences."""

    def look(self, shown: Shown, *, once: str) -> Verdict:
        """Look at it; under the same `once` it is looked at, and paid for, once. Raises TryLater when nobody answers."""


# Numbers that end like this are answered like this by our own rules, for trying things out: docs/licence.md has them.
TEST_ENDINGS: dict[str, Verdict | None] = {
    "9901": Verdict(Says.UNCLEAR, (R.CHECK_UNCLEAR,)),
    "9902": Verdict(Says.REFUSED, (R.NOT_A_LICENCE,)),
    "9903": Verdict(Says.REFUSED, (R.DETAILS_DIFFER,)),
    "9904": Verdict(Says.UNCLEAR, (R.FACE_DIFFERS,)),
    "9905": Verdict(Says.REFUSED, (R.UNREADABLE,)),
    "9906": None,  # nobody answers
}


class OwnRules:
    """Our own, for the demo city and for tests: what can be told from the dates, the place and the number alone."""

    def look(self, shown: Shown, *, once: str) -> Verdict:
        """Expired is refused; what a person has to look at is unclear; the rest is clear."""
        number = plain_number(shown.number)
        if shown.expires_on < shown.today:
            return Verdict(Says.REFUSED, (R.EXPIRED,))
        if number[-4:] in TEST_ENDINGS:
            answer = TEST_ENDINGS[number[-4:]]
            if answer is None:
                raise TryLater("licence check: the number of silence")
            return answer
        doubts = []
        if shown.country not in ("US", "CA"):
            doubts.append(R.FROM_ABROAD)
        if not looks_right(shown.country, shown.region, number):
            doubts.append(R.NUMBER_UNUSUAL)
        return Verdict(Says.UNCLEAR, tuple(doubts)) if doubts else Verdict(Says.CLEAR)


class OnlyPeople:
    """Production without a service to ask: a person looks at every licence, and only what has expired is refused at once."""

    def look(self, shown: Shown, *, once: str) -> Verdict:
        """Never clear."""
        if shown.expires_on < shown.today:
            return Verdict(Says.REFUSED, (R.EXPIRED,))
        return Verdict(Says.UNCLEAR, (R.CHECK_UNCLEAR,))


class HttpCheck:
    """A service's door: POST of what is shown as JSON (dates as 2030-01-31, pictures in base64 by side) with a bearer token and
    an `Idempotency-Key`. It answers `{"verdict": "clear" | "unclear" | "refused", "reasons": [codes]}`."""

    def __init__(self, url: str, token: str, timeout_seconds: float = 30.0) -> None:
        self._url, self._timeout = url, timeout_seconds
        self._headers = {"Authorization": f"Bearer {token}"}

    def look(self, shown: Shown, *, once: str) -> Verdict:
        """Ask it. An answer that makes no sense is none; reasons that we do not know leave it to a person."""
        try:
            answer = httpx.post(self._url, json=_as_json(shown), timeout=self._timeout,
                                headers=self._headers | {"Idempotency-Key": once})
        except httpx.HTTPError as error:
            raise TryLater(f"licence check: {type(error).__name__}") from error
        if not answer.is_success:
            raise TryLater(f"licence check: {answer.status_code}")
        try:
            return _verdict(answer.json())
        except (ValueError, AttributeError, TypeError, KeyError) as error:
            raise TryLater("licence check: an answer without a verdict") from error


def _as_json(shown: Shown) -> dict[str, Any]:
    return {"country": shown.country, "region": shown.region, "number": shown.number, "name": shown.name,
            "born_on": shown.born_on.isoformat() if shown.born_on else None, "held_since": shown.held_since.isoformat(),
            "expires_on": shown.expires_on.isoformat(), "today": shown.today.isoformat(),
            "pictures": {str(side): b64encode(jpeg).decode() for side, jpeg in shown.pictures.items()}}


def _verdict(answer: Any) -> Verdict:
    says, given = Says(answer["verdict"]), answer.get("reasons", [])
    reasons = tuple(dict.fromkeys(R(code) for code in given if code in frozenset(R)))
    if says is Says.CLEAR:
        return Verdict(says)
    if not reasons:  # nobody is refused for what we cannot tell them
        return Verdict(Says.UNCLEAR, (R.CHECK_UNCLEAR,))
    return Verdict(says, reasons)
