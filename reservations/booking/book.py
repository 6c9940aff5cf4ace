"""Booking: the calendar decides, and the whole of it stands in one transaction or nothing does."""

from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import Table, bindparam, insert, select

from core.database import db, transaction
from core.ids import new_reference
from core.outbox import post
from experience.journey import Step
from experience.record.observe import Seen, observe
from fleet.calendar.hold import CarTaken, hand_over, hold
from fleet.calendar.turnaround import turnaround_of
from fleet.cars.models import Car, CarState
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from portal.billing.payers.drivers import drives_on_the_account_of
from portal.billing.payers.may_book import Pays, check_may_book
from portal.signup.activate import was_shown_a_price
from portal.web import say
from reservations.booking.booked_by import Told, tell_booker
from reservations.booking.errors import BadSpan, CarStillOut, LicenceEnds, MayNotDrive, NotOnTheAccount, licence_ends_before
from reservations.booking.hold_price import hold_later
from reservations.booking.models import Reservation, Status, Waiver
from reservations.booking.offer import FrozenOffer
from reservations.booking.promises import promise_trip
from reservations.booking.promo import redeem
from reservations.booking.within_limits import check_booking
from reservations.search.times import span_errors
from reservations.trip.out_late import cars_out_late

# Built once, of columns: the calendar is held while they run.
_booked: Table = Reservation.__table__
_INSERT = select(Reservation).from_statement(insert(_booked).returning(*_booked.c))
_BOOKED = select(_booked.c.id).where(_booked.c.member_id == bindparam("member"), _booked.c.once == bindparam("once"))
REMIND_BEFORE = timedelta(hours=1)


def book(*, member: Member, car: Car, offer: FrozenOffer, waiver: Waiver, once: str, now: datetime,
         held: int | None = None, series_id: UUID | None = None, booked_by: Member | None = None,
         cost_centre_id: int | None = None) -> Reservation:
    """Hold the car at the offered price, or refuse: MayNotDrive, CardFirst, BookingStopped, BadSpan,
    CarStillOut, CarTaken, or BadPromoCode when its code was used up meanwhile. On somebody's account also AccountCannotPay,
    and what check_booking() raises; `cost_centre_id` is one of the business's that pays, else the driver's usual one.

    `member` is who drives. Somebody else on their account may have `booked_by` for them, else NotOnTheAccount.

    A span that could be booked when it was offered still can while the offer lives, unless it is over. The
    same `once` of the same member gives the same reservation, however often it is posted. `held` is the occupancy of an offer
    from the waitlist that this booking takes over. One of a series is confirmed in the series' one letter.
    """
    with observe(Step.BOOK_CONFIRM, member=booked_by or member) as seen, transaction():
        # Held, so that nobody leaves us meanwhile (portal/account/leave/leave.py).
        db.session.refresh(member, with_for_update={"of": Member, "read": True, "key_share": True})
        again = _booked_already(member, once)
        if again is not None:
            seen.was_repeated()
            return again
        seen.note(car_id=car.id, car_class=car.car_class, lot_id=car.lot_id, plan=member.plan, waiver=str(waiver))
        if booked_by is not None and not drives_on_the_account_of(booked_by.id, member.id):
            raise NotOnTheAccount(member_id=member.id)
        pays = _check(member, car, offer, now)
        price = offer.price(car, waiver, member.for_price)
        booked_on = check_booking(payer_id=pays.payer_id, member_id=member.id, car=car, span=offer.span, price=price.total,
                                  cost_centre_id=cost_centre_id) if pays.on_account else None
        with observe(Step.FIND_AVAILABILITY, member=booked_by or member) as free:  # was free what was shown as free?
            free.note(car_id=car.id, car_class=car.car_class, lot_id=car.lot_id)
            try:
                occupancy_id = hand_over(held) if held is not None else hold(
                    car.id, offer.span, turnaround=turnaround_of(car, policies_at(now)))
            except CarTaken:
                again = _booked_already(member, once)  # the same form, posted twice at once: its other half was faster
                if again is None:
                    raise
                free.was_repeated()
                seen.was_repeated()
                return again
        reservation = db.session.scalars(_INSERT, {
            "reference": new_reference(), "member_id": member.id, "car_id": car.id, "lot_id": car.lot_id,
            "starts_at": offer.span.start, "ends_at": offer.span.end, "status": Status.BOOKED, "waiver": waiver,
            "price_cents": price.total.cents, "currency": price.total.currency, "quote": price.as_json(), "once": once,
            "booked_at": now, "occupancy_id": occupancy_id, "payer_id": pays.payer_id, "cost_centre_id": booked_on,
            "series_id": series_id, "booked_by_id": booked_by.id if booked_by else None,
        }).one()
        if offer.promo is not None:
            redeem(offer.promo.code, member_id=member.id, reservation_id=reservation.id, now=now)
        set_going(reservation, now)
        tell_booker(reservation, Told.BOOKED, now)
        was_shown_a_price(member=member, now=now)
        _note(seen, reservation, now)
    return reservation


