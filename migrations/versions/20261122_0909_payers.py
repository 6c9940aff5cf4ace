"""Who pays: members for themselves, businesses for their drivers, and their cards."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0909"
down_revision = "20261122_0908"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=True),
        sa.Column("owed_cents", sa.Integer(), nullable=False),
        sa.Column("credit_cents", sa.Integer(), nullable=False),
        sa.Column("owing_since", UtcDateTime(), nullable=True),
        sa.Column("dunning_step", sa.Integer(), nullable=False),
        sa.Column("booking_stopped_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("(kind = 'business') = (name IS NOT NULL)", name="a_business_has_a_name"),
        sa.CheckConstraint("(kind = 'personal') = (member_id IS NOT NULL)", name="a_personal_payer_is_a_member"),
        sa.CheckConstraint("kind IN ('personal', 'business')", name="payer_kind_is_known"),
        sa.CheckConstraint("credit_cents >= 0", name="credit_is_never_overspent"),
        sa.CheckConstraint("dunning_step BETWEEN 0 AND 5", name="dunning_has_five_steps"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_payers_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payers"),
        sa.UniqueConstraint("customer", name="uq_payers_customer"),
        sa.UniqueConstraint("member_id", name="uq_payers_member_id"),
    )
    op.create_table(
        "payer_drivers",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_payer_drivers_member_id"),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_payer_drivers_payer_id"),
        sa.PrimaryKeyConstraint("member_id", name="pk_payer_drivers"),
    )
    op.create_index("ix_payer_drivers_payer_id", "payer_drivers", ["payer_id"])
    op.create_table(
        "cards",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("processor_id", sa.String(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("last_four", sa.String(), nullable=False),
        sa.Column("exp_month", sa.Integer(), nullable=False),
        sa.Column("exp_year", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("exp_month BETWEEN 1 AND 12", name="exp_month_is_a_month"),
        sa.CheckConstraint("length(last_four) = 4", name="only_the_last_four_digits"),
        sa.CheckConstraint("rank >= 0", name="rank_counts_from_zero"),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_cards_payer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cards"),
        sa.UniqueConstraint("processor_id", name="uq_cards_processor_id"),
    )
    op.create_index("one_live_card_of_a_rank", "cards", ["payer_id", "rank"], unique=True, sqlite_where=sa.text("removed_at IS NULL"), postgresql_where=sa.text("removed_at IS NULL"))


def downgrade() -> None:
    op.drop_table("cards")
    op.drop_table("payer_drivers")
    op.drop_table("payers")
