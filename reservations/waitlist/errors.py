"""How waiting, or taking what was offered, is refused."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class TooManyWaits(Refusal):
    code, status = "too_many_waits", 409
    says = _l("You wait for as many cars as one member can at a time.")
    remedy = _l("Leave one of the others first: they stand under Trips.")


class OfferLapsed(Refusal):
    code, status = "wait_offer_lapsed", 409
    says = _l("This offer is over, and the car went on to whoever waits next.")
    remedy = _l("Nothing was booked. If you still want a car, wait again or look for another one.")
