"""Quotes that were stored for whoever asked for one, until they end."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0944"
down_revision = "20261122_0943"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quotes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("waiver", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("quote", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quotes"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_quotes_member_id"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_quotes_car_id"),
        sa.CheckConstraint("starts_at < ends_at", name="quote_ends_after_it_starts"),
        sa.CheckConstraint("made_at < expires_at", name="quote_expires_after_it_is_made"),
    )
    op.create_index("ix_quotes_expires", "quotes", ["expires_at"])
    op.create_index("ix_quotes_member", "quotes", ["member_id"])


def downgrade() -> None:
    op.drop_table("quotes")
