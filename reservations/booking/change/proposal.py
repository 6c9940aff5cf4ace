"""What a change would make of a booking, and what stands in its way: shown first, judged again when it is confirmed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from core.database import db
from core.money import Money
from core.refusal import Refusal
from core.time import Span
from fleet.calendar.hold import CarTaken
from fleet.cars.models import Car, CarState
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Line, Policies, Quote
from portal.billing.payers.may_book import check_may_book
from portal.web import say
from reservations.booking.cancel import day_price, free_until_of, notice_of
from reservations.booking.change.errors import ClassWithoutPrice, NothingToChange, TripHasBegun, TripIsOver
from reservations.booking.change.given_back import Quarter, firm_part, in_parts, quarters_in
from reservations.booking.change.models import ReservationChange
from reservations.booking.change.refund import quarters_of
from reservations.booking.errors import BadSpan, CarStillOut, LicenceEnds, MayNotDrive, licence_ends_before
from reservations.booking.models import Reservation, Status
from reservations.booking.our_doing import could_not_have_it
from reservations.booking.price_again import had_a_price, policies_of_booking, price_again, price_of_span
from reservations.booking.within_limits import check_change
from reservations.search.times import span_errors
from reservations.trip.out_late import cars_out_late

SOON = timedelta(hours=1)  # a car that is out late is not promised for a start within it


@dataclass(frozen=True, slots=True)
class Wish:
    """What a booking should become: the car and the member's own span."""

    car: Car
    span: Span


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a change makes of a booking: its car and span, its price line by line, and what is given back late for it."""

    wish: Wish
    kind: str  # extend, shorten, move or swap
    quote: Quote
    before: Money
    given_back: tuple[Quarter, ...]  # what this change gives back late; what was before stands beside it

    @property
    def price(self) -> Money:
        return self.quote.total

    @property
    def difference(self) -> Money:
        """What it adds to the price; below zero it takes off."""
        return self.price - self.before

    @property
    def owed(self) -> Money:
        """What is kept for time given back late, by this change and those before: cancelling does not take it off."""
        return Money(sum(line.amount.cents for line in self.quote.lines if line.code == "fee_given_back"), self.before.currency)

    @property
    def kept(self) -> Money:
        """What this change keeps for time that it gives back late."""
        return Money(sum(one.cents for one in self.given_back), self.before.currency)


def propose(reservation: Reservation, wish: Wish, now: datetime) -> Proposal:
    """The change as it stands now. The calendar is not asked: it decides when the change is made.

    Raises TripIsOver, TripHasBegun, NothingToChange, BadSpan, MayNotDrive, CardFirst, BookingStopped, CarStillOut,
    ClassWithoutPrice, and CarTaken for a car that nobody can have; on somebody's account what check_change() raises.
    """
    refusal = in_the_way(reservation, wish, now)
    if refusal is not None:
        raise refusal
    proposal = priced(reservation, wish, now)
    check_change(reservation, wish.car, wish.span, proposal.price)
    if reservation.status == Status.BOOKED and proposal.difference.cents > 0:
        check_may_book(reservation.member_id)
    return proposal


def in_the_way(reservation: Reservation, wish: Wish, now: datetime) -> Refusal | None:
    """What stands in the way of a change, money and the calendar aside."""
    if reservation.status not in (Status.BOOKED, Status.DRIVING) or (
            reservation.status == Status.BOOKED and now >= reservation.ends_at):
        return TripIsOver()
    same_car = wish.car.id == reservation.car_id
    if reservation.status == Status.DRIVING and (not same_car or wish.span.start != reservation.starts_at):
        return TripHasBegun()
    if same_car and wish.span == reservation.span:
        return NothingToChange()
    errors = _errors(reservation, wish, now)
    if errors:  # first: whatever is found after it is said with other cars for this time
        return BadSpan(errors)
    if not reservation.member.may_drive:
        return MayNotDrive(member_id=reservation.member_id)
    if wish.span.end > reservation.ends_at and licence_ends_before(reservation.member, wish.span, wish.car.lot.zone):
        return LicenceEnds(reservation.member)
    if wish.car.state == CarState.RETIRED:
        return CarTaken(car_id=wish.car.id)
    moved = not same_car or wish.span.start != reservation.starts_at
    if moved and wish.span.start < now + SOON and cars_out_late(now, [wish.car.id]):
        return CarStillOut(car_id=wish.car.id)
    if not same_car and not had_a_price(reservation, wish.car):
        return ClassWithoutPrice(car_id=wish.car.id)
    return None


def _errors(reservation: Reservation, wish: Wish, now: datetime) -> dict[str, str]:
    """What is wrong with the times. A start that stays may have passed; an end may not."""
    stays, zone = wish.span.start == reservation.starts_at, wish.car.lot.zone
    if wish.span.end <= now:
        return {"end": _("%(time)s has passed. Pick a later time.", time=say.moment(wish.span.end, zone))}
    return span_errors(wish.span.start, wish.span.end, zone=zone, policies=policies_at(now),
                       now=min(now, wish.span.start) if stays else now)


def priced(reservation: Reservation, wish: Wish, now: datetime) -> Proposal:
    """The whole new span at the rates and rules of the booking's moment; another class at that class's rates of then. What
    is given back late costs what it adds to the price of the rest, of all changes together at most a day."""
    policies = policies_of_booking(reservation)
    same = wish.car.car_class == reservation.car.car_class and wish.car.lot.city == reservation.car.lot.city
    price = price_of_span(reservation, wish.span) if same else price_again(reservation, wish.span, wish.car)
    earlier = [one for one in quarters_of(reservation)
               if one.car_id != wish.car.id or not wish.span.start <= one.starts_at < wish.span.end]
    already = Money(sum(one.amount_cents for one in earlier), reservation.currency)
    given = _given_back(reservation, wish.span, already, policies, now)
    fee = already + Money(sum(one.cents for one in given), reservation.currency)
    if fee.cents:
        price = replace(price, lines=(*price.lines, Line("fee_given_back", fee, "cancel_notice", notice_of(
            reservation.span, policies).version, {"minutes": 15 * (len(earlier) + len(given)), "at": now.isoformat()})))
    return Proposal(wish, kind_of(reservation, wish), price, reservation.price, tuple(given))


def _given_back(reservation: Reservation, wish: Span, already: Money, policies: Policies, now: datetime) -> list[Quarter]:
    """What the wish gives back too late, in quarter-hours of the car as booked; nothing while it is free to cancel, or when
    the car could not be had."""
    ours = reservation.status == Status.BOOKED and could_not_have_it(reservation, now, policies)
    if ours or now <= free_until_of(reservation, policies):
        return []
    firm = firm_part(reservation.span, _held_before(reservation, policies, now))
    goes = firm.without(wish) if firm else []
    if firm is None or not goes:
        return []
    stays = firm.common(wish)
    worth = _cost(reservation, firm) - (_cost(reservation, stays) if stays else 0)
    fee = min(worth, reservation.price_cents, max(0, day_price(reservation) - already.cents))
    return in_parts(Money(fee, reservation.currency), quarters_in(goes), reservation.car_id) if fee > 0 else []


def _cost(reservation: Reservation, span: Span) -> int:
    return price_of_span(reservation, span).total.cents


def _held_before(reservation: Reservation, policies: Policies, now: datetime) -> list[Span]:
    """Every span that it had until half an hour ago (policy `cooling_off`). Of what was added since, one may think again; of
    what was given back and taken again in the meantime, not."""
    since = now - timedelta(minutes=policies["cooling_off"].value)
    changes = db.session.scalars(select(ReservationChange).where(ReservationChange.reservation_id == reservation.id)
                                 .order_by(ReservationChange.at, ReservationChange.id)).all()
    recent = [one for one in changes if one.at >= since]
    return [*(one.before for one in changes if one.at < since), recent[0].before if recent else reservation.span]


def kind_of(reservation: Reservation, wish: Wish) -> str:
    """What the change is called: swap, extend, shorten or move."""
    if wish.car.id != reservation.car_id:
        return "swap"
    if wish.span.start != reservation.starts_at:
        return "move"
    return "extend" if wish.span.end > reservation.ends_at else "shorten"
