"""Changes of plan, pauses, coming back, the estimate that somebody joined with, and their rules."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0958"
down_revision = "20261123_0957"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (("pause_most", 92, "days"), ("pause_remind", 7, "days"), ("rejoin_free", 90, "days"), ("estimate_within", 10, "percent"))
AHEAD = sa.text("undone_at IS NULL AND counted_at IS NULL")
GOING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("members") as table:
        table.add_column(sa.Column("fees_from", UtcDateTime(), nullable=True))
    with op.batch_alter_table("departures") as table:
        table.add_column(sa.Column("came_back_at", UtcDateTime(), nullable=True))
        table.create_check_constraint("nobody_comes_back_before_leaving", "came_back_at >= at")
    with op.batch_alter_table("applications") as table:
        for name in ("estimate_cents", "estimate_trips", "estimate_minutes"):
            table.add_column(sa.Column(name, sa.Integer(), nullable=True))
        table.create_check_constraint("an_estimate_is_whole", "(estimate_cents IS NULL) = (estimate_trips IS NULL) AND "
                                      "(estimate_cents IS NULL) = (estimate_minutes IS NULL)")
    _plan_changes()
    _pauses()
    known = set(op.get_bind().execute(sa.select(POLICIES.c.key)).scalars())
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES if key not in known])


def _plan_changes() -> None:
    op.create_table(
        "plan_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("from_plan", sa.String(), nullable=False),
        sa.Column("to_plan", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("counts_from", UtcDateTime(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("counted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("from_plan IN ('payg', 'regular') AND to_plan IN ('payg', 'regular')",
                           name="plans_of_a_change_are_known"),
        sa.CheckConstraint("from_plan <> to_plan", name="a_change_of_plan_changes_it"),
        sa.CheckConstraint("asked_at < counts_from", name="a_change_of_plan_counts_later"),
        sa.CheckConstraint("undone_at IS NULL OR counted_at IS NULL", name="what_is_undone_never_counts"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_plan_changes_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_changes"),
    )
    op.create_index("one_change_of_plan_ahead", "plan_changes", ["member_id"], unique=True, sqlite_where=AHEAD,
                    postgresql_where=AHEAD)
    op.create_index("ix_plan_changes_ahead", "plan_changes", ["counts_from"], sqlite_where=AHEAD, postgresql_where=AHEAD)
    op.create_index("ix_plan_changes_member", "plan_changes", ["member_id"])


def _pauses() -> None:
    op.create_table(
        "pauses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.CheckConstraint("begun_at < until", name="a_pause_ends_after_it_begins"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="an_ended_pause_says_how"),
        sa.CheckConstraint("ended_by IS NULL OR ended_by IN ('member', 'clock', 'leaving')", name="end_of_a_pause_is_known"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_pauses_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pauses"),
    )
    op.create_index("one_pause_at_a_time", "pauses", ["member_id"], unique=True, sqlite_where=GOING, postgresql_where=GOING)
    op.create_index("ix_pauses_until", "pauses", ["until"], sqlite_where=GOING, postgresql_where=GOING)
    op.create_index("ix_pauses_member", "pauses", ["member_id"])


def downgrade() -> None:
    """Whoever pauses drives again: what is below knows no end of a pause. The rules stay."""
    op.execute("UPDATE members SET status = 'active' WHERE status = 'paused' AND id IN "
               "(SELECT member_id FROM pauses WHERE ended_at IS NULL)")
    op.drop_table("pauses")
    op.drop_table("plan_changes")
    with op.batch_alter_table("applications") as table:
        table.drop_constraint("an_estimate_is_whole", type_="check")
        for name in ("estimate_minutes", "estimate_trips", "estimate_cents"):
            table.drop_column(name)
    with op.batch_alter_table("departures") as table:
        table.drop_constraint("nobody_comes_back_before_leaving", type_="check")
        table.drop_column("came_back_at")
    with op.batch_alter_table("members") as table:
        table.drop_column("fees_from")
