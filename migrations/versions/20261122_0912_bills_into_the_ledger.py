"""Bills become rows of the ledger. What was billed before is taken as settled: this ledger begins without old debts."""

import json

import sqlalchemy as sa
from alembic import op

revision = "20261122_0912"
down_revision = "20261122_0911"
branch_labels = None
depends_on = None

EARNED = {"waiver": "cover", "tax": "tax", "late": "fees", "low": "fees", "fee": "fees", "fuel": "fuel", "refuel": "fuel"}
OLD = ("SELECT l.id, l.origin, l.code, l.amount_cents, l.currency, l.rule, l.rule_version, l.facts, l.position, "
       "r.id AS reservation_id, r.member_id, COALESCE(t.ended_at, r.cancelled_at, r.ends_at) AS at "
       "FROM bill_lines l JOIN reservations r ON r.id = l.reservation_id LEFT JOIN trips t ON t.reservation_id = r.id "
       "WHERE l.amount_cents <> 0 ORDER BY l.reservation_id, l.position")
ENTER = sa.text(
    "INSERT INTO ledger (at, payer_id, member_id, reservation_id, debit_account, credit_account, amount_cents, currency, "
    "origin, code, rule, rule_version, facts, actor, once) VALUES (:at, :payer, :member_id, :reservation_id, :debit, "
    ":credit, :amount, :currency, :origin, :code, :rule, :rule_version, :facts, 'system', :once)").bindparams(
        sa.bindparam("facts", type_=sa.JSON))


def upgrade() -> None:
    connection = op.get_bind()
    connection.execute(sa.text(
        "INSERT INTO payers (kind, member_id, currency, owed_cents, credit_cents, dunning_step, created_at) "
        "SELECT 'personal', m.id, 'USD', 0, 0, 0, m.joined_at FROM members m WHERE EXISTS (SELECT 1 FROM bill_lines l "
        "JOIN reservations r ON r.id = l.reservation_id WHERE r.member_id = m.id)"))
    payers = dict(connection.execute(sa.text("SELECT member_id, id FROM payers WHERE member_id IS NOT NULL")).all())
    sums: dict[int, dict[str, object]] = {}
    for line in connection.execute(sa.text(OLD)).mappings().all():
        other = EARNED.get(line["code"].split("_")[0], "driving")
        facts = json.loads(line["facts"]) if isinstance(line["facts"], str) else line["facts"]
        _enter({**line, "facts": facts, "payer": payers[line["member_id"]],
                "once": f"bill-{line['reservation_id']}-{line['origin']}-{line['position']}"}, "receivable", other)
        whole = sums.setdefault(line["reservation_id"], {**line, "payer": payers[line["member_id"]], "amount_cents": 0})
        whole["amount_cents"] += line["amount_cents"]
    for reservation_id, whole in sums.items():
        if whole["amount_cents"]:
            _enter({**whole, "origin": "books", "code": "settled_before", "rule": "opening", "rule_version": 1, "facts": {},
                    "once": f"opening-{reservation_id}"}, "opening", "receivable")
    op.drop_table("bill_lines")


def _enter(row: dict[str, object], debit: str, credit: str) -> None:
    amount = row["amount_cents"]
    if amount < 0:
        debit, credit = credit, debit
    op.get_bind().execute(ENTER, {**row, "debit": debit, "credit": credit, "amount": abs(amount)})


def downgrade() -> None:
    op.create_table(
        "bill_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.CheckConstraint("origin IN ('quote', 'after')", name="origin_is_known"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_bill_lines_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bill_lines"),
        sa.UniqueConstraint("reservation_id", "position", name="one_line_per_position"),
    )
    op.execute(
        "INSERT INTO bill_lines (reservation_id, position, origin, code, amount_cents, currency, rule, rule_version, facts) "
        "SELECT reservation_id, ROW_NUMBER() OVER (PARTITION BY reservation_id ORDER BY id) - 1, origin, code, "
        "CASE WHEN debit_account = 'receivable' THEN amount_cents ELSE -amount_cents END, currency, rule, rule_version, facts "
        "FROM ledger WHERE origin IN ('quote', 'after')")
