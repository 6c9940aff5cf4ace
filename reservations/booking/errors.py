"""How a booking is refused."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.database import db
from core.refusal import Refusal
from core.time import Span
from portal.account.models import Member, MemberStatus
from portal.web import say
from reservations.booking.models import Reservation


class MayNotDrive(Refusal):
    code, status = "may_not_drive", 403
    says = _l("Your membership is not active, so we cannot hold a car for you.")
    remedy = _l("Look at your account page: it says what is missing.")

    def __init__(self, member_id: int) -> None:
        super().__init__(member_id=member_id)
        member = db.session.get_one(Member, member_id)
        if member.status == MemberStatus.ACTIVE:
            self.says = _("We have no driver’s licence of yours that counts, so we cannot hold a car for you.")
            self.remedy = _("Show it to us first: Account, Licence.")
        if member.status == MemberStatus.PAUSED:
            self.says = _("Your membership is paused, so we cannot hold a car for you.")
            self.remedy = _("End the pause with one tap on the page of your plan; then book.")


class LicenceEnds(Refusal):
    code, status = "licence_ends", 403
    remedy = _l("Pick times before that day, or show us the new licence first: Account, Licence.")

    def __init__(self, member: Member) -> None:
        super().__init__(member_id=member.id)
        assert member.licence_until is not None  # what is not known stops nobody
        self.says = _("The driver’s licence that we have counts until %(day)s, and this trip ends later.",
                      day=say.day(member.licence_until, year=True))


def licence_ends_before(member: Member, span: Span, zone: ZoneInfo) -> bool:
    """Whether their licence ends before the trip's last day, by the lot's calendar; the membership is another question."""
    return not member.is_licensed_on((span.end - timedelta(microseconds=1)).astimezone(zone).date())


class NotOnTheAccount(Refusal):
    code, status = "not_on_the_account", 403
    says = _l("Your account does not pay for this driver, so you cannot book for them.")
    remedy = _l("Nothing was booked. Ask whoever runs your account to add them.")


class BadSpan(Refusal):
    code, status = "bad_span", 422
    says = _l("Those times do not work.")
    remedy = _l("Pick other times.")

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(fields=",".join(errors))
        self.errors = errors
        self.says = " ".join(errors.values())


class CarStillOut(Refusal):
    code, status = "car_still_out", 409
    says = _l("This car is not back yet: its driver is late.")
    remedy = _l("Nothing was booked. Take another car nearby, or a start in an hour or more.")


class YoursAlready(Refusal):
    """The member's own booking takes the car; the caller leads to its trip."""

    code, status = "yours_already", 409
    remedy = _l("Nothing was booked twice. Open that trip to change or cancel it.")

    def __init__(self, own: Reservation) -> None:
        super().__init__(reservation_id=own.id)
        self.own, self.beside = own, {"reservation_id": own.reference}
        self.says = _("You have booked %(car)s already, for %(span)s.", car=own.car.name,
                      span=say.span_words(own.span, own.car.lot.zone))


class OfferExpired(Refusal):
    code, status = "offer_expired", 409
    says = _l("The price was held for 15 minutes, and they are over.")
    remedy = _l("Here is today’s price. Check it and book.")


class QuoteUnknown(Refusal):
    code, status = "quote_unknown", 404
    says = _l("There is no such quote.")
    remedy = _l("Ask for the price anew. A quote is its member’s own, and forgotten a day after it has run out.")


class TooLateToCancel(Refusal):
    code, status = "too_late_to_cancel", 409
    says = _l("This trip has begun, so it cannot be cancelled any more.")
    remedy = _l("Bring the car back and end the trip: the page for that is Drive.")


class DearerThanShown(Refusal):
    code, status = "dearer_than_shown", 409
    says = _l("Cancelling costs more now than when you opened the page.")
    remedy = _l("Nothing was cancelled. Look at the fee and decide again.")


class CarIsThere(Refusal):
    code, status = "car_is_there", 409
    says = _l("You can have your own car now, so no other one stands in for it.")
    remedy = _l("Nothing was changed. Open the trip’s page and go to your car.")