def _booked_already(member: Member, once: str) -> Reservation | None:
    found = db.session.scalar(_BOOKED, {"member": member.id, "once": once})
    return db.session.get_one(Reservation, found) if found else None


def _check(member: Member, car: Car, offer: FrozenOffer, now: datetime) -> Pays:
    """Who pays for it."""
    if not member.may_drive:
        raise MayNotDrive(member_id=member.id)
    if licence_ends_before(member, offer.span, car.lot.zone):
        raise LicenceEnds(member)
    pays = check_may_book(member.id)
    span = offer.span
    asked_at = offer.at if offer.holds(now) else now
    errors = span_errors(span.start, span.end, zone=car.lot.zone, now=asked_at, policies=policies_at(asked_at))
    if span.end <= now:
        errors = {"end": _("%(time)s has passed. Pick a later time.", time=say.moment(span.end, car.lot.zone))}
    if errors:
        raise BadSpan(errors)
    if car.state == CarState.RETIRED:
        raise CarTaken(car_id=car.id)
    if span.start < now + timedelta(hours=1) and cars_out_late(now, [car.id]):
        raise CarStillOut(car_id=car.id)
    return pays


def set_going(reservation: Reservation, now: datetime) -> None:
    """Confirm a booking, hold its price, mint its promises and set its clocks, within the open transaction."""
    member_id, facts = reservation.member_id, {"reservation_id": reservation.id}
    if reservation.series_id is None:
        post("booking_confirmed", member_id=member_id, due=now, **facts)
    hold_later(reservation, now)
    remind_at = reservation.starts_at - REMIND_BEFORE
    promise_trip(reservation, now, policies_at(now), remind_at)
    post_clocks(reservation, now)


def post_clocks(reservation: Reservation, now: datetime) -> None:
    """Have the member reminded and the car released if nobody comes. The jobs name the start they are for: when it has
    changed since, they do nothing. A start that comes back has its jobs already, and none of them was done too early: they
    are due when nobody can move a trip to that start any more."""
    facts = {"reservation_id": reservation.id, "starts_at": reservation.starts_at.isoformat()}
    of_start = f"{reservation.id}-{reservation.starts_at.isoformat()}"
    remind_at = reservation.starts_at - REMIND_BEFORE
    if remind_at > now:
        post("trip_reminder", member_id=reservation.member_id, due=remind_at, once=f"trip_reminder-{of_start}", **facts)
    post("no_show", member_id=reservation.member_id, due=reservation.starts_at + _no_show_after(now),
         once=f"no_show-{of_start}", **facts)


def _no_show_after(now: datetime) -> timedelta:
    return timedelta(minutes=policies_at(now)["no_show"].value)


def _note(seen: Seen, reservation: Reservation, now: datetime) -> None:
    seen.of_trip(reservation.id)
    seen.trip_as = "booked"
    seen.note(price_cents=reservation.price_cents, minutes=reservation.span.minutes,
              lead_minutes=int((reservation.starts_at - now).total_seconds() // 60))
