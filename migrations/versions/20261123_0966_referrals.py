"""Members' own codes, whom they brought, the code that somebody signs up with, and the rules of it."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0966"
down_revision = "20261123_0965"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (("referral_gives", 1500, "cents"), ("referral_gets", 1500, "cents"), ("referral_most", 10, "per_year"))
JOINED = sa.text("state = 'joined'")


def upgrade() -> None:
    with op.batch_alter_table("sign_ups") as table:
        table.add_column(sa.Column("friend_code", sa.String(), nullable=True))
    op.create_table(
        "referral_codes",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("code = upper(code)", name="referral_codes_are_in_capitals"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_referral_codes_member_id"),
        sa.UniqueConstraint("code", name="uq_referral_codes_code"),
        sa.PrimaryKeyConstraint("member_id", name="pk_referral_codes"),
    )
    op.create_table(
        "referrals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("by_member_id", sa.Integer(), nullable=True),
        sa.Column("friend_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.Column("gives_cents", sa.Integer(), nullable=False),
        sa.Column("gets_cents", sa.Integer(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('joined', 'credited', 'refused')", name="referral_state_is_known"),
        sa.CheckConstraint("why IS NULL OR why IN ('same_card', 'same_phone', 'same_licence', 'most', 'left')", name="why_a_referral_is_refused_is_known"),
        sa.CheckConstraint("(state = 'joined') = (decided_at IS NULL)", name="a_referral_is_open_or_decided"),
        sa.CheckConstraint("state <> 'refused' OR why IS NOT NULL", name="a_refused_referral_says_why"),
        sa.CheckConstraint("by_member_id <> friend_id", name="nobody_brings_themselves"),
        sa.CheckConstraint("gives_cents >= 0 AND gets_cents >= 0", name="a_referral_gives_no_less_than_nothing"),
        sa.ForeignKeyConstraint(["by_member_id"], ["members.id"], name="fk_referrals_by_member_id"),
        sa.ForeignKeyConstraint(["friend_id"], ["members.id"], name="fk_referrals_friend_id"),
        sa.UniqueConstraint("friend_id", name="uq_referrals_friend_id"),
        sa.PrimaryKeyConstraint("id", name="pk_referrals"),
    )
    op.create_index("ix_referrals_by", "referrals", ["by_member_id", "decided_at"])
    op.create_index("ix_referrals_joined", "referrals", ["joined_at"], sqlite_where=JOINED, postgresql_where=JOINED)
    known = set(op.get_bind().execute(sa.select(POLICIES.c.key)).scalars())
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES if key not in known])


def downgrade() -> None:
    op.drop_table("referrals")
    op.drop_table("referral_codes")
    with op.batch_alter_table("sign_ups") as table:
        table.drop_column("friend_code")
    op.execute(POLICIES.delete().where(POLICIES.c.key.in_([key for key, _, _ in RULES])))
