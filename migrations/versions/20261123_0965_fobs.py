"""Fobs and each time one was held to a car, and their rules."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0965"
down_revision = "20261123_0964"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (("fob_replace", 1000, "cents"), ("fob_tap_lives", 30, "seconds"))
IS_ONE = sa.text("state IN ('wanted', 'issued')")


def upgrade() -> None:
    with op.batch_alter_table("car_readings") as table:
        table.add_column(sa.Column("tapped_at", UtcDateTime(), nullable=True))
    op.create_table(
        "fobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("wanted_at", UtcDateTime(), nullable=False),
        sa.Column("fee_cents", sa.Integer(), nullable=False),
        sa.Column("fee_version", sa.Integer(), nullable=False),
        sa.Column("number_mark", sa.String(), nullable=True),
        sa.Column("last_four", sa.String(), nullable=True),
        sa.Column("issued_at", UtcDateTime(), nullable=True),
        sa.Column("issued_by_id", sa.Integer(), nullable=True),
        sa.Column("blocked_at", UtcDateTime(), nullable=True),
        sa.Column("blocked_by_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("handed_in_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('wanted', 'issued', 'blocked', 'handed_in', 'withdrawn')", name="fob_state_is_known"),
        sa.CheckConstraint("why IS NULL OR why IN ('lost', 'stolen', 'broken', 'left', 'staff')", name="why_a_fob_is_blocked_is_known"),
        sa.CheckConstraint("(state IN ('issued', 'blocked', 'handed_in')) = (issued_at IS NOT NULL) AND (issued_at IS NULL) = (number_mark IS NULL) AND (issued_at IS NULL) = (last_four IS NULL) AND (issued_at IS NULL) = (issued_by_id IS NULL)", name="an_issued_fob_has_a_number_and_an_issuer"),
        sa.CheckConstraint("(blocked_at IS NULL) = (why IS NULL) AND (state <> 'blocked' OR blocked_at IS NOT NULL)", name="a_blocked_fob_says_when_and_why"),
        sa.CheckConstraint("(state = 'handed_in') = (handed_in_at IS NOT NULL)", name="a_fob_is_handed_in_at_a_time"),
        sa.CheckConstraint("fee_cents >= 0 AND fee_version >= 1", name="the_fee_of_a_fob_was_shown"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_fobs_member_id"),
        sa.ForeignKeyConstraint(["issued_by_id"], ["users.id"], name="fk_fobs_issued_by_id"),
        sa.ForeignKeyConstraint(["blocked_by_id"], ["users.id"], name="fk_fobs_blocked_by_id"),
        sa.UniqueConstraint("number_mark", name="uq_fobs_number_mark"),
        sa.PrimaryKeyConstraint("id", name="pk_fobs"),
    )
    op.create_index("one_fob_of_a_member", "fobs", ["member_id"], unique=True, sqlite_where=IS_ONE, postgresql_where=IS_ONE)
    op.create_index("ix_fobs_member", "fobs", ["member_id"])
    op.create_index("ix_fobs_state", "fobs", ["state", "wanted_at"])
    op.create_table(
        "fob_taps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fob_id", sa.Uuid(), nullable=True),
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["fob_id"], ["fobs.id"], name="fk_fob_taps_fob_id"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_fob_taps_car_id"),
        sa.ForeignKeyConstraint(["command_id"], ["car_commands.id"], name="fk_fob_taps_command_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fob_taps"),
    )
    op.create_index("ix_fob_taps_fob", "fob_taps", ["fob_id", "at"])
    op.create_index("one_tap_of_a_car_at_a_time", "fob_taps", ["car_id", "at"], unique=True)
    known = set(op.get_bind().execute(sa.select(POLICIES.c.key)).scalars())
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES if key not in known])


def downgrade() -> None:
    op.drop_table("fob_taps")
    op.drop_table("fobs")
    with op.batch_alter_table("car_readings") as table:
        table.drop_column("tapped_at")
    op.execute(POLICIES.delete().where(POLICIES.c.key.in_([key for key, _, _ in RULES])))
