"""Webhooks: verified, kept, once each. They only say where to look: their order does not matter."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from core.database import db, hold_nothing_open, transaction
from core.outbox import Job, TryLater, post
from core.time import now
from portal.billing.payments.chargebacks import take_in_chargeback
from portal.billing.payments.models import Payment, PaymentCall, PaymentEvent, PaymentPage
from portal.billing.payments.pages import page_of, take_in_page
from portal.billing.payments.port import Event, Payments, PaymentsDown, PaymentSeen, PaymentsRefused
from portal.billing.payments.refund import has_unanswered, refund_of, take_in_refund
from portal.billing.payments.take_in import Said, take_in
from portal.billing.payments.want import by_processor

_events = PaymentEvent.__table__
_KEEP = {"postgresql": postgresql.insert(_events).on_conflict_do_nothing(index_elements=["id"]),
         "sqlite": sqlite.insert(_events).on_conflict_do_nothing(index_elements=["id"])}


def keep_event(event: Event) -> None:
    """Keep a verified event and have it taken in; one that was there before changes nothing."""
    with transaction():
        db.session.execute(_KEEP[db.engine.dialect.name], {
            "id": event.id, "kind": event.kind, "object_id": event.object_id, "object_kind": event.object_kind,
            "payment_id": event.payment_id, "at": event.at, "received_at": now(), "body": _kept(event)})
        post("payment_event", due=now(), once=f"event-{event.id}", event_id=event.id)


def _kept(event: Event) -> dict[str, Any]:
    """What it said, without the people in it: names and addresses are the processor's to keep."""
    about = event.body.get("data", {}).get("object", {})
    return {"id": event.id, "type": event.kind, "created": event.body.get("created"), "livemode": event.live,
            "object": {key: about[key] for key in ("id", "object", "status", "amount", "payment_intent") if key in about}}


def replay(event_ids: list[str]) -> int:
    """Take events in again, whatever came of them before; how many there were."""
    at = now()
    with transaction():
        for event_id in event_ids:
            post("payment_event", due=at, once=f"event-{event_id}-{at.isoformat()}", event_id=event_id, again=True)
    return len(event_ids)


def events_since(since: datetime) -> list[str]:
    """The ids of events received since then, oldest first."""
    return list(db.session.scalars(select(PaymentEvent.id).where(PaymentEvent.received_at >= since)
                                   .order_by(PaymentEvent.received_at)))


def handle_event(job: Job, payments: Payments) -> None:
    """Handle the outbox's `payment_event`: look at what it is about, as that stands now, and take it in."""
    event = db.session.get_one(PaymentEvent, job.facts["event_id"])
    if event.handled_at is not None and not job.facts.get("again"):
        return
    kind, object_id, payment_id = event.object_kind, event.object_id, event.payment_id
    try:
        _look(kind, object_id, payment_id, payments)
    except PaymentsDown as down:
        raise TryLater(f"payments: {down.code}") from down
    except PaymentsRefused as no:
        if no.code != "resource_missing":  # what is gone there has nothing more to say
            raise
    with transaction():
        db.session.get_one(PaymentEvent, event.id).handled_at = now()


def _look(kind: str, object_id: str, payment_id: str | None, payments: Payments) -> None:
    look: dict[str, Any] = {"checkout.session": _page, "refund": _refund, "dispute": _chargeback}
    if payment_id is not None:  # first, because what is about a payment needs it to be known
        hold_nothing_open()
        take_in_seen(payments.look_at_payment(payment_id))
    if kind in look:
        look[kind](object_id, payments)


def _page(object_id: str, payments: Payments) -> None:
    page = page_of(object_id)
    if page is not None:
        hold_nothing_open()
        take_in_page(page.id, payments.look_at_page(object_id))


def _refund(object_id: str, payments: Payments) -> None:
    hold_nothing_open()
    seen = payments.look_at_refund(object_id)
    refund, payment = refund_of(object_id), by_processor(seen.payment_id)
    if refund is not None:
        take_in_refund(refund.id, seen)
    elif payment is not None and has_unanswered(payment.id):
        raise TryLater("a refund whose answer has not come: this may be about it")


def _chargeback(object_id: str, payments: Payments) -> None:
    hold_nothing_open()
    take_in_chargeback(payments.look_at_chargeback(object_id))


def take_in_seen(seen: PaymentSeen) -> None:
    """Take in a payment that the processor told of: by its id, or by the call it was made under, when the answer to that
    call never came."""
    payment = by_processor(seen.id) or _by_call(seen.once)
    if payment is not None:
        take_in(payment.id, Said.by(seen), now())


def _by_call(once: str | None) -> Payment | None:
    try:
        call = db.session.get(PaymentCall, UUID(once or ""))
    except ValueError:
        return None
    if call is None:
        return None
    page = db.session.get(PaymentPage, call.about)
    return db.session.get(Payment, page.payment_id if page else call.about)
