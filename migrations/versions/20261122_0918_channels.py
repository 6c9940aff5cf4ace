"""Each message's way to its member, and how members want to be written to."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0918"
down_revision = "20261122_0917"
branch_labels = None
depends_on = None

MESSAGES = sa.table("messages", sa.column("id", sa.Uuid()), sa.column("facts", sa.JSON()), sa.column("kind", sa.String()),
                    sa.column("thread", sa.String()), sa.column("purpose", sa.String()), sa.column("mailed_at", UtcDateTime()),
                    sa.column("at", UtcDateTime()))
DELIVERIES = sa.table("deliveries", sa.column("message_id", sa.Uuid()), sa.column("channel", sa.String()),
                      sa.column("state", sa.String()), sa.column("attempts", sa.Integer()), sa.column("at", UtcDateTime()),
                      sa.column("decided_at", UtcDateTime()), sa.column("choices_version", sa.Integer()))
ABOUT = (("reservation_id", "trip"), ("dispute_id", "dispute"), ("notice_id", "notice"), ("note_id", "note"))


def upgrade() -> None:
    with op.batch_alter_table("messages") as table:
        table.add_column(sa.Column("purpose", sa.String(), nullable=False, server_default="service"))
        table.add_column(sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.text("false")))
        table.add_column(sa.Column("thread", sa.String(), nullable=False, server_default=""))
        table.create_check_constraint("message_purpose_is_known", "purpose IN ('service', 'care', 'news')")
    op.create_index("ix_messages_member_thread", "messages", ["member_id", "thread"])
    op.create_table(
        "deliveries",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("choices_version", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.CheckConstraint("channel IN ('mail', 'push', 'sms')", name="channel_is_known"),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed', 'skipped')", name="delivery_state_is_known"),
        sa.CheckConstraint("why IN ('not_chosen', 'not_urgent', 'quiet_hours', 'no_device', 'no_number', 'not_offered', "
                           "'push_reached', 'gone', 'refused', 'no_answer')", name="why_is_known"),
        sa.CheckConstraint("state NOT IN ('failed', 'skipped') OR why IS NOT NULL", name="what_did_not_go_says_why"),
        sa.CheckConstraint("attempts >= 0", name="delivery_attempts_counted"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_deliveries_message_id"),
        sa.PrimaryKeyConstraint("message_id", "channel", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_state_at", "deliveries", ["state", "at"])
    op.create_index("ix_deliveries_channel_at", "deliveries", ["channel", "at"])
    _take_over()
    with op.batch_alter_table("messages") as table:
        table.drop_column("mailed_at")
    op.create_table(
        "contact_choices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("ways", sa.JSON(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=False),
        sa.Column("quiet_until", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.CheckConstraint("version >= 1", name="choices_count_from_one"),
        sa.CheckConstraint("quiet_from BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439", name="quiet_hours_are_of_a_day"),
        sa.CheckConstraint("made_by IN ('page', 'link', 'number')", name="made_by_is_known"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_contact_choices_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contact_choices"),
        sa.UniqueConstraint("member_id", "version", name="one_choice_per_version"),
    )
    op.create_table(
        "phone_numbers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("code_until", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("refused_at", UtcDateTime(), nullable=True),
        sa.Column("verified_at", UtcDateTime(), nullable=True),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("tries BETWEEN 0 AND 20", name="tries_are_counted"),
        sa.CheckConstraint("number LIKE '+%'", name="a_number_is_international"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_phone_numbers_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_phone_numbers"),
    )
    live = sa.text("removed_at IS NULL AND verified_at IS NOT NULL")
    op.create_index("one_number_per_member", "phone_numbers", ["member_id"], unique=True, sqlite_where=live, postgresql_where=live)
    op.create_index("ix_phone_numbers_member_asked", "phone_numbers", ["member_id", "asked_at"])
    op.create_index("ix_phone_numbers_number_asked", "phone_numbers", ["number", "asked_at"])
    op.create_table(
        "push_devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("p256dh", sa.String(), nullable=False),
        sa.Column("auth", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("endpoint LIKE 'https://%' OR endpoint LIKE 'embedded:%'", name="an_endpoint_is_safe"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_push_devices_member_id"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_push_devices_session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_push_devices"),
        sa.UniqueConstraint("endpoint", name="uq_push_devices_endpoint"),
    )
    op.create_index("ix_push_devices_member", "push_devices", ["member_id"])
    op.create_index("ix_push_devices_session", "push_devices", ["session_id"])


def _take_over() -> None:
    """What was mailed before is a delivery; what belongs together is a thread."""
    connection = op.get_bind()
    rows = connection.execute(sa.select(MESSAGES.c.id, MESSAGES.c.kind, MESSAGES.c.facts, MESSAGES.c.at, MESSAGES.c.mailed_at)).all()
    connection.execute(sa.update(MESSAGES).where(MESSAGES.c.kind == "note_reply").values(purpose="care"))
    threads = [{"message": row.id, "about": _thread(row.facts)} for row in rows]
    if threads:
        connection.execute(sa.update(MESSAGES).where(MESSAGES.c.id == sa.bindparam("message")).values(
            thread=sa.bindparam("about")), threads)
    # One that waits for its mail now is given all its ways when its job is handled again.
    mailed = [{"message_id": row.id, "channel": "mail", "state": "sent", "attempts": 1, "at": row.mailed_at,
               "decided_at": row.mailed_at, "choices_version": 0} for row in rows if row.mailed_at]
    if mailed:
        op.bulk_insert(DELIVERIES, mailed)


def _thread(facts: dict[str, object]) -> str:
    return next((f"{name}-{facts[key]}" for key, name in ABOUT if facts.get(key)), "")


def downgrade() -> None:
    op.drop_table("push_devices")
    op.drop_table("phone_numbers")
    op.drop_table("contact_choices")
    with op.batch_alter_table("messages") as table:
        table.add_column(sa.Column("mailed_at", UtcDateTime(), nullable=True))
    connection = op.get_bind()
    mailed = connection.execute(sa.select(DELIVERIES.c.message_id, DELIVERIES.c.at).where(
        DELIVERIES.c.channel == "mail", DELIVERIES.c.state == "sent")).all()
    if mailed:
        connection.execute(sa.update(MESSAGES).where(MESSAGES.c.id == sa.bindparam("message")).values(
            mailed_at=sa.bindparam("then")), [{"message": row.message_id, "then": row.at} for row in mailed])
    op.drop_table("deliveries")
    op.drop_index("ix_messages_member_thread", "messages")
    with op.batch_alter_table("messages") as table:
        table.drop_constraint("message_purpose_is_known", type_="check")
        table.drop_column("thread")
        table.drop_column("urgent")
        table.drop_column("purpose")
