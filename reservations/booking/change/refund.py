"""Refunding what was given back late, for each quarter-hour that somebody else then has: once, however often it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from core.database import db, transaction
from core.money import Money
from core.outbox import Job, NotNow, post
from core.time import Span, now
from portal.billing.ledger.models import LedgerRow
from portal.billing.payments.refund import correct, given_back
from reservations.booking.billing import bill_of
from reservations.booking.change.given_back import QUARTER, Quarter, in_parts, quarters_in
from reservations.booking.change.models import GivenBackQuarter
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import load_locked

FEES = ("fee_cancelled", "fee_no_show", "fee_given_back")  # the later ones only where a trip was driven all the same
HAS_IT = (Status.BOOKED, Status.DRIVING, Status.RETURNED, Status.NO_SHOW)  # who cancelled has no quarter-hour
LOOK = timedelta(days=1)  # time that is long ahead is looked at day by day
NOT_BILLED_YET = timedelta(hours=1)


def quarters_of(reservation: Reservation) -> list[GivenBackQuarter]:
    """The quarter-hours that were given back late, in order."""
    return list(db.session.scalars(select(GivenBackQuarter).where(GivenBackQuarter.reservation_id == reservation.id)
                                   .order_by(GivenBackQuarter.starts_at)))


def keep_given_back(reservation: Reservation, quarters: Sequence[Quarter], at: datetime) -> None:
    """Write down what was given back late, within the open transaction, and have it looked at once its time has come."""
    if not quarters:
        return
    db.session.execute(insert(GivenBackQuarter), [
        {"reservation_id": reservation.id, "car_id": one.car_id, "starts_at": one.starts_at, "amount_cents": one.cents,
         "given_at": at} for one in quarters])
    post("quarters_given_back", member_id=reservation.member_id, due=_look_at(at, [one.starts_at for one in quarters]),
         reservation_id=reservation.id)


def take_again(reservation: Reservation, car_id: int, span: Span) -> None:
    """Forget what was given back of this time: its member has it again, and pays its price."""
    db.session.execute(delete(GivenBackQuarter).where(
        GivenBackQuarter.reservation_id == reservation.id, GivenBackQuarter.car_id == car_id,
        GivenBackQuarter.starts_at >= span.start, GivenBackQuarter.starts_at < span.end,
        GivenBackQuarter.refunded_at.is_(None)))


def give_back_rest(reservation: Reservation, fee: Money, at: datetime) -> None:
    """The booking ends for this fee: what of it is not for time given back before is for the quarter-hours it still had."""
    before = db.session.scalar(select(func.coalesce(func.sum(GivenBackQuarter.amount_cents), 0)).where(
        GivenBackQuarter.reservation_id == reservation.id)) or 0
    rest = Money(max(0, fee.cents - before), fee.currency)
    take_again(reservation, reservation.car_id, reservation.span)
    if rest.cents:
        keep_given_back(reservation, in_parts(rest, quarters_in([reservation.span]), reservation.car_id), at)


def refund_rebooked(job: Job) -> None:
    """Handle the outbox's `quarters_given_back`. Raises NotNow while quarter-hours are still to come."""
    reservation = db.session.get_one(Reservation, job.facts["reservation_id"])
    at = now()
    with transaction():
        load_locked(reservation)
        line = _line_of(reservation)
        if line is not None:
            _refund(reservation, line, at)
        ahead = [one.starts_at for one in quarters_of(reservation) if one.starts_at + QUARTER > at]
    if line is None and reservation.status in (Status.BOOKED, Status.DRIVING):
        raise NotNow(at + NOT_BILLED_YET)
    if line is not None and ahead:
        raise NotNow(_look_at(at, ahead))


def _look_at(at: datetime, starts: Sequence[datetime]) -> datetime:
    return max(at, min(min(starts) + LOOK, max(starts) + QUARTER))


def _line_of(reservation: Reservation) -> LedgerRow | None:
    """The line of the bill that the fee is; none while the trip is not billed."""
    lines = {line.code: line for line in bill_of(reservation) if line.code in FEES}
    return next((lines[code] for code in FEES if code in lines), None)


def _refund(reservation: Reservation, line: LedgerRow, at: datetime) -> None:
    passed = [one for one in quarters_of(reservation) if one.refunded_at is None and one.starts_at + QUARTER <= at]
    left, back = line.amount.cents - given_back(line.id), 0
    for one in passed:
        by = _who_has(one, reservation)
        if by is not None and one.amount_cents <= left - back:
            one.rebooked_by_id, one.refunded_at = by, at
            back += one.amount_cents
    db.session.flush()
    if back:
        correct(line=line, amount=Money(back, line.currency), why="rebooked", rule=line.rule, rule_version=line.rule_version,
                once=f"rebooked-{reservation.id}-{passed[0].car_id}-{passed[-1].starts_at.isoformat()}", now=at)


def _who_has(quarter: GivenBackQuarter, reservation: Reservation) -> int | None:
    """The booking of somebody else that has this quarter-hour, if there is one."""
    return db.session.scalar(select(Reservation.id).where(
        Reservation.car_id == quarter.car_id, Reservation.member_id != reservation.member_id,
        Reservation.status.in_(HAS_IT), Reservation.starts_at <= quarter.starts_at,
        Reservation.ends_at > quarter.starts_at).limit(1))


@dataclass(frozen=True, slots=True)
class Rebooked:
    """What was given back late, and how much of it somebody else then had: minutes, and what they cost and gave."""

    minutes: int
    fee: Money
    rebooked_minutes: int
    refunded: Money


def rebooked_of(reservation: Reservation) -> Rebooked | None:
    """The sum of it for a receipt; None when nothing was given back late."""
    quarters = quarters_of(reservation)
    if not quarters:
        return None
    again = [one for one in quarters if one.refunded_at is not None]
    return Rebooked(15 * len(quarters), Money(sum(one.amount_cents for one in quarters), reservation.currency),
                    15 * len(again), Money(sum(one.amount_cents for one in again), reservation.currency))
