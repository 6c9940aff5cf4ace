"""Drivers on somebody's account: their cover and limits, invitations, who runs a business's account, and its cost centres."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0960"
down_revision = "20261123_0959"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (("invitation", 14, "days"), ("invitations", 10, "invitations_per_day"))
OPEN = sa.text("used_at IS NULL AND withdrawn_at IS NULL")
CHECKS = {"drivers_cover_is_known": "cover IN ('included', 'plus', 'premium')", "a_limit_is_not_negative": "monthly_cents >= 0",
          "hours_have_both_ends": "(from_hour IS NULL) = (until_hour IS NULL)",
          "hours_are_of_a_day": "from_hour >= 0 AND from_hour < until_hour AND until_hour <= 24"}
COLUMNS = {"cover": sa.String(), "monthly_cents": sa.Integer(), "classes": sa.JSON(), "from_hour": sa.Integer(),
           "until_hour": sa.Integer(), "cost_centre_id": sa.Integer()}


def upgrade() -> None:
    op.create_table(
        "cost_centres",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_cost_centres_payer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cost_centres"),
        sa.UniqueConstraint("payer_id", "code", name="one_cost_centre_of_a_code"),
    )
    op.create_table(
        "account_admins",
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_account_admins_payer_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_account_admins_user_id"),
        sa.PrimaryKeyConstraint("payer_id", "user_id", name="pk_account_admins"),
    )
    op.create_index("ix_account_admins_user_id", "account_admins", ["user_id"])
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("invited_as", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("used_by_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("invited_as IN ('driver', 'admin')", name="invited_as_what_is_known"),
        sa.CheckConstraint("email = lower(email)", name="invited_email_in_lower_case"),
        sa.CheckConstraint("(used_at IS NULL) = (used_by_id IS NULL)", name="whoever_used_it_did_so_at_a_time"),
        sa.CheckConstraint("used_at IS NULL OR withdrawn_at IS NULL", name="used_or_withdrawn"),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_invitations_payer_id"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name="fk_invitations_asked_by_id"),
        sa.ForeignKeyConstraint(["used_by_id"], ["users.id"], name="fk_invitations_used_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
    )
    op.create_index("one_open_invitation", "invitations", ["payer_id", "invited_as", "email"], unique=True, sqlite_where=OPEN,
                    postgresql_where=OPEN)
    op.add_column("payers", sa.Column("cost_centre_since", UtcDateTime(), nullable=True))
    with op.batch_alter_table("payer_drivers") as table:
        for name, kind in COLUMNS.items():
            table.add_column(sa.Column(name, kind, nullable=True))
        table.create_foreign_key("fk_payer_drivers_cost_centre_id", "cost_centres", ["cost_centre_id"], ["id"])
        for name, holds in CHECKS.items():
            table.create_check_constraint(name, holds)
    with op.batch_alter_table("reservations") as table:
        table.add_column(sa.Column("cost_centre_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_reservations_cost_centre_id", "cost_centres", ["cost_centre_id"], ["id"])
    op.create_index("ix_reservations_payer_start", "reservations", ["payer_id", "starts_at"])
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES])


def downgrade() -> None:
    op.execute(POLICIES.delete().where(POLICIES.c.key.in_([key for key, _value, _unit in RULES])))
    op.drop_index("ix_reservations_payer_start", "reservations")
    with op.batch_alter_table("reservations") as table:
        table.drop_constraint("fk_reservations_cost_centre_id", type_="foreignkey")
        table.drop_column("cost_centre_id")
    with op.batch_alter_table("payer_drivers") as table:
        for name in CHECKS:
            table.drop_constraint(name, type_="check")
        table.drop_constraint("fk_payer_drivers_cost_centre_id", type_="foreignkey")
        for name in reversed(COLUMNS):
            table.drop_column(name)
    op.drop_column("payers", "cost_centre_since")
    op.drop_index("one_open_invitation", "invitations")
    op.drop_table("invitations")
    op.drop_index("ix_account_admins_user_id", "account_admins")
    op.drop_table("account_admins")
    op.drop_table("cost_centres")
