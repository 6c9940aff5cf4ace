"""Giving money back: a correction of a line, and what was paid for it back to the card it came from."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy import func, select

from core.database import db, hold_nothing_open, transaction
from core.money import Money
from core.outbox import post
from core.time import now
from experience.journey import Phase, Step
from experience.promises.kinds import Cause, Outcome, PromiseKind
from experience.promises.models import Promise
from experience.promises.settle import settle as settle_promise
from experience.record.observe import Seen, record
from portal.billing.dunning.remind import end_dunning
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import locked
from portal.billing.payments.carry_out import KEYS_LIVE, OTHER_WORDS, close_call
from portal.billing.payments.errors import MoreThanPaid
from portal.billing.payments.models import CallState, PaymentCall, Refund, RefundState
from portal.billing.payments.port import Payments, PaymentsRefused, RefundSeen
from portal.billing.payments.send_back import BACK_WITHIN, send_back

AS_OURS = {"pending": RefundState.PENDING, "done": RefundState.DONE, "failed": RefundState.FAILED}


def given_back(line_id: int) -> int:
    """Cents of a line that were given back already."""
    return int(db.session.scalar(select(func.coalesce(func.sum(LedgerRow.amount_cents), 0)).where(
        LedgerRow.corrects_id == line_id, LedgerRow.origin == Origin.CORRECTION)) or 0)


def correct(*, line: LedgerRow, amount: Money, why: str, rule: str, rule_version: int, once: str, now: datetime) -> None:
    """Take an amount off a line with a row of its own, and the taxes on it off theirs; send back what was paid too much.

    `why` is a short code of ours. The same `once` does it once. Raises MoreThanPaid beyond what the line cost.
    """
    with transaction():
        assert line.payer_id is not None  # only lines of a payer's bill are shown to anybody
        payer = locked(line.payer_id)
        if db.session.scalar(select(LedgerRow.id).where(LedgerRow.once == f"correct-{once}")) is not None:
            return
        if line.amount.cents <= 0 or amount.cents > line.amount.cents - given_back(line.id) or amount.cents <= 0:
            raise MoreThanPaid()
        said = Transfer(Account.GOODWILL if why == "goodwill" else Account(line.credit_account), Account.RECEIVABLE, amount,
                        Origin.CORRECTION, "given_back", rule, rule_version, f"correct-{once}", now, payer_id=payer.id,
                        member_id=line.member_id, reservation_id=line.reservation_id, corrects_id=line.id,
                        facts={"why": why, "of": line.code, "of_cents": line.amount.cents})
        enter([said, *_taxes_on(line, said)])
        db.session.refresh(payer)
        end_dunning(payer, now)
        send_back(payer, why, once, now, line.reservation_id)


def _taxes_on(line: LedgerRow, said: Transfer) -> Iterator[Transfer]:
    """What the city and the state do not get of an amount that was given back: as much as was taken for it."""
    if line.credit_account not in (Account.DRIVING, Account.COVER) or line.origin not in (Origin.QUOTE, Origin.AFTER):
        return
    for tax in db.session.scalars(select(LedgerRow).where(
            LedgerRow.reservation_id == line.reservation_id, LedgerRow.origin == line.origin,
            LedgerRow.credit_account == Account.TAX, LedgerRow.debit_account == Account.RECEIVABLE)).all():
        rate = Fraction(tax.facts["basis_points"], 10_000)
        part = min(said.amount.times(rate).cents, tax.amount.cents - given_back(tax.id))
        if part > 0:
            yield replace(said, debit=Account.TAX, amount=Money(part, tax.currency), once=f"{said.once}-tax-{tax.id}",
                          corrects_id=tax.id, facts={"why": "tax", "of": tax.code, "of_cents": tax.amount.cents})


def try_refund_again(*, refund: Refund, now: datetime) -> bool:
    """Send again what a bank did not take, while we owe it; whether anything was sent. Once for each refund that failed."""
    with transaction():
        payer = locked(refund.payment.payer_id)
        db.session.refresh(refund)
        if refund.state != RefundState.FAILED or db.session.scalar(
                select(Refund.id).where(Refund.once.startswith(f"again-{refund.id}-"))) is not None:
            return False
        return send_back(payer, refund.why, f"again-{refund.id}", now, refund.payment.reservation_id,
                         most=refund.amount).cents > 0


def send_refund(call: PaymentCall, payments: Payments) -> None:
    """Have the processor send it. One that it never answered for longer than its key lives is looked up first."""
    refund = db.session.get_one(Refund, call.about)
    processor_id, amount = refund.payment.processor_id, refund.amount
    assert processor_id is not None  # what was captured has a name there
    old = now() - call.asked_at >= KEYS_LIVE
    hold_nothing_open()
    try:
        seen = payments.find_refund(processor_id, once=call.key) if old else None
        seen = seen or payments.refund(processor_id, amount, once=call.key)
    except PaymentsRefused as no:
        seen = payments.find_refund(processor_id, once=call.key) if no.code == OTHER_WORDS else None
        if seen is None:
            with transaction():
                close_call(call, CallState.REFUSED, no.code)
                take_in_refund(refund.id, None)
            return
    with transaction():
        close_call(call, CallState.DONE)
        take_in_refund(refund.id, seen)


def take_in_refund(refund_id: UUID, seen: RefundSeen | None) -> None:
    """Bring our refund to where the processor's is; without one, or when it failed, we owe the money still."""
    with transaction():
        payer = locked(db.session.get_one(Refund, refund_id).payment.payer_id)
        refund = db.session.get_one(Refund, refund_id, with_for_update={"of": Refund}, populate_existing=True)
        state = AS_OURS[seen.state] if seen else RefundState.FAILED
        if refund.state == RefundState.FAILED or (refund.state == RefundState.DONE and state is not RefundState.FAILED):
            return
        refund.processor_id = refund.processor_id or (seen.id if seen else None)
        if refund.state == state:
            return
        refund.state, at = state, now()
        promise = _settle_promise(refund, state, at)
        if state is RefundState.DONE:
            refund.done_at = at
            _note(payer, refund, Phase.SUCCEEDED, promise=promise)
            post("refund_sent", member_id=payer.member_id, due=at, once=f"refund_sent-{refund.id}", refund_id=str(refund.id))
        if state is RefundState.FAILED:
            _fail(payer, refund, at, promise)


