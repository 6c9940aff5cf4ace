"""What needs somebody now: one line for each list that has something in it, with what is most urgent about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from core.database import db
from core.outbox import OutboxRow
from experience.promises.models import Promise
from portal.account.tier.models import TierRequest
from portal.billing.adjustments.models import Adjustment
from portal.billing.disputes.models import Dispute
from portal.billing.invoices.models import Invoice
from portal.billing.notices.models import Notice
from portal.billing.payers.models import Payer
from portal.billing.payments.models import Chargeback, Payment, PaymentCall, ProcessorMovement, Refund
from portal.desk.adjustments import Adjustments
from portal.desk.applications.queue import Kind, Matters, matters
from portal.desk.books import Movements
from portal.desk.chargebacks import Chargebacks
from portal.desk.disputes import Disputes
from portal.desk.failures import Calls, Confirming, Declined, Owing, Refunds
from portal.desk.invoices import Invoices
from portal.desk.notices import Notices
from portal.desk.promises import ByHand
from portal.desk.tiers.queue import TierRequests
from portal.web import say
from portal.web.listing import Asked


@dataclass(frozen=True, slots=True)
class Need:
    """A list that needs somebody: what it is, how many, the address of its rows, what presses. `kind` as of a tag."""

    label: str
    count: int
    href: str
    note: str = ""
    kind: str = "warn"


@dataclass(frozen=True, slots=True)
class _Most:
    """How many rows a question has, and of one column the least and of another the sum."""

    count: int
    first: datetime | None
    cents: int


def needs(now: datetime, user_id: int) -> list[Need]:
    """Every list, in the order in which a clock runs out; those with nothing in them have a count of zero."""
    return [_disputes(now, user_id), _promises(now, user_id), _chargebacks(now), _adjustments(user_id), _notices(now),
            _owing(now), _declined(now), _confirming(now), _refunds(now), _calls(now), _movements(), _ledger(), _invoices(now)]


def needs_of_reviewers(now: datetime, user_id: int) -> list[Need]:
    """The same of what reviewers decide."""
    return [_matters(kind, label, now, user_id) for kind, label in (
        (Kind.APPLICATION, _("Applications to decide")), (Kind.APPEAL, _("Appeals to hear")),
        (Kind.LICENCE, _("Licences to look at")))] + [_tiers(now, user_id)]


def _matters(kind: Kind, label: str, now: datetime, user_id: int) -> Need:
    found = _most(Matters(kind=kind, now=now, user_id=user_id), matters.c.due_at)
    late = Matters(show="overdue", kind=kind, now=now, user_id=user_id).count() if found.first and found.first <= now else 0
    said = _due(found.first, now)
    if late:
        said = _("%(late)s overdue; the oldest was due %(time)s", late=say.number(late), time=say.moment(found.first))
    return Need(label, found.count, url_for("reviews.queue", kind=str(kind)), said, "bad" if late else "warn")


def _tiers(now: datetime, user_id: int) -> Need:
    found = _most(TierRequests(now=now, user_id=user_id), TierRequest.due_at)
    late = TierRequests(show="overdue", now=now, user_id=user_id).count() if found.first and found.first <= now else 0
    said = _due(found.first, now)
    if late:
        said = _("%(late)s overdue; the oldest was due %(time)s", late=say.number(late), time=say.moment(found.first))
    return Need(_("Requests for the reduced tier"), found.count, url_for("tiers.queue"), said, "bad" if late else "warn")


def _most(asked: Asked, first: Any = None, cents: Any = None) -> _Most:
    """One statement: the count, the earliest, the sum."""
    columns = [func.count(), func.min(first) if first is not None else None, func.sum(cents) if cents is not None else None]
    query = (asked.rows().where(*asked.wanted()).order_by(None)
             .with_only_columns(*[column for column in columns if column is not None], maintain_column_froms=True))
    row = list(db.session.execute(query).one())
    count = int(row.pop(0))
    return _Most(count, row.pop(0) if first is not None else None, int(row.pop(0) or 0) if cents is not None else 0)


def _disputes(now: datetime, user_id: int) -> Need:
    found = _most(Disputes(now=now, user_id=user_id), Dispute.due_at)
    late = Disputes(show="overdue", now=now, user_id=user_id).count() if found.first and found.first <= now else 0
    said = _due(found.first, now)
    if late:
        said = _("%(late)s overdue; the oldest was due %(time)s", late=say.number(late), time=say.moment(found.first))
    return Need(_("Disputes to decide"), found.count, url_for("office.disputes"), said, "bad" if late else "warn")


def _due(first: datetime | None, now: datetime) -> str:
    if first is None:
        return ""
    return _("the next is due %(time)s", time=say.moment(first)) if first > now else _(
        "the oldest was due %(time)s", time=say.moment(first))


def _promises(now: datetime, user_id: int) -> Need:
    found = _most(ByHand(show="overdue", now=now, user_id=user_id), Promise.due_at)
    note = _("the oldest was due %(time)s", time=say.moment(found.first)) if found.first else ""
    return Need(_("Promises to members that are overdue"), found.count, url_for("office.promises", show="overdue"), note, "bad")


def _chargebacks(now: datetime) -> Need:
    found = _most(Chargebacks(show="needs_response"), Chargeback.evidence_due_at, Chargeback.amount_cents)
    taken = _("%(amount)s taken back", amount=say.cents(found.cents)) if found.count else ""
    note = "; ".join(part for part in (taken, _due(found.first, now)) if part)
    return Need(_("Chargebacks that need our answer"), found.count,
                url_for("office.chargebacks", show="needs_response"), note, "bad")


def _adjustments(user_id: int) -> Need:
    waiting = _most(Adjustments(user_id=user_id), Adjustment.asked_at)
    mine = waiting.count - Adjustments(show="not_mine", user_id=user_id).count() if waiting.count else 0
    note = _("%(mine)s of them yours: not by you", mine=say.number(mine)) if mine else _("since %(time)s", time=say.moment(
        waiting.first)) if waiting.first else ""
    return Need(_("Waiting for a second person"), waiting.count, url_for("office.adjustments"), note)


def _notices(now: datetime) -> Need:
    found = _most(Notices(), Notice.answer_until)
    if found.first is None:
        note = ""
    elif found.first > now:
        note = _("can be charged from %(time)s", time=say.moment(found.first))
    else:
        note = _("the time to answer was over %(time)s", time=say.moment(found.first))
    return Need(_("Notices that were contested"), found.count, url_for("office.notices"), note)


def _owing(now: datetime) -> Need:
    found = _most(Owing(now=now), Payer.owing_since, Payer.owed_cents)
    stopped = Owing(show="stopped", now=now).count() if found.count else 0
    owed = _("%(owed)s in all", owed=say.cents(found.cents)) if found.count else ""
    note = _("%(owed)s; booking stopped for %(stopped)s", owed=owed, stopped=say.number(stopped)) if stopped else owed
    return Need(_("Payers whom no card pays for"), found.count, url_for("office.failures", list="owing"), note)


def _declined(now: datetime) -> Need:
    found = _most(Declined(now=now), Payment.asked_at, Payment.amount_cents)
    note = _("%(amount)s; the oldest on %(time)s", amount=say.cents(found.cents),
             time=say.moment(found.first)) if found.first else ""
    return Need(_("Declined payments"), found.count, url_for("office.failures", list="declined"), note)


def _confirming(now: datetime) -> Need:
    found = _most(Confirming(now=now), Payment.asked_at)
    note = _("the oldest since %(time)s", time=say.moment(found.first)) if found.first else ""
    return Need(_("Payments that wait for their member"), found.count, url_for("office.failures", list="confirm"), note, "info")


def _refunds(now: datetime) -> Need:
    found = _most(Refunds(now=now), Refund.asked_at, Refund.amount_cents)
    note = _("%(amount)s; the oldest on %(time)s", amount=say.cents(found.cents),
             time=say.moment(found.first)) if found.first else ""
    return Need(_("Refunds that failed or take too long"), found.count, url_for("office.failures", list="refunds"), note, "bad")


def _calls(now: datetime) -> Need:
    found = _most(Calls(now=now), PaymentCall.asked_at)
    note = _("the oldest asked %(ago)s", ago=say.ago(found.first, now)) if found.first else ""
    return Need(_("Calls without an answer"), found.count, url_for("office.failures", list="calls"), note)


def _movements() -> Need:
    found = _most(Movements(show="differences"), ProcessorMovement.at)
    note = _("the oldest on %(time)s", time=say.moment(found.first)) if found.first else ""
    return Need(_("Lines of the processor’s books that ours do not have"), found.count,
                url_for("office.movements", show="differences"), note, "bad")


def _ledger() -> Need:
    last = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "check_ledger", OutboxRow.attempts > 0)
                              .order_by(OutboxRow.created_at.desc()).limit(1)).first()
    count = int(last is not None and last.last_error is not None and last.done_at is None)
    return Need(_("Last night’s check of the ledger found differences"), count, url_for("office.ledger", _anchor="check"),
                _("call the operator before you change anything") if count else "", "bad")


def _invoices(now: datetime) -> Need:
    found = _most(Invoices(show="overdue", now=now), Invoice.due_at, Invoice.total_cents)
    note = _("%(amount)s; the oldest was due %(time)s", amount=say.cents(found.cents),
             time=say.moment(found.first)) if found.first else ""
    return Need(_("Invoices past their date"), found.count, url_for("office.invoices", show="overdue"), note)
