"""Chargebacks: a bank takes a payment back while it looks into it; we hand in the evidence and wait."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.database import db, hold_nothing_open, transaction
from core.ids import new_id
from core.money import Money
from core.time import now
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, Origin
from portal.billing.payers.payer_of import locked
from portal.billing.payments.ask import ask, is_asked
from portal.billing.payments.carry_out import close_call
from portal.billing.payments.models import Calling, CallState, Chargeback, PaymentCall
from portal.billing.payments.port import ChargebackSeen, Payments, PaymentsRefused
from portal.billing.payments.want import by_processor

ENDS = ("won", "lost")


def take_in_chargeback(seen: ChargebackSeen) -> Chargeback | None:
    """Bring our record to where the bank's is; None for a payment that is not ours."""
    payment, at = by_processor(seen.payment_id), now()
    if payment is None:
        return None
    with transaction():
        payer = locked(payment.payer_id)
        found = db.session.scalar(
            select(Chargeback).where(Chargeback.processor_id == seen.id).with_for_update(of=Chargeback)
            .execution_options(populate_existing=True))
        if found is None:
            found = Chargeback(id=new_id(), payment_id=payment.id, processor_id=seen.id, amount_cents=seen.amount.cents,
                               currency=seen.amount.currency, reason=seen.reason, state="needs_response",
                               evidence_due_at=seen.evidence_due_at, evidence={}, opened_at=at)
            db.session.add(found)
            db.session.flush()
        if seen.takes_money:
            enter([_books(found, payer.id, Account.CHARGED_BACK, Account.PROCESSOR, "charged_back", at)])
        found.evidence_due_at = seen.evidence_due_at or found.evidence_due_at
        if found.state not in ENDS and found.state != seen.state:  # an inquiry may become a dispute, and wants an answer again
            found.state = seen.state
            if seen.state in ENDS:
                found.decided_at = at
                if seen.takes_money:
                    to = Account.PROCESSOR if seen.state == "won" else Account.LOSS
                    enter([_books(found, payer.id, to, Account.CHARGED_BACK, f"chargeback_{seen.state}", at)])
        db.session.flush()
    return found


def _books(chargeback: Chargeback, payer_id: int, debit: Account, credit: Account, code: str, at: datetime) -> Transfer:
    return Transfer(debit, credit, Money(chargeback.amount_cents, chargeback.currency), Origin.BOOKS, code, "chargeback", 1,
                    f"{code}-{chargeback.id}", at, payer_id=payer_id, payment_id=chargeback.payment_id,
                    facts={"reason": chargeback.reason})


def hand_in(*, chargeback_id: UUID, evidence: dict[str, str], now: datetime) -> None:
    """Have the evidence handed in to the bank; while that is on its way, a second time changes nothing."""
    with transaction():
        payer = locked(db.session.get_one(Chargeback, chargeback_id).payment.payer_id)
        found = db.session.get_one(Chargeback, chargeback_id, with_for_update={"of": Chargeback}, populate_existing=True)
        if found.state != "needs_response" or is_asked(Calling.ANSWER_CHARGEBACK, found.id):
            return
        found.evidence, found.answered_at = evidence, now
        ask(Calling.ANSWER_CHARGEBACK, payer=payer, about=found.id, now=now)


def answer_chargeback(call: PaymentCall, payments: Payments) -> None:
    """Hand the evidence in."""
    found = db.session.get_one(Chargeback, call.about)
    processor_id, evidence = found.processor_id, dict(found.evidence)
    hold_nothing_open()
    try:
        seen = payments.answer_chargeback(processor_id, evidence, once=call.key)
    except PaymentsRefused as no:
        with transaction():
            close_call(call, CallState.REFUSED, no.code)
        return
    with transaction():
        close_call(call, CallState.DONE)
        take_in_chargeback(seen)
