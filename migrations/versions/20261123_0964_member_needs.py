"""Needs that members told us of, and how much longer a booked car waits for whoever needs more time."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0964"
down_revision = "20261123_0963"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))


def upgrade() -> None:
    op.create_table(
        "member_needs",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("needs_sealed", sa.String(), nullable=False),
        sa.Column("words_sealed", sa.String(), nullable=True),
        sa.Column("more_time", sa.Boolean(), nullable=False),
        sa.Column("consent_version", sa.Integer(), nullable=False),
        sa.Column("agreed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("consent_version >= 1", name="needs_are_agreed_to"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_member_needs_member_id"),
        sa.PrimaryKeyConstraint("member_id", name="pk_member_needs"),
    )
    known = set(op.get_bind().execute(sa.select(POLICIES.c.key)).scalars())
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None and "more_time" not in known:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": "more_time", "value": 30, "unit": "minutes", "version": 1, "effective_from": first}])


def downgrade() -> None:
    op.drop_table("member_needs")
    op.execute(POLICIES.delete().where(POLICIES.c.key == "more_time"))
