"""Taking in what the processor says of a payment: from an answer, a webhook or a look, in any order, and once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.database import db, transaction
from core.money import Money
from core.outbox import post, was_posted
from experience.journey import Phase, Step
from experience.record.observe import Seen, record
from portal.billing.dunning.remind import end_dunning
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, Origin
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import locked
from portal.billing.payments.ask import let_go
from portal.billing.payments.charged_once import settle_charged_once
from portal.billing.payments.models import Payment, Purpose, State
from portal.billing.payments.port import PaymentSeen, PaymentState
from portal.billing.payments.send_back import send_back
from portal.billing.payments.want import locked_payment, open_payments

ENDS = (State.CAPTURED, State.RELEASED, State.DECLINED)
AS_OURS = {
    PaymentState.HELD: State.HELD, PaymentState.CAPTURED: State.CAPTURED, PaymentState.RELEASED: State.RELEASED,
    PaymentState.CONFIRM: State.CONFIRM, PaymentState.DECLINED: State.DECLINED, PaymentState.PROCESSING: State.WANTED,
}


@dataclass(frozen=True, slots=True)
class Said:
    """What the processor said of a payment, in our states."""

    state: State
    processor_id: str | None
    captured: Money | None = None
    hold_ends_at: datetime | None = None
    declined_why: str | None = None

    @staticmethod
    def by(seen: PaymentSeen) -> "Said":
        state = AS_OURS[seen.state]
        if seen.declined_why == "authentication_required" and state is State.DECLINED:
            state = State.CONFIRM
        return Said(state, seen.id, seen.captured, seen.hold_ends_at, seen.declined_why)


def take_in(payment_id: UUID, said: Said, now: datetime) -> Payment:
    """Bring our payment to where the processor's is. What is told late, twice or out of order changes nothing.

    Money that was captured is entered into the ledger, also on a payment that we had given up.
    """
    with transaction():
        payer = locked(db.session.get_one(Payment, payment_id).payer_id)  # always first: two jobs never wait crosswise
        payment = locked_payment(payment_id)
        payment.processor_id = payment.processor_id or said.processor_id
        if said.captured is not None and said.captured.cents > payment.captured_cents:
            _capture(payer, payment, said.captured, now)
        if said.state is State.HELD and payment.state in ENDS:
            let_go(payer, payment, now)  # a hold that nobody waits for any more
        elif payment.state not in ENDS and said.state != payment.state and said.state is not State.WANTED:
            _move(payer, payment, said, now)
    return payment


def _capture(payer: Payer, payment: Payment, captured: Money, now: datetime) -> None:
    more = Money(captured.cents - payment.captured_cents, captured.currency)
    enter([Transfer(
        Account.PROCESSOR, Account.RECEIVABLE, more, Origin.PAYMENT, "paid", "payment", 1,
        f"captured-{payment.id}-{captured.cents}", now, payer_id=payer.id, member_id=payer.member_id,
        reservation_id=payment.reservation_id, payment_id=payment.id, facts=_facts(payment))])
    payment.captured_cents, payment.state, payment.settled_at = captured.cents, State.CAPTURED, now
    db.session.flush()
    db.session.refresh(payer)
    end_dunning(payer, now)
    if payer.owed_cents < 0:  # a line was given back while this was on its way
        send_back(payer, "correction", f"paid-{payment.id}-{captured.cents}", now, payment.reservation_id, most=more)
    if payment.purpose == Purpose.TRIP and payment.reservation_id is not None:
        settle_charged_once(payment.reservation_id, now, over=False)
    _note(payer, payment, Phase.SUCCEEDED)


def _facts(payment: Payment) -> dict[str, str]:
    return {"brand": payment.card.brand, "last_four": payment.card.last_four} if payment.card else {}


def _move(payer: Payer, payment: Payment, said: Said, now: datetime) -> None:
    if said.state is State.WANTED or (payment.state == State.HELD and said.state is State.CONFIRM):
        return
    if payment.card_id is None and said.state in (State.DECLINED, State.CONFIRM):
        return  # on the processor's page, where its owner tries another card or answers their bank: it ends with the page
    payment.state, payment.declined_why = said.state, said.declined_why
    payment.hold_ends_at = said.hold_ends_at or payment.hold_ends_at
    if said.state in ENDS:
        payment.settled_at = now
    db.session.flush()
    FOLLOW.get(said.state, lambda *_: None)(payer, payment, now)


def _held(payer: Payer, payment: Payment, now: datetime) -> None:
    """One hold a trip, the one that was asked for last: those before it are let go. A trip that ended meanwhile is settled
    again."""
    held = [one for one in open_payments(payment.reservation_id) if one.state == State.HELD] if payment.reservation_id else []
    newest = max([payment, *held], key=lambda one: (one.asked_at, one.id))
    for other in held:
        if other.id != newest.id:
            let_go(payer, other, now)
    if payment.reservation_id is not None and was_posted(f"settle-{payment.reservation_id}"):
        _settle_again(payer, payment, now, "held")
    _note(payer, payment, Phase.SUCCEEDED)


def _declined(payer: Payer, payment: Payment, now: datetime) -> None:
    """The next card is asked."""
    _note(payer, payment, Phase.REFUSED, payment.declined_why or "declined")
    if payment.purpose == Purpose.TRIP:
        post("trip_hold", member_id=payer.member_id, due=now, once=f"declined-{payment.id}",
             reservation_id=payment.reservation_id)
    _settle_again(payer, payment, now, "declined")


def _released(payer: Payer, payment: Payment, now: datetime) -> None:
    """A page that ran out leaves its trip with nothing held: the cards are asked again, unless something else is held."""
    if payment.purpose == Purpose.TRIP:
        post("trip_hold", member_id=payer.member_id, due=now, once=f"released-{payment.id}",
             reservation_id=payment.reservation_id)
    _settle_again(payer, payment, now, "released")


def _confirm(payer: Payer, payment: Payment, now: datetime) -> None:
    """The member's bank wants to see them: a link goes out."""
    _note(payer, payment, Phase.REFUSED, "authentication_required")
    post("payment_confirm", member_id=payer.member_id, due=now, once=f"confirm-{payment.id}", payment_id=str(payment.id),
         **({"reservation_id": payment.reservation_id} if payment.reservation_id else {}))
    _settle_again(payer, payment, now, "confirm")  # the card behind it may pay meanwhile


FOLLOW = {State.HELD: _held, State.DECLINED: _declined, State.RELEASED: _released, State.CONFIRM: _confirm}


def _settle_again(payer: Payer, payment: Payment, now: datetime, when: str) -> None:
    """Collect what is owed another way. The holds of a trip that goes on are left alone."""
    ended = payment.reservation_id is not None and was_posted(f"settle-{payment.reservation_id}")
    if not ended and payer.owed_cents <= 0:
        return
    post("settle", member_id=payer.member_id, due=now, once=f"settle-{payment.id}-{when}", payer_id=payer.id,
         reservation_id=payment.reservation_id if ended else None)


def payment_journey(payment_id: UUID) -> str:
    """What the steps of a payment belong to that is of no trip."""
    return f"payment-{payment_id}"


def _note(payer: Payer, payment: Payment, phase: Phase, code: str | None = None) -> None:
    """The step of paying, as it really went: it is the bank's answer and not a page."""
    seen = Seen(Step.PAY_PAYMENT, payer.member_id, payment.reservation_id, journey=payment_journey(payment.id))
    seen.note(amount_cents=payment.captured_cents or payment.amount_cents, held=int(payment.state == State.HELD))
    seen.about("payment", payment.id, str(payment.state))
    record(seen, phase, error_code=code)
