"""Conversations with the people who help, and remarks on cars and lots."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0920"
down_revision = "20261122_0919"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("visitor_sealed", sa.String(), nullable=True),
        sa.Column("visitor_hash", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.Column("car_id", sa.Integer(), nullable=True),
        sa.Column("lot_id", sa.Integer(), nullable=True),
        sa.Column("page", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("last_events", sa.JSON(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("answer_due_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("solved_at", UtcDateTime(), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("follows_id", sa.Uuid(), nullable=True),
        sa.Column("member_read_at", UtcDateTime(), nullable=True),
        sa.Column("phone_sealed", sa.String(), nullable=True),
        sa.Column("call_from", UtcDateTime(), nullable=True),
        sa.Column("call_until", UtcDateTime(), nullable=True),
        sa.Column("call_state", sa.String(), nullable=True),
        sa.Column("passed_on_at", UtcDateTime(), nullable=True),
        sa.Column("passed_on_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("(call_state IS NULL) = (phone_sealed IS NULL)", name="a_call_has_a_number"),
        sa.CheckConstraint("call_until IS NULL OR (call_from IS NOT NULL AND call_from < call_until)", name="a_call_has_a_window"),
        sa.CheckConstraint("(status = 'merged') = (merged_into_id IS NOT NULL)", name="a_merged_one_says_into_which"),
        sa.CheckConstraint("(status = 'solved') = (solved_at IS NOT NULL)", name="a_solved_one_says_when"),
        sa.CheckConstraint("(visitor_sealed IS NULL) = (visitor_hash IS NULL)", name="a_visitor_can_be_found_again"),
        sa.CheckConstraint("answer_due_at IS NULL OR status IN ('new', 'open')", name="an_answer_is_owed_on_our_turn"),
        sa.CheckConstraint("call_state IS NULL OR call_state IN ('wanted', 'done', 'not_reached')", name="asked_call_state_is_known"),
        sa.CheckConstraint("kind IN ('question', 'complaint', 'compliment', 'suggestion', 'callback', 'urgent', 'we_wrote')", name="conversation_kind_is_known"),
        sa.CheckConstraint("status IN ('new', 'open', 'waiting', 'solved', 'merged')", name="conversation_status_is_known"),
        sa.CheckConstraint("merged_into_id <> id", name="nothing_is_merged_into_itself"),
        sa.CheckConstraint("passed_on_at IS NULL OR kind = 'compliment'", name="only_praise_is_passed_on"),
        sa.CheckConstraint("reopened >= 0", name="reopening_is_counted"),
        sa.CheckConstraint("(member_id IS NULL) <> (visitor_sealed IS NULL)", name="somebody_asks"),
        sa.CheckConstraint("(passed_on_at IS NULL) = (passed_on_by IS NULL)", name="somebody_passed_it_on"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_conversations_car_id"),
        sa.ForeignKeyConstraint(["follows_id"], ["conversations.id"], name="fk_conversations_follows_id"),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_conversations_lot_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_conversations_member_id"),
        sa.ForeignKeyConstraint(["merged_into_id"], ["conversations.id"], name="fk_conversations_merged_into_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_conversations_owner_id"),
        sa.ForeignKeyConstraint(["passed_on_by"], ["users.id"], name="fk_conversations_passed_on_by"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_conversations_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint("once", name="uq_conversations_once"),
        sa.UniqueConstraint("reference", name="uq_conversations_reference"),
    )
    op.create_index("ix_conversations_car", "conversations", ["car_id"])
    op.create_index("ix_conversations_due", "conversations", ["answer_due_at"], sqlite_where=sa.text("answer_due_at IS NOT NULL"), postgresql_where=sa.text("answer_due_at IS NOT NULL"))
    op.create_index("ix_conversations_follows", "conversations", ["follows_id"])
    op.create_index("ix_conversations_lot", "conversations", ["lot_id"])
    op.create_index("ix_conversations_member", "conversations", ["member_id", "last_at"])
    op.create_index("ix_conversations_status", "conversations", ["status", "last_at"])
    op.create_index("ix_conversations_visitor", "conversations", ["visitor_hash", "opened_at"])
    op.create_index("one_urgent_conversation_a_trip", "conversations", ["reservation_id"], unique=True, sqlite_where=sa.text("kind = 'urgent' AND status IN ('new', 'open', 'waiting')"), postgresql_where=sa.text("kind = 'urgent' AND status IN ('new', 'open', 'waiting')"))
    op.create_table(
        "conversation_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=True),
        sa.Column("words_sealed", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("once", sa.String(), nullable=True),
        sa.CheckConstraint("author IN ('member', 'staff', 'system')", name="entry_author_is_known"),
        sa.CheckConstraint("author <> 'member' OR NOT internal", name="members_write_nothing_internal"),
        sa.CheckConstraint("(author = 'system') = (words_sealed IS NULL)", name="people_use_words"),
        sa.CheckConstraint("author <> 'staff' OR by_user_id IS NOT NULL", name="staff_sign_what_they_write"),
        sa.CheckConstraint("(author = 'system') = (code IS NOT NULL)", name="the_system_uses_codes"),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_conversation_entries_by_user_id"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_conversation_entries_conversation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_conversation_entries"),
        sa.UniqueConstraint("once", name="uq_conversation_entries_once"),
    )
    op.create_index("ix_conversation_entries_conversation", "conversation_entries", ["conversation_id", "id"])
    op.create_table(
        "help_templates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("length(name) BETWEEN 3 AND 80", name="a_template_has_a_name"),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name="fk_help_templates_updated_by"),
        sa.PrimaryKeyConstraint("id", name="pk_help_templates"),
        sa.UniqueConstraint("name", name="uq_help_templates_name"),
    )
    op.create_table(
        "incoming_mail",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("from_sealed", sa.String(), nullable=False),
        sa.Column("subject_sealed", sa.String(), nullable=False),
        sa.Column("words_sealed", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("state <> 'taken' OR conversation_id IS NOT NULL", name="a_taken_mail_went_somewhere"),
        sa.CheckConstraint("state IN ('taken', 'quarantined', 'dropped')", name="mail_state_is_known"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_incoming_mail_conversation_id"),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name="fk_incoming_mail_decided_by"),
        sa.PrimaryKeyConstraint("id", name="pk_incoming_mail"),
    )
    op.create_index("ix_incoming_mail_state", "incoming_mail", ["state", "at"])
    op.create_table(
        "suggestions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_member_id", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.String(), nullable=False),
        sa.Column("neighbourhood", sa.String(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("car_class", sa.String(), nullable=True),
        sa.Column("wish", sa.String(), nullable=False),
        sa.Column("words_sealed", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("(wanted = 'car') = (car_class IS NOT NULL)", name="a_wanted_car_has_a_class"),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="an_answer_says_when"),
        sa.CheckConstraint("(state = 'open') = (answer IS NULL)", name="an_answer_says_why"),
        sa.CheckConstraint("state IN ('open', 'planned', 'done', 'not_now')", name="suggestion_state_is_known"),
        sa.CheckConstraint("wanted IN ('lot', 'car')", name="wanted_is_known"),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name="fk_suggestions_answered_by"),
        sa.ForeignKeyConstraint(["by_member_id"], ["members.id"], name="fk_suggestions_by_member_id"),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_suggestions_lot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_suggestions"),
    )
    op.create_index("ix_suggestions_state", "suggestions", ["state", "at"])
    op.create_index("one_wish_is_one_suggestion", "suggestions", ["wish"], unique=True, sqlite_where=sa.text("state IN ('open', 'planned')"), postgresql_where=sa.text("state IN ('open', 'planned')"))
    op.create_table(
        "suggestion_votes",
        sa.Column("suggestion_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_suggestion_votes_member_id"),
        sa.ForeignKeyConstraint(["suggestion_id"], ["suggestions.id"], name="fk_suggestion_votes_suggestion_id"),
        sa.PrimaryKeyConstraint("suggestion_id", "member_id", name="pk_suggestion_votes"),
    )
    op.create_index("ix_suggestion_votes_member", "suggestion_votes", ["member_id"])
    op.create_table(
        "remarks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("car_id", sa.Integer(), nullable=True),
        sa.Column("lot_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("reply", sa.String(), nullable=True),
        sa.Column("replied_at", UtcDateTime(), nullable=True),
        sa.Column("replied_by", sa.Integer(), nullable=True),
        sa.Column("once", sa.String(), nullable=False),
        sa.CheckConstraint("(car_id IS NULL) <> (lot_id IS NULL)", name="a_remark_is_about_one_thing"),
        sa.CheckConstraint("length(words) BETWEEN 5 AND 280", name="a_remark_is_short"),
        sa.CheckConstraint("(reply IS NULL) = (replied_at IS NULL)", name="a_reply_says_when"),
        sa.CheckConstraint("why IS NULL OR why IN ('personal', 'rude', 'untrue', 'old', 'not_about_it')", name="remark_reason_is_known"),
        sa.CheckConstraint("state IN ('held', 'shown', 'refused', 'removed')", name="remark_state_is_known"),
        sa.CheckConstraint("(state IN ('refused', 'removed')) = (why IS NOT NULL)", name="what_is_not_shown_has_a_reason"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_remarks_car_id"),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name="fk_remarks_decided_by"),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_remarks_lot_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_remarks_member_id"),
        sa.ForeignKeyConstraint(["replied_by"], ["users.id"], name="fk_remarks_replied_by"),
        sa.PrimaryKeyConstraint("id", name="pk_remarks"),
        sa.UniqueConstraint("once", name="uq_remarks_once"),
    )
    op.create_index("ix_remarks_car", "remarks", ["car_id", "state", "at"])
    op.create_index("ix_remarks_lot", "remarks", ["lot_id", "state", "at"])
    op.create_index("ix_remarks_member", "remarks", ["member_id"])
    op.create_index("ix_remarks_state", "remarks", ["state", "at"])
    op.create_table(
        "remark_reports",
        sa.Column("remark_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("why IN ('personal', 'rude', 'untrue', 'old', 'not_about_it')", name="report_reason_is_known"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_remark_reports_member_id"),
        sa.ForeignKeyConstraint(["remark_id"], ["remarks.id"], name="fk_remark_reports_remark_id"),
        sa.PrimaryKeyConstraint("remark_id", "member_id", name="pk_remark_reports"),
    )


def downgrade() -> None:
    op.drop_table("remark_reports")
    op.drop_table("remarks")
    op.drop_table("suggestion_votes")
    op.drop_table("suggestions")
    op.drop_table("incoming_mail")
    op.drop_table("help_templates")
    op.drop_table("conversation_entries")
    op.drop_table("conversations")
