"""Promo codes, and each use of one."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0943"
down_revision = "20261122_0942"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "promotions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("effective_from", UtcDateTime(), nullable=False),
        sa.Column("effective_until", UtcDateTime(), nullable=True),
        sa.Column("classes", sa.String(), nullable=False),
        sa.Column("plans", sa.String(), nullable=False),
        sa.Column("per_member", sa.Integer(), nullable=False),
        sa.Column("overall", sa.Integer(), nullable=True),
        sa.Column("redeemed", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_promotions"),
        sa.UniqueConstraint("code", name="uq_promotions_code"),
        sa.CheckConstraint("code = upper(code)", name="codes_are_in_capitals"),
        sa.CheckConstraint("percent BETWEEN 0 AND 100 AND cents >= 0 AND (percent = 0) <> (cents = 0)",
                           name="a_code_takes_off_percent_or_cents"),
        sa.CheckConstraint("effective_until > effective_from", name="a_code_ends_after_it_starts"),
        sa.CheckConstraint("per_member >= 1", name="a_member_may_use_a_code"),
        sa.CheckConstraint("redeemed >= 0 AND redeemed <= overall", name="a_code_is_used_so_often_and_no_more"),
    )
    op.create_table(
        "redemptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("promotion_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=True),
        sa.Column("allowed", sa.Integer(), nullable=False),
        sa.Column("redeemed_at", UtcDateTime(), nullable=False),
        sa.Column("given_back_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_redemptions"),
        sa.ForeignKeyConstraint(["promotion_id"], ["promotions.id"], name="fk_redemptions_promotion_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_redemptions_member_id"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_redemptions_reservation_id"),
        sa.UniqueConstraint("reservation_id", name="uq_redemptions_reservation_id"),
        sa.UniqueConstraint("promotion_id", "member_id", "nth", name="each_use_of_a_code_once"),
        sa.CheckConstraint("nth >= 1 AND nth <= allowed", name="a_member_uses_a_code_so_often_and_no_more"),
        sa.CheckConstraint("(nth IS NULL) = (given_back_at IS NOT NULL)", name="a_use_is_made_or_given_back"),
    )
    op.create_index("ix_redemptions_member", "redemptions", ["member_id"])


def downgrade() -> None:
    op.drop_table("redemptions")
    op.drop_table("promotions")
