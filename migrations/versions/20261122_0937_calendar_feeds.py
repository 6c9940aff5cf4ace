"""The secret addresses under which members' calendar programs find their trips."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0937"
down_revision = "20261122_0936"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_feeds",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("secret_sealed", sa.String(), nullable=False),
        sa.Column("alarm_minutes", sa.Integer(), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.CheckConstraint("alarm_minutes BETWEEN 5 AND 2880", name="an_alarm_is_at_most_two_days_before"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_calendar_feeds_member_id"),
        sa.PrimaryKeyConstraint("member_id", name="pk_calendar_feeds"),
    )
    op.create_index("one_calendar_per_secret", "calendar_feeds", ["secret_hash"], unique=True)


def downgrade() -> None:
    op.drop_table("calendar_feeds")
