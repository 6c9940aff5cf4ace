"""Making a call to the processor outside any transaction, and writing its answer down. The worker does it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from core.database import db, hold_nothing_open, transaction
from core.money import Money
from core.outbox import Job, TryLater, is_waiting, post
from core.time import now
from portal.billing.payers.models import Payer
from portal.billing.payments.ask import hand_over
from portal.billing.payments.models import Calling, CallState, Payment, PaymentCall, State
from portal.billing.payments.port import (
    CardDeclined,
    NeedsConfirmation,
    Payments,
    PaymentsDown,
    PaymentSeen,
    PaymentsRefused,
)
from portal.billing.payments.take_in import Said, take_in

KEYS_LIVE = timedelta(hours=23)  # the processor forgets a key after 24 hours; from then on we look instead of asking
OTHER_WORDS = "idempotency_error"  # the same key asked otherwise before, by an older version of ours: it may have acted
LATE = timedelta(minutes=10)  # a call whose answer has not come by then is swept up

Carry = Callable[[PaymentCall, Payments], None]


def carry_out(job: Job, payments: Payments, how: dict[Calling, Carry]) -> None:
    """Handle the outbox's `payment_call`. A call that was answered meanwhile is left alone."""
    call = db.session.get(PaymentCall, UUID(job.facts["call_id"]))
    if call is None or call.state != CallState.WAITING:
        return
    try:
        how[Calling(call.calling)](call, payments)
    except PaymentsDown as down:
        raise TryLater(f"payments: {down.code}") from down
    except PaymentsRefused as no:  # what its own carrier does not expect: nothing comes of this call
        with transaction():
            close_call(call, CallState.REFUSED, no.code)
            if call.calling in (Calling.OPEN_PAGE, Calling.LOOK_AT_PAGE):
                post("page_failed", due=now(), once=f"page_failed-{call.id}", page_id=str(call.about))


def take_money(call: PaymentCall, payments: Payments) -> None:
    """Hold or charge. What came of a call that is older than its key is looked up, never asked anew."""
    payment = db.session.get_one(Payment, call.about)
    customer, card = db.session.get_one(Payer, call.payer_id).customer, payment.card
    assert customer is not None  # a card is kept with its customer
    assert card is not None
    ask = payments.hold if call.calling == Calling.HOLD else payments.charge
    asked = partial(ask, customer, card.processor_id, payment.amount, about=str(payment.id), once=call.key)
    hold_nothing_open()
    try:
        seen = _ask_or_find(call, asked, customer, payments)
    except CardDeclined as no:
        _answered(call, CallState.REFUSED, no.code, Said(State.DECLINED, no.payment_id, declined_why=no.code))
    except NeedsConfirmation as wait:
        _answered(call, CallState.REFUSED, wait.code, Said(State.CONFIRM, wait.payment_id, declined_why=wait.code))
    except PaymentsRefused as no:
        _answered(call, CallState.REFUSED, no.code, Said(State.DECLINED, no.payment_id, declined_why=no.code))
    else:
        never = Said(State.DECLINED, None, declined_why="never_answered")
        _answered(call, CallState.DONE if seen else CallState.GIVEN_UP, None, Said.by(seen) if seen else never)


def _ask_or_find(call: PaymentCall, ask: Callable[[], PaymentSeen], customer: str, payments: Payments) -> PaymentSeen | None:
    if now() - call.asked_at < KEYS_LIVE:
        try:
            return ask()
        except PaymentsRefused as no:
            if no.code != OTHER_WORDS:
                raise
    return payments.find(customer, once=call.key, since=call.asked_at - KEYS_LIVE)  # clocks may have been set since


def finish_hold(call: PaymentCall, payments: Payments) -> None:
    """Capture or release. A hold that is over already says so itself."""
    payment = db.session.get_one(Payment, call.about)
    processor_id, amount = payment.processor_id, payment.amount
    if processor_id is None:
        _answered(call, CallState.DONE, None, Said(State.RELEASED, None))  # the processor never heard of it
        return
    hold_nothing_open()
    try:
        if call.calling == Calling.CAPTURE:
            part = Money(call.amount_cents or amount.cents, amount.currency)
            seen = payments.capture(processor_id, part, once=call.key)
        else:
            seen = payments.release(processor_id, once=call.key)
    except PaymentsRefused as no:
        seen = payments.look_at_payment(processor_id)
        _answered(call, CallState.REFUSED, no.code, Said.by(seen))
    else:
        _answered(call, CallState.DONE, None, Said.by(seen))


def _answered(call: PaymentCall, state: CallState, reason: str | None, said: Said) -> None:
    with transaction():
        close_call(call, state, reason)
        take_in(call.about, said, now())


def close_call(call: PaymentCall, state: CallState, reason: str | None = None) -> None:
    """Write the answer on the call, within the open transaction."""
    db.session.refresh(call, with_for_update=True)
    if call.state == CallState.WAITING:
        call.state, call.reason, call.answered_at = state, reason, now()
        db.session.flush()


def sweep(at: datetime) -> int:
    """Hand over again every call whose answer has not come and that no job asks about any more."""
    late = db.session.execute(
        select(PaymentCall.id, PaymentCall.asked_at, Payer.member_id).join(Payer, Payer.id == PaymentCall.payer_id)
        .where(PaymentCall.state == CallState.WAITING, PaymentCall.asked_at < at - LATE).limit(200)).all()
    if not late:
        return 0
    with transaction():
        for call_id, asked_at, member_id in late:
            if is_waiting(f"call-{call_id}-"):
                continue  # the queue asks again by itself
            hand_over(call_id, member_id, at, turn=1 + int((at - asked_at) / timedelta(hours=1)))
    return len(late)
