"""Whether a trip on somebody's account is within what whoever runs the account allows its driver."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, case, func, select

from core.database import db
from core.money import Money
from core.time import Span
from fleet.cars.models import Car
from fleet.cars.words import class_name
from portal.billing.ledger.models import CHARGES, LedgerRow, Origin
from portal.billing.payers.cost_centres import cost_centre_for
from portal.billing.payers.errors import ClassNotAllowed, HourNotAllowed, OverTheMonth, PaysNoMore
from portal.billing.payers.models import Payer
from portal.billing.payers.terms import Terms, terms_of, who_can_change
from portal.billing.statements.queries import SIGNED, TOUCHES, month_bounds, month_of
from portal.web import say
from reservations.booking.models import Reservation, Status

OPEN = (Status.BOOKED, Status.DRIVING)


def check_booking(*, payer_id: int, member_id: int, car: Car, span: Span, price: Money,
                  cost_centre_id: int | None) -> int | None:
    """Within the open transaction, with the driver's place on the account locked: what cost centre the trip is booked on.

    Raises ClassNotAllowed, HourNotAllowed, OverTheMonth, CostCentreFirst, and PaysNoMore for whoever was just taken off.
    """
    terms = terms_of(payer_id, member_id)
    if terms is None:
        raise PaysNoMore()
    _check_class(terms, car, payer_id)
    _check_hours(terms, car, span, payer_id)
    _check_month(terms, span, price, payer_id, member_id)
    return cost_centre_for(payer_id, cost_centre_id, terms.cost_centre_id)


def check_change(reservation: Reservation, car: Car, span: Span, price: Money) -> None:
    """The same for a change: only what it adds is judged, so that a trip may always get shorter and cheaper. A month that it
    comes into from another one has it added whole."""
    payer_id, member_id = reservation.payer_id, reservation.member_id
    if payer_id is None or db.session.scalar(select(Payer.member_id).where(Payer.id == payer_id)) == member_id:
        return  # their own
    terms, dearer = terms_of(payer_id, member_id), price.cents > reservation.price_cents
    if terms is None:
        if dearer:
            raise PaysNoMore()
        return
    if car.car_class != reservation.car.car_class:
        _check_class(terms, car, payer_id)
    if span.start < reservation.starts_at or span.end > reservation.ends_at:
        _check_hours(terms, car, span, payer_id)
    if dearer or month_of(span.start) != month_of(reservation.starts_at):
        _check_month(terms, span, price, payer_id, member_id, but_id=reservation.id)


def _check_class(terms: Terms, car: Car, payer_id: int) -> None:
    if terms.classes is not None and car.car_class not in terms.classes:
        allowed = ", ".join(class_name(each) for each in terms.classes)
        raise ClassNotAllowed(_("This account pays for these classes only: %(allowed)s.", allowed=allowed),
                              who_can_change(payer_id))


def _check_hours(terms: Terms, car: Car, span: Span, payer_id: int) -> None:
    if terms.hours is None:
        return
    start, end = (moment.astimezone(car.lot.zone) for moment in (span.start, span.end - timedelta(microseconds=1)))
    first, last = terms.hours
    if start.date() != end.date() or start.hour < first or end.hour >= last:
        raise HourNotAllowed(_("This account pays for trips between %(first)s and %(last)s of one day.",
                               first=say.hour(first), last=say.hour(last)), who_can_change(payer_id))


def _check_month(terms: Terms, span: Span, price: Money, payer_id: int, member_id: int, but_id: int = 0) -> None:
    if terms.monthly is None:
        return
    since, until = month_bounds(month_of(span.start))
    spent = spent_between(payer_id, since, until, [member_id], but_id=but_id).get(member_id, 0)
    if spent + price.cents > terms.monthly.cents:
        left = Money(max(0, terms.monthly.cents - spent))
        raise OverTheMonth(_("This trip costs %(price)s, and of the %(limit)s for trips of that month %(left)s are left.",
                             price=say.money(price), left=say.money(left), limit=say.money(terms.monthly)),
                           who_can_change(payer_id))


def cost_of_trip() -> ColumnElement[int]:
    """What a reservation costs as it stands: its price while it is ahead or on, then what was billed less what was given back.

    Cents; of an outer `Reservation`.
    """
    billed = (select(func.coalesce(func.sum(SIGNED), 0))
              .where(LedgerRow.reservation_id == Reservation.id, TOUCHES, LedgerRow.origin.in_((*CHARGES, Origin.CORRECTION)))
              .scalar_subquery())
    return case((Reservation.status.in_(OPEN), Reservation.price_cents), else_=billed)


def spent_between(payer_id: int, since: datetime, until: datetime, member_ids: Sequence[int], *,
                  but_id: int = 0) -> dict[int, int]:
    """The cents of the trips that begin in that time and that this account pays, by who drives."""
    rows = db.session.execute(
        select(Reservation.member_id, func.sum(cost_of_trip())).where(
            Reservation.payer_id == payer_id, Reservation.member_id.in_(member_ids), Reservation.starts_at >= since,
            Reservation.starts_at < until, Reservation.id != but_id).group_by(Reservation.member_id))
    return {member_id: int(cents) for member_id, cents in rows}
