"""Members leave: when, and why if they say so."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0927"
down_revision = "20261122_0926"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "departures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("words_sealed", sa.String(), nullable=True),
        sa.CheckConstraint("reason IS NULL OR reason IN ('cost', 'too_far', 'never_free', 'cars', 'trouble', 'own_car', 'moved', "
                           "'no_need', 'other')", name="leaving_reason_is_known"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_departures_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_departures"),
    )
    op.create_index("ix_departures_member", "departures", ["member_id", "at"])
    op.create_index("ix_departures_at", "departures", ["at"])


def downgrade() -> None:
    op.drop_table("departures")
