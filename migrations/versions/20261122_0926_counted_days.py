"""Days of the city, counted once they are over."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0926"
down_revision = "20261122_0925"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counted_days",
        sa.Column("day", sa.Date(), primary_key=True), sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.Column("thinned", sa.Boolean(), nullable=False))
    op.create_table(
        "step_days",
        sa.Column("day", sa.Date(), sa.ForeignKey("counted_days.day", ondelete="CASCADE"), primary_key=True),
        sa.Column("step", sa.String(), primary_key=True), sa.Column("phases", sa.JSON(), nullable=False),
        sa.Column("times", sa.JSON(), nullable=False), sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("longest", sa.JSON(), nullable=False))


def downgrade() -> None:
    op.drop_table("step_days")
    op.drop_table("counted_days")
