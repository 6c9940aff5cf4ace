"""Requests for the reduced tier with the looks at their pictures, until when it counts, and its rules."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0961"
down_revision = "20261123_0960"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (("tier_hour_off", 25, "percent"), ("tier_membership_off", 50, "percent"), ("tier_months", 12, "months"),
         ("tier_decided", 2880, "minutes"), ("tier_warn", 35, "days"), ("tier_pictures", 30, "days"))
IS_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    with op.batch_alter_table("members") as table:
        table.add_column(sa.Column("reduced_until", sa.Date(), nullable=True))
    op.create_table(
        "tier_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("benefit", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("file_key", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("stored_bytes", sa.Integer(), nullable=False),
        sa.Column("gone_at", UtcDateTime(), nullable=True),
        sa.Column("taken_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("answer_sealed", sa.String(), nullable=True),
        sa.Column("counts_until", sa.Date(), nullable=True),
        sa.CheckConstraint("benefit IN ('snap', 'wic', 'medicaid', 'tanf', 'ssi', 'housing', 'energy', 'student_aid')", name="tier_benefit_is_known"),
        sa.CheckConstraint("state IN ('waiting', 'granted', 'refused', 'withdrawn')", name="tier_state_is_known"),
        sa.CheckConstraint("reason IS NULL OR reason IN ('unreadable', 'other_name', 'out_of_date', 'not_listed')", name="tier_reason_is_known"),
        sa.CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name="a_refused_tier_says_why"),
        sa.CheckConstraint("(state = 'granted') = (counts_until IS NOT NULL)", name="a_granted_tier_says_until_when"),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="a_tier_waits_or_is_over"),
        sa.CheckConstraint("(state IN ('granted', 'refused')) = (decided_by_id IS NOT NULL)", name="a_person_decides_a_tier"),
        sa.CheckConstraint("width > 0 AND height > 0 AND stored_bytes > 0", name="a_picture_of_a_benefit_has_a_size"),
        sa.CheckConstraint("state <> 'waiting' OR gone_at IS NULL", name="a_tier_is_decided_by_its_picture"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_tier_requests_member_id"),
        sa.ForeignKeyConstraint(["taken_by_id"], ["users.id"], name="fk_tier_requests_taken_by_id"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name="fk_tier_requests_decided_by_id"),
        sa.UniqueConstraint("file_key", name="uq_tier_requests_file_key"),
        sa.PrimaryKeyConstraint("id", name="pk_tier_requests"),
    )
    op.create_index("one_waiting_tier_request_of_a_member", "tier_requests", ["member_id"], unique=True, sqlite_where=IS_WAITING, postgresql_where=IS_WAITING)
    op.create_index("ix_tier_requests_member", "tier_requests", ["member_id", "asked_at"])
    op.create_table(
        "tier_looks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("looked_for", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("looked_for IN ('own', 'review')", name="a_look_at_a_benefit_has_a_known_reason"),
        sa.ForeignKeyConstraint(["request_id"], ["tier_requests.id"], name="fk_tier_looks_request_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_tier_looks_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tier_looks"),
    )
    op.create_index("ix_tier_looks_request", "tier_looks", ["request_id", "at"])
    known = set(op.get_bind().execute(sa.select(POLICIES.c.key)).scalars())
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES if key not in known])


def downgrade() -> None:
    op.drop_table("tier_looks")
    op.drop_table("tier_requests")
    with op.batch_alter_table("members") as table:
        table.drop_column("reduced_until")
    op.execute(POLICIES.delete().where(POLICIES.c.key.in_([key for key, _, _ in RULES])))
