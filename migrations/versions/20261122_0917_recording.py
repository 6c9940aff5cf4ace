"""What browsers tell, what is put aside of it, when a trip drove off, and what is missing."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0917"
down_revision = "20261122_0916"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "browser_events",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("dataschema", sa.String(), nullable=False),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("trace_id", sa.String(), nullable=False),
        sa.Column("journey_id", sa.String(), nullable=False),
        sa.Column("member_pid", sa.Uuid(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("app_version", sa.String(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('vitals', 'field_error', 'back_track', 'rage_click', 'script_error')",
                           name="browser_kind_is_known"),
        sa.PrimaryKeyConstraint("source", "id", name="pk_browser_events"),
    )
    op.create_index("ix_browser_events_step", "browser_events", ["step", "kind", "time"])
    op.create_index("ix_browser_events_journey", "browser_events", ["journey_id"])
    op.create_index("ix_browser_events_recorded", "browser_events", ["recorded_at"])
    op.create_table(
        "quarantined_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.CheckConstraint("length(body) <= 1000", name="a_quarantined_body_is_short"),
        sa.PrimaryKeyConstraint("id", name="pk_quarantined_events"),
    )
    op.create_index("ix_quarantined_events_at", "quarantined_events", ["at"])
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("night", sa.Date(), nullable=True),
        sa.Column("compared", sa.JSON(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("doubled", sa.Integer(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.CheckConstraint("missing >= 0 AND doubled >= 0", name="differences_are_counted"),
        sa.CheckConstraint("since < until", name="a_reconciliation_spans_time"),
        sa.PrimaryKeyConstraint("id", name="pk_reconciliations"),
        sa.UniqueConstraint("night", name="one_reconciliation_a_night"),
    )
    op.create_index("ix_reconciliations_at", "reconciliations", ["at"])
    op.add_column("trips", sa.Column("drove_off_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("trips", "drove_off_at")
    op.drop_table("reconciliations")
    op.drop_table("quarantined_events")
    op.drop_table("browser_events")