def _settle_promise(refund: Refund, state: RefundState, at: datetime) -> Promise | None:
    """In time or not, by the processor's word; what a bank sent back to us did not reach its owner."""
    if state not in (RefundState.DONE, RefundState.FAILED):
        return None
    days = round((at - refund.asked_at).total_seconds() / 86_400, 2)
    kept = state is RefundState.DONE and at <= refund.asked_at + BACK_WITHIN
    return settle_promise(kind=PromiseKind.REFUND, outcome=Outcome.KEPT if kept else Outcome.BROKEN, at=at,
                          subject=f"refund:{refund.id}", actual=days, cause=None if kept else Cause.PROCESSOR,
                          evidence={"refund_id": str(refund.id), "done": state is RefundState.DONE})


def _fail(payer: Payer, refund: Refund, at: datetime, promise: Promise | None) -> None:
    """The money came back to us: it is a balance in the payer's favour, and finance sees it among the failures."""
    refund.payment.refunded_cents -= refund.amount_cents
    enter([Transfer(Account.PROCESSOR, Account.RECEIVABLE, refund.amount, Origin.REFUND, "refund_failed", "refund", 1,
                    f"refund-failed-{refund.id}", at, payer_id=payer.id, member_id=payer.member_id,
                    reservation_id=refund.payment.reservation_id, payment_id=refund.payment_id)])
    _note(payer, refund, Phase.FAILED, "refund_failed", promise=promise)


def _note(payer: Payer, refund: Refund, phase: Phase, code: str | None = None, *, promise: Promise | None = None) -> None:
    seen = Seen(Step.PAY_REFUND, payer.member_id, refund.payment.reservation_id)
    seen.note(amount_cents=refund.amount_cents)
    seen.about("refund", refund.id, str(refund.state))
    seen.measured((now() - refund.asked_at).total_seconds() / 86_400, "days", expected=5)
    seen.settles(promise)
    record(seen, phase, error_code=code)


def refund_of(processor_id: str) -> Refund | None:
    """The refund that the processor calls by this id."""
    return db.session.scalar(select(Refund).where(Refund.processor_id == processor_id))


def has_unanswered(payment_id: UUID) -> bool:
    """Whether a refund of this payment was asked for, and we do not know yet what the processor calls it."""
    return db.session.scalar(select(Refund.id).where(
        Refund.payment_id == payment_id, Refund.state == RefundState.WANTED, Refund.processor_id.is_(None))) is not None
