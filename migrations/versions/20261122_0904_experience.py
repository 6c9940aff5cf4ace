"""The event log, notes on steps, and messages."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime
from experience.record.partitions import make_partitions

revision = "20261122_0904"
down_revision = "20261122_0903"
branch_labels = None
depends_on = None

FIRST_MONTH = datetime(2026, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("pid", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('member', 'trip')", name="identity_kind_is_known"),
        sa.PrimaryKeyConstraint("pid", name="pk_identities"),
        sa.UniqueConstraint("kind", "ref", name="one_pid_each"),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("mood", sa.String(), nullable=False),
        sa.Column("words_sealed", sa.String(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("mood IN ('good', 'so_so', 'bad')", name="mood_is_known"),
        sa.CheckConstraint("status IN ('new', 'open', 'answered', 'closed')", name="note_status_is_known"),
        sa.CheckConstraint("tag IN ('car', 'lot', 'app', 'price', 'people', 'other')", name="tag_is_known"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_notes_member_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_notes_owner_id"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_notes_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
        sa.UniqueConstraint("event_id", name="one_note_per_event"),
    )
    op.create_index("ix_notes_at", "notes", ["at"])
    op.create_index("ix_notes_status_at", "notes", ["status", "at"])
    op.create_index("ix_notes_step_at", "notes", ["step", "at"])
    op.create_table(
        "note_replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("note_id", sa.Integer(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("words_sealed", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_note_replies_by_user_id"),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name="fk_note_replies_note_id"),
        sa.PrimaryKeyConstraint("id", name="pk_note_replies"),
    )
    op.create_index("ix_note_replies_note", "note_replies", ["note_id"])
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("mailed_at", UtcDateTime(), nullable=True),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_messages_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
    )
    op.create_index("ix_messages_member_at", "messages", ["member_id", "at"])
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.Column("dataschema", sa.String(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("member_pid", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("trace_id", sa.String(), nullable=True),
        sa.Column("journey_id", sa.String(), nullable=True),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("objects", sa.JSON(), nullable=False),
        sa.Column("promise_id", sa.Uuid(), nullable=True),
        sa.Column("expected", sa.Double(), nullable=True),
        sa.Column("actual", sa.Double(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("experiment", sa.String(), nullable=True),
        sa.Column("consent_version", sa.String(), nullable=True),
        sa.Column("app_version", sa.String(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint("actor IN ('member', 'staff', 'system', 'other_member')", name="actor_is_known"),
        sa.CheckConstraint(
            "phase IN ('entered', 'succeeded', 'refused', 'failed', 'abandoned', 'undone')", name="phase_is_known"
        ),
        sa.CheckConstraint("attempt >= 1", name="attempt_counts_from_one"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("source", "id", name="one_event_per_source_and_id"),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index("ix_events_journey", "events", ["journey_id", "step"])
    op.create_index("ix_events_member", "events", ["member_pid", "time"])
    op.create_index("ix_events_step_time", "events", ["step", "time"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE events_other PARTITION OF events DEFAULT")
        make_partitions(op.get_bind(), FIRST_MONTH, 24)


def downgrade() -> None:
    op.drop_table("events")
    op.drop_table("messages")
    op.drop_table("note_replies")
    op.drop_table("notes")
    op.drop_table("identities")
