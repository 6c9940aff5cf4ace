"""The desk's tables as rows for a spreadsheet; their heads are part of the file format and stay English.

Amounts are in cents, times in UTC.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from portal.billing.cards.models import Card

PAYERS = (
    "id", "kind", "name", "email", "owed_cents", "credit_cents", "currency", "owing_since", "dunning_step",
    "booking_stopped_at", "cards")
ROWS = (
    "id", "at", "payer_id", "payer", "debit_account", "credit_account", "amount_cents", "currency", "origin", "code", "rule",
    "rule_version", "actor", "actor_id", "reservation_id", "corrects_id", "payment_id", "credit_id")
PAYER_ROWS = (*ROWS, "owed_after_cents")
ACCOUNTS = ("account", "currency", "debit_cents", "credit_cents", "balance_cents")
DISPUTES = (
    "id", "line_id", "payer", "code", "amount_cents", "currency", "opened_at", "due_at", "owner", "outcome", "back_cents",
    "decided_at")
ADJUSTMENTS = (
    "id", "kind", "payer", "line_id", "amount_cents", "currency", "why", "state", "asked_by", "asked_at", "decided_by",
    "decided_at")
NOTICES = (
    "id", "kind", "payer", "trip", "amount_cents", "fee_cents", "currency", "state", "sent_at", "answer_until",
    "contested_at", "charged_at")
MOVEMENTS = (
    "id", "at", "kind", "about", "theirs_cents", "ours_cents", "difference_cents", "fee_cents", "currency", "checked_at")
DAYS = (
    "day_utc", "lines", "theirs_cents", "ours_cents", "difference_cents", "fees_cents", "payouts_cents", "lines_that_differ")
INVOICES = ("number", "business", "month", "total_cents", "currency", "issued_at", "due_at", "paid_at")
CHARGEBACKS = (
    "id", "processor_id", "payer", "reason", "amount_cents", "currency", "state", "opened_at", "evidence_due_at",
    "answered_at", "decided_at")
FAILURES = {
    "owing": ("payer_id", "payer", "email", "owed_cents", "owing_since", "step", "booking_stopped_at"),
    "declined": ("id", "payer_id", "payer", "purpose", "trip", "amount_cents", "asked_at", "why"),
    "confirm": ("id", "payer_id", "payer", "purpose", "trip", "amount_cents", "asked_at"),
    "calls": ("id", "payer_id", "payer", "calling", "amount_cents", "asked_at"),
    "refunds": ("id", "payer_id", "payer", "amount_cents", "state", "asked_at", "last_four"),
}


def _at(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def payer_cells(rows: Iterable[Any], cards: dict[int, list[Card]]) -> Iterator[list[Any]]:
    for payer, name, email in rows:
        yield [payer.id, payer.kind, name, email, payer.owed_cents, payer.credit_cents, payer.currency, _at(payer.owing_since),
               payer.dunning_step, _at(payer.booking_stopped_at), " ".join(card.last_four for card in cards.get(payer.id, []))]


def row_cells(rows: Iterable[Any]) -> Iterator[list[Any]]:
    for row, name in rows:
        yield [row.id, _at(row.at), row.payer_id, name, row.debit_account, row.credit_account, row.amount_cents, row.currency,
               row.origin, row.code, row.rule, row.rule_version, row.actor, row.actor_id, row.reservation_id, row.corrects_id,
               row.payment_id, row.credit_id]


def payer_row_cells(rows: Iterable[Any], name: str) -> Iterator[list[Any]]:
    for row, owed_after in rows:
        yield [*next(row_cells([(row, name)])), int(owed_after)]


def account_cells(sums: Iterable[Any]) -> Iterator[list[Any]]:
    for one in sums:
        yield [one.account, one.debit.currency, one.debit.cents, one.credit.cents, one.balance.cents]


def dispute_cells(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Everything but the words."""
    for one, name, owner in rows:
        yield [one.id, one.line_id, name, one.line.code, one.line.amount.cents, one.line.currency, _at(one.opened_at),
               _at(one.due_at), owner, one.outcome, one.back_cents, _at(one.decided_at)]


def adjustment_cells(rows: Iterable[Any]) -> Iterator[list[Any]]:
    for one, name, by, second in rows:
        yield [one.id, one.kind, name, one.line_id, one.amount_cents, one.currency, one.why, one.state, by, _at(one.asked_at),
               second, _at(one.decided_at)]


def notice_cells(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Everything but the words."""
    for one, name, reference in rows:
        yield [one.id, one.kind, name, reference, one.amount_cents, one.fee_cents, one.currency, one.state, _at(one.sent_at),
               _at(one.answer_until), _at(one.contested_at), _at(one.charged_at)]


def movement_cells(rows: Iterable[Any]) -> Iterator[list[Any]]:
    for one, difference in rows:
        yield [one.id, _at(one.at), one.kind, one.about, one.amount_cents, one.ours_cents, int(difference), one.fee_cents,
               one.currency, _at(one.checked_at)]


def day_cells(rows: Iterable[Any]) -> Iterator[list[Any]]:
    for row in rows:
        yield [row.day, *(int(cell) for cell in row[1:])]


def invoice_cells(rows: Iterable[Any]) -> Iterator[list[Any]]:
    for one, name in rows:
        yield [one.number, name, f"{one.month:%Y-%m}", one.total_cents, one.currency, _at(one.issued_at), _at(one.due_at),
               _at(one.paid_at)]


def chargeback_cells(rows: Iterable[Any]) -> Iterator[list[Any]]:
    for one, name, *_card in rows:
        yield [one.id, one.processor_id, name, one.reason, one.amount_cents, one.currency, one.state, _at(one.opened_at),
               _at(one.evidence_due_at), _at(one.answered_at), _at(one.decided_at)]


def failure_cells(which: str, rows: Iterable[Any]) -> Iterator[list[Any]]:
    """The rows of one of the lists of failures, by the names of its head."""
    for row in rows:
        said = {**row._mapping, "payer": row.payer_name, "email": getattr(row, "payer_email", None),
                "trip": getattr(row, "reference", None)}
        yield [_cell(row[0], name, said) for name in FAILURES[which]]


def _cell(one: Any, name: str, said: dict[str, Any]) -> Any:
    if name == "payer_id":
        return said.get("payer_id", one.id)
    if name in said:
        return said[name]
    found = getattr(one, {"step": "dunning_step", "why": "declined_why"}.get(name, name))
    return _at(found) if isinstance(found, datetime) else found
