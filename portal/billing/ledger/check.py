"""The nightly check, also `flask ledger check`: every balance that is shown is counted again from the rows, in SQL."""

from dataclasses import dataclass

from sqlalchemy import text

from core.database import db

_SIGN = "CASE WHEN debit_account = '{0}' THEN amount_cents WHEN credit_account = '{0}' THEN -amount_cents ELSE 0 END"
CHECKS = {
    "what a payer owes": (
        "SELECT p.id, p.owed_cents, COALESCE(SUM(" + _SIGN.format("receivable") + "), 0) AS counted "
        "FROM payers p LEFT JOIN ledger l ON l.payer_id = p.id GROUP BY p.id, p.owed_cents "
        "HAVING p.owed_cents <> COALESCE(SUM(" + _SIGN.format("receivable") + "), 0)"),
    "what credit a payer has": (
        "SELECT p.id, p.credit_cents, -COALESCE(SUM(" + _SIGN.format("member_credit") + "), 0) AS counted "
        "FROM payers p LEFT JOIN ledger l ON l.payer_id = p.id GROUP BY p.id, p.credit_cents "
        "HAVING p.credit_cents <> -COALESCE(SUM(" + _SIGN.format("member_credit") + "), 0)"),
    "what is left of a grant": (
        "SELECT c.id, c.left_cents, -COALESCE(SUM(" + _SIGN.format("member_credit") + "), 0) AS counted "
        "FROM credits c LEFT JOIN ledger l ON l.credit_id = c.id GROUP BY c.id, c.left_cents "
        "HAVING c.left_cents <> -COALESCE(SUM(" + _SIGN.format("member_credit") + "), 0)"),
    "what a payment took": (
        "SELECT p.id, p.captured_cents, COALESCE(SUM(l.amount_cents), 0) AS counted FROM payments p "
        "LEFT JOIN ledger l ON l.payment_id = p.id AND l.code = 'paid' GROUP BY p.id, p.captured_cents "
        "HAVING p.captured_cents <> COALESCE(SUM(l.amount_cents), 0)"),
    "what a payment gave back": (
        "SELECT p.id, p.refunded_cents, COALESCE(SUM(CASE WHEN l.code = 'refunded' THEN l.amount_cents "
        "ELSE -l.amount_cents END), 0) AS counted FROM payments p "
        "LEFT JOIN ledger l ON l.payment_id = p.id AND l.code IN ('refunded', 'refund_failed') "
        "GROUP BY p.id, p.refunded_cents HAVING p.refunded_cents <> COALESCE(SUM(CASE WHEN l.code = 'refunded' "
        "THEN l.amount_cents ELSE -l.amount_cents END), 0)"),
    "what a trip cost": (
        "SELECT t.reservation_id, t.total_cents, COALESCE(SUM(" + _SIGN.format("receivable") + "), 0) AS counted "
        "FROM trips t LEFT JOIN ledger l ON l.reservation_id = t.reservation_id AND l.origin IN ('quote', 'after') "
        "WHERE t.ended_at IS NOT NULL GROUP BY t.reservation_id, t.total_cents "
        "HAVING t.total_cents <> COALESCE(SUM(" + _SIGN.format("receivable") + "), 0)"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A balance that is not what its rows add up to, in cents."""

    what: str
    id: str
    kept: int
    counted: int


def differences() -> list[Difference]:
    """Every balance that does not follow from the ledger; an empty list is a ledger that is whole."""
    return [Difference(what, str(row[0]), row[1], row[2])
            for what, statement in CHECKS.items() for row in db.session.execute(text(statement))]
