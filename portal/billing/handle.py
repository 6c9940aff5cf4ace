"""The money jobs of the outbox, each to its verb."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from core.outbox import Handler, Job, TryLater
from core.time import now
from portal.billing.cards.forget import forget_card
from portal.billing.dunning.remind import remind
from portal.billing.ledger.check import differences
from portal.billing.notices.answer import charge_when_due
from portal.billing.payers.customer_follows import customer_follows
from portal.billing.payments.carry_out import Carry, carry_out, finish_hold, take_money
from portal.billing.payments.chargebacks import answer_chargeback
from portal.billing.payments.events import handle_event
from portal.billing.payments.models import Calling
from portal.billing.payments.pages import end_page, look_at_page, open_page
from portal.billing.payments.port import Payments, PaymentsDown
from portal.billing.payments.reconcile import reconcile
from portal.billing.payments.refund import send_refund
from portal.billing.payments.settle import settle

OUTSIDE = frozenset({"payment_call", "payment_event", "reconcile", "customer_follows",
                     "erase_at_processor"})  # these wait for the processor's answer


def money_handlers(payments: Payments, site_url: str) -> Mapping[str, Handler]:
    """Every kind of money job and what handles it."""
    calls: dict[Calling, Carry] = {
        Calling.HOLD: take_money, Calling.CHARGE: take_money, Calling.CAPTURE: finish_hold, Calling.RELEASE: finish_hold,
        Calling.REFUND: send_refund, Calling.OPEN_PAGE: partial(open_page, site_url=site_url),
        Calling.LOOK_AT_PAGE: look_at_page, Calling.FORGET_CARD: forget_card, Calling.ANSWER_CHARGEBACK: answer_chargeback,
    }
    return {
        "payment_call": lambda job: carry_out(job, payments, calls),
        "payment_event": lambda job: handle_event(job, payments),
        "customer_follows": lambda job: customer_follows(job, payments),
        "settle": _settle,
        "dunning": _dun,
        "notice_due": lambda job: charge_when_due(notice_id=UUID(job.facts["notice_id"]), now=now()),
        "check_ledger": _check_ledger,
        "page_failed": lambda job: end_page(UUID(job.facts["page_id"])),
        "reconcile": lambda job: _reconcile(payments),
    }


def _settle(job: Job) -> None:
    since = job.facts.get("since")
    settle(payer_id=job.facts["payer_id"], now=now(), reservation_id=job.facts["reservation_id"],
           since=datetime.fromisoformat(since) if since else None)


def _dun(job: Job) -> None:
    since = datetime.fromisoformat(job.facts["since"])
    if remind(payer_id=job.facts["payer_id"], step=job.facts["step"], since=since, now=now()):
        settle(payer_id=job.facts["payer_id"], now=now())


class LedgerDiffers(RuntimeError):
    """A balance does not follow from its rows: the job stays failed until somebody has looked."""


def _check_ledger(job: Job) -> None:
    found = differences()
    if found:
        raise LedgerDiffers(", ".join(f"{one.what} {one.id}" for one in found[:5]))


def _reconcile(payments: Payments) -> None:
    try:
        reconcile(payments)
    except PaymentsDown as down:
        raise TryLater(f"payments: {down.code}") from down
