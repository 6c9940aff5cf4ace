"""Taxis that members took because their car was not there, and the numbers of what is repaid and declined."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0928"
down_revision = "20261122_0927"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (("remedy_taxi_alone", 2, "per_month"), ("decline_within", 15, "minutes"), ("decline_cleaning", 240, "minutes"))


def upgrade() -> None:
    op.create_table(
        "taxi_receipts",
        sa.Column("promise_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("ridden_on", sa.Date(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("paid_cents", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("credit_id", sa.Uuid(), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("amount_cents BETWEEN 1 AND paid_cents", name="no_more_is_repaid_than_was_paid"),
        sa.ForeignKeyConstraint(["promise_id"], ["promises.id"], name="fk_taxi_receipts_promise_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_taxi_receipts_member_id"),
        sa.ForeignKeyConstraint(["credit_id"], ["credits.id"], name="fk_taxi_receipts_credit_id"),
        sa.PrimaryKeyConstraint("promise_id", name="pk_taxi_receipts"),
    )
    op.create_index("ix_taxi_receipts_member", "taxi_receipts", ["member_id", "given_at"])
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES])


def downgrade() -> None:
    op.execute(POLICIES.delete().where(POLICIES.c.key.in_([key for key, _value, _unit in RULES])))
    op.drop_table("taxi_receipts")
