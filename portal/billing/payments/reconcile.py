"""Reconciling: every line of the processor's books is found in ours, or shown to finance as a difference."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from core.database import db, hold_nothing_open, transaction
from core.money import Money
from core.time import now
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, Origin
from portal.billing.payments.chargebacks import take_in_chargeback
from portal.billing.payments.models import Chargeback, Payment, ProcessorMovement, Refund, RefundState
from portal.billing.payments.port import Movement, Payments

AT_ONCE = 200
LOOK_BACK = timedelta(days=3)  # what came late to their books, and what came late to ours

Known = dict[tuple[str, str | None], int]  # cents by a movement's kind and what it is about
_movements = ProcessorMovement.__table__
_KEEP = {name: kind.insert(_movements).on_conflict_do_update(
    index_elements=["id"], set_={"ours_cents": kind.insert(_movements).excluded.ours_cents,
                                 "checked_at": kind.insert(_movements).excluded.checked_at})
         for name, kind in (("postgresql", postgresql), ("sqlite", sqlite))}


def reconcile(payments: Payments, *, since: datetime | None = None) -> int:
    """Read the processor's books since then (or since a little before the last time) and compare; how many differ."""
    at = now()
    newest = db.session.scalar(select(ProcessorMovement.at).order_by(ProcessorMovement.at.desc()).limit(1))
    begin = since or (newest - LOOK_BACK if newest else at - timedelta(days=400))
    hold_nothing_open()
    read = list(payments.movements(begin, at))
    different = 0
    for start in range(0, len(read), AT_ONCE):
        part = read[start:start + AT_ONCE]
        _hear_of_chargebacks(part, payments)
        with transaction():
            known = _ours([movement.about for movement in part if movement.about])
            enter([transfer for movement in part for transfer in _books(movement)])
            db.session.execute(_KEEP[db.engine.dialect.name], [_row(movement, known, at) for movement in part])
        different += sum(_cents(movement, known) != movement.amount.cents for movement in part)
    return different


def _hear_of_chargebacks(part: list[Movement], payments: Payments) -> None:
    """A chargeback whose webhooks never came is found here."""
    for chargeback_id in {movement.about for movement in part if movement.kind in ("dispute", "dispute_reversal")}:
        hold_nothing_open()
        take_in_chargeback(payments.look_at_chargeback(chargeback_id or ""))


def _row(movement: Movement, known: Known, at: datetime) -> dict[str, object]:
    return {"id": movement.id, "kind": movement.kind, "amount_cents": movement.amount.cents, "fee_cents": movement.fee.cents,
            "currency": movement.amount.currency, "at": movement.at, "about": movement.about,
            "ours_cents": _cents(movement, known), "checked_at": at}


def _ours(about: list[str]) -> Known:
    """What our books have for each kind of movement about these payments, refunds and chargebacks, signed as theirs."""
    known: Known = {}
    for payment_id, cents in db.session.execute(
            select(Payment.processor_id, Payment.captured_cents).where(Payment.processor_id.in_(about))):
        known["charge", payment_id] = cents
    for refund_id, cents, state in db.session.execute(
            select(Refund.processor_id, Refund.amount_cents, Refund.state).where(Refund.processor_id.in_(about))):
        known["refund", refund_id] = -cents
        known["refund_failure", refund_id] = cents * (state == RefundState.FAILED)
    for chargeback_id, cents, state in db.session.execute(
            select(Chargeback.processor_id, Chargeback.amount_cents, Chargeback.state)
            .where(Chargeback.processor_id.in_(about))):
        known["dispute", chargeback_id] = -cents
        known["dispute_reversal", chargeback_id] = cents * (state == "won")
    return known


def _cents(movement: Movement, known: Known) -> int | None:
    """None when our books know nothing of it. What happens at the processor only is booked from theirs."""
    if movement.kind == "payout" or _is_fee_back(movement):
        return movement.amount.cents
    return known.get((movement.kind, movement.about or ""))


def _is_fee_back(movement: Movement) -> bool:
    return movement.kind == "other" and movement.id.endswith("-fee")


def _books(movement: Movement) -> Iterator[Transfer]:
    """Fees and payouts happen at the processor only: they enter our books from theirs."""
    def books(debit: Account, credit: Account, amount: Money, code: str) -> Transfer:
        return Transfer(debit, credit, amount, Origin.BOOKS, code, "processor", 1, f"{code}-{movement.id}", movement.at,
                        facts={"movement": movement.id})

    if movement.fee.cents:
        yield books(Account.PROCESSOR_FEES, Account.PROCESSOR, movement.fee, "processor_fee")
    if _is_fee_back(movement) and movement.amount.cents > 0:
        yield books(Account.PROCESSOR, Account.PROCESSOR_FEES, movement.amount, "processor_fee_back")
    if movement.kind == "payout" and movement.amount.cents < 0:
        yield books(Account.BANK, Account.PROCESSOR, -movement.amount, "payout")
