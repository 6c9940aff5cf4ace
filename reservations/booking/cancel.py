"""Cancelling: free while it is free, and the fee is the one that was shown."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.database import db, transaction
from core.money import Money, total
from core.outbox import post
from core.time import Span
from experience.asks.wish import wish_to_ask
from experience.journey import Phase, Step
from experience.record.observe import Seen, observe, record
from fleet.calendar.hold import release
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Line, Policies, Policy
from reservations.booking.billing import bill, bill_of, settle_later
from reservations.booking.booked_by import Told, tell_booker
from reservations.booking.change.refund import give_back_rest, quarters_of
from reservations.booking.errors import DearerThanShown, TooLateToCancel
from reservations.booking.models import Reservation, Status
from reservations.booking.moves.end import withdraw_move
from reservations.booking.our_doing import could_not_have_it
from reservations.booking.promises import promised_fee, promises_end
from reservations.booking.promo import give_back
from reservations.booking.queries import load_locked


@dataclass(frozen=True, slots=True)
class CancelTerms:
    """What cancelling costs now, until when it is free, the rule's version, whether it is free by our doing, and how many cents
    of the fee are owed all the same, for time that was given back late before."""

    fee: Money
    free_until: datetime
    version: int
    ours: bool = False
    kept_cents: int = 0

    @property
    def only_kept(self) -> bool:
        """Whether cancelling adds nothing: the fee is for what was given back before."""
        return 0 < self.fee.cents <= self.kept_cents


def terms(reservation: Reservation, now: datetime, policies: Policies) -> CancelTerms:
    """Free until 3 h before the start (24 h for trips of 8 h and more), and for 30 minutes after booking.

    Later: the price, capped at that of one day, of the kind on which the trip begins. What was kept for time given back late
    stays owed, within the same cap, wherever the trip was moved. Always free when the member could not have the car. The
    numbers are policies; `service-rules` has their source.
    """
    notice = notice_of(reservation.span, policies)
    free_until = free_until_of(reservation, policies)
    if could_not_have_it(reservation, now, policies):
        return CancelTerms(Money(0, reservation.currency), free_until, notice.version, ours=True)
    kept = sum(one.amount_cents for one in quarters_of(reservation))
    fee = min(max(kept, reservation.price_cents if now > free_until else 0), day_price(reservation))
    return CancelTerms(Money(fee, reservation.currency), free_until, notice.version, kept_cents=kept)


def free_to_cancel_until(span: Span, booked_at: datetime, policies: Policies) -> datetime:
    """When changing one's mind begins to cost, for a trip booked at a moment. Cooling off ends when the trip begins."""
    cooled = min(booked_at + timedelta(minutes=policies["cooling_off"].value), span.start)
    return max(span.start - timedelta(minutes=notice_of(span, policies).value), cooled)


def free_until_of(reservation: Reservation, policies: Policies) -> datetime:
    """The same for a booking as it stands. Who took another car because theirs could not be had may think again also when
    its time has begun already."""
    free_until = free_to_cancel_until(reservation.span, reservation.booked_at, policies)
    if reservation.stands_in_for_id is None:
        return free_until
    first = db.session.get_one(Reservation, reservation.stands_in_for_id)
    assert first.cancelled_at is not None  # its car was given up for this one
    return max(free_until, first.cancelled_at + timedelta(minutes=policies["cooling_off"].value))


def notice_of(span: Span, policies: Policies) -> Policy:
    long_trip = span.minutes >= policies["cancel_long_trip"].value
    return policies["cancel_notice_long" if long_trip else "cancel_notice_short"]


def day_price(reservation: Reservation) -> int:
    """Cents for one day of the kind on which the trip begins by the lot's clock, as its quote has it."""
    begins = reservation.starts_at.astimezone(reservation.car.lot.zone)
    day: int = reservation.quote["rates"]["weekend_day" if begins.weekday() >= 5 else "weekday_day"]
    return day


def cancel(*, reservation: Reservation, now: datetime, shown: Money | None = None, most: Money | None = None,
           alone: bool = True) -> Money:
    """Give the car back before the trip and return the fee; twice changes nothing. One that is not cancelled `alone` but with
    its series is told of with all of them.

    A fee that was `shown` is a promise; `most` is what its member would pay, where nothing was shown. Raises TooLateToCancel,
    and DearerThanShown when the fee is higher than either.
    """
    with observe(Step.BOOK_CANCEL, member=reservation.member, trip=reservation) as seen, transaction():
        load_locked(reservation)
        if reservation.status == Status.CANCELLED:
            seen.was_repeated()
            return total([line.amount for line in bill_of(reservation)], reservation.currency)
        if reservation.status != Status.BOOKED:
            raise TooLateToCancel()
        cost = terms(reservation, now, policies_at(reservation.booked_at))
        for limit in (shown, most):
            if limit is not None and cost.fee.cents > limit.cents:
                raise DearerThanShown(fee_cents=cost.fee.cents, limit_cents=limit.cents)
        end_booking(reservation, Status.CANCELLED, cost, now)
        seen.trip_as = "cancelled"
        if shown is not None:
            seen.settles(promised_fee(reservation, shown.cents, cost.fee.cents, now))
        if alone:
            post("booking_cancelled", member_id=reservation.member_id, reservation_id=reservation.id,
                 fee_cents=cost.fee.cents)
        tell_booker(reservation, Told.CANCELLED, now, fee_cents=cost.fee.cents)
        if alone:
            wish_to_ask(member_id=reservation.member_id, solicitation="cancel_expectation", once=f"cancel-{reservation.id}",
                        now=now, reservation_id=reservation.id)
        seen.note(car_id=reservation.car_id, lot_id=reservation.lot_id, fee_cents=cost.fee.cents,
                  lead_minutes=int((reservation.starts_at - now).total_seconds() // 60))
        if shown is not None:
            seen.measured(cost.fee.cents, "cents", expected=shown.cents)
        if now <= reservation.booked_at + timedelta(minutes=policies_at(reservation.booked_at)["cooling_off"].value):
            _undo(reservation)
    return cost.fee


def _undo(reservation: Reservation) -> None:
    """Who cancels while cooling off has not booked after all: no fee, and the step is undone."""
    booked = Seen(Step.BOOK_CONFIRM, reservation.booked_by_id or reservation.member_id, reservation.id)
    booked.note(car_id=reservation.car_id, lot_id=reservation.lot_id, price_cents=reservation.price_cents)
    record(booked, Phase.UNDONE)


def end_booking(reservation: Reservation, status: Status, cost: CancelTerms, now: datetime) -> None:
    """End a booking that did not become a trip: free the car, keep the story, write the fee's line."""
    occupancy_id, reservation.occupancy_id = reservation.occupancy_id, None
    withdraw_move(reservation, now)
    promises_end(reservation, now, ours=cost.ours, no_show=status is Status.NO_SHOW, costs=cost.fee.cents > 0)
    reservation.status, reservation.cancelled_at, reservation.at_risk_since = status, now, None
    db.session.flush()
    release(occupancy_id)
    if cost.fee.cents:
        give_back_rest(reservation, cost.fee, now)
        bill(reservation, (), [Line(f"fee_{status}", cost.fee, "cancel_notice", cost.version, {
            "price_cents": reservation.price_cents, "free_until": cost.free_until.isoformat(), "at": now.isoformat(),
            **({"kept_cents": cost.kept_cents} if cost.only_kept else {})})], now)
    else:
        settle_later(reservation, now)
        give_back(reservation.id, now)
