"""A booking's lines in the ledger: what the trip, or giving it up, costs whoever pays for the member."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.database import db
from core.money import Money, total
from core.outbox import post
from fleet.tariffs.quote import Line
from portal.billing.credits.use import use_credits
from portal.billing.ledger.enter import Transfer, billed, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import locked, payer_of
from reservations.booking.models import Reservation

EARNED = {  # where the money of a line goes; what begins otherwise is driving
    "waiver": Account.COVER, "tax": Account.TAX, "late": Account.FEES, "low": Account.FEES, "fee": Account.FEES,
    "fuel": Account.FUEL, "refuel": Account.FUEL, "promo": Account.PROMOTION,
}


def bill(reservation: Reservation, quoted: Sequence[Line], after: Sequence[Line], at: datetime) -> Money:
    """Enter the lines within the open transaction, use credit, have the rest collected; return the sum of the lines."""
    payer = locked(payer_of_trip(reservation).id)
    rows = [*_transfers(reservation, payer.id, Origin.QUOTE, quoted, at),
            *_transfers(reservation, payer.id, Origin.AFTER, after, at)]
    enter(rows)
    due = total([line.amount for line in (*quoted, *after)], reservation.currency)
    use_credits(payer_id=payer.id, due=due, about=f"trip-{reservation.id}", now=at, member_id=reservation.member_id,
                reservation_id=reservation.id)
    settle_later(reservation, at)
    return due


def payer_of_trip(reservation: Reservation) -> Payer:
    """Who pays for a booking: decided when it was made, whoever pays for the next one."""
    if reservation.payer_id is not None:
        return db.session.get_one(Payer, reservation.payer_id)
    return payer_of(reservation.member_id)


def settle_later(reservation: Reservation, at: datetime) -> None:
    """Have what the booking costs collected, and what is held for more let go, after this commit."""
    post("settle", member_id=reservation.member_id, due=at, once=f"settle-{reservation.id}",
         payer_id=payer_of_trip(reservation).id, reservation_id=reservation.id)


def _transfers(reservation: Reservation, payer_id: int, origin: Origin, lines: Iterable[Line],
               at: datetime) -> Iterable[Transfer]:
    for position, line in enumerate(lines):
        if not line.amount.cents:
            continue  # "included" is said by the quote; it moves no money
        yield billed(Transfer(
            Account.RECEIVABLE, EARNED.get(line.code.split("_")[0], Account.DRIVING), line.amount, origin, line.code,
            line.rule, line.rule_version, f"bill-{reservation.id}-{origin}-{position}", at, payer_id=payer_id,
            member_id=reservation.member_id, reservation_id=reservation.id, facts=line.facts), line.amount)


def bill_of(reservation: Reservation) -> list[LedgerRow]:
    """The lines of the bill that cost or give something, in order; corrections and payments are not among them."""
    return list(db.session.scalars(
        select(LedgerRow).where(LedgerRow.reservation_id == reservation.id,
                                LedgerRow.origin.in_((Origin.QUOTE, Origin.AFTER))).order_by(LedgerRow.id)))


def given_back_of(reservation: Reservation) -> Money:
    """What was taken off the bill after it was written, taxes included."""
    rows = db.session.scalars(select(LedgerRow).where(
        LedgerRow.reservation_id == reservation.id, LedgerRow.origin == Origin.CORRECTION)).all()
    return -total([row.amount for row in rows], reservation.currency)


def receipt_lines(reservation: Reservation) -> list[LedgerRow | Line]:
    """The bill with what was included in its price, as the quote has it, in the quote's order."""
    rows = bill_of(reservation)
    quoted = iter([row for row in rows if row.origin == Origin.QUOTE])
    kept = lines_of_quote(reservation.quote) if any(row.origin == Origin.QUOTE for row in rows) else []
    return [*(next(quoted) if line.amount.cents else line for line in kept),
            *(row for row in rows if row.origin == Origin.AFTER)]


def lines_of_quote(kept: dict[str, Any]) -> list[Line]:
    """The frozen lines of a booking."""
    return [Line.from_json(line) for line in kept["lines"]]
