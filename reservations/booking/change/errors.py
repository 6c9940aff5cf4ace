"""How a change is refused, each time with what can be done instead."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class TripIsOver(Refusal):
    code, status = "change_too_late", 409
    says = _l("This trip is over or was cancelled, so it cannot be changed any more.")
    remedy = _l("Nothing was changed. Book again: the page of the trip has a button for it.")


class TripHasBegun(Refusal):
    code, status = "trip_has_begun", 409
    says = _l("You have the car already, so only the end of the trip can still change.")
    remedy = _l("Nothing was changed. Pick another end, or bring the car back and book again.")


class NothingToChange(Refusal):
    code, status = "nothing_to_change", 422
    says = _l("That is what you have booked already.")
    remedy = _l("Pick other times or another car.")


class ChangeDearerThanShown(Refusal):
    code, status = "change_dearer_than_shown", 409
    says = _l("The change costs more now than when you opened the page.")
    remedy = _l("Nothing was changed. Look at the price and decide again.")


class ClassWithoutPrice(Refusal):
    code, status = "class_without_price", 409
    says = _l("Cars of this class had no price yet when you booked.")
    remedy = _l("Nothing was changed. Take a car of another class, or book this one anew.")
