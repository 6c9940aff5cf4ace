"""Cases with an owner and a clock, what is mended for everybody, and the clock's rules for a service that has its rules."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0921"
down_revision = "20261122_0920"
branch_labels = None
depends_on = None

RULES = "'detractor', 'hard', 'failed', 'broken_promise', 'promise_overdue', 'help', 'note', 'hand'"
SEVERITIES = "'minor', 'serious', 'severe'"
OPEN = sa.text("state <> 'closed'")
OPEN_WITHOUT_TRIP = sa.text("state <> 'closed' AND reservation_id IS NULL")


def upgrade() -> None:
    op.create_table(
        "fixes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("hypothesis", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("said", sa.String(), nullable=True),
        sa.Column("published", sa.String(), nullable=True),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('idea', 'doing', 'done', 'dropped')", name="fix_state_is_known"),
        sa.CheckConstraint("measure IN ('stopped', 'missed', 'kept', 'mood')", name="fix_measure_is_known"),
        sa.CheckConstraint("length(title) BETWEEN 3 AND 120", name="a_fix_has_a_title"),
        sa.CheckConstraint("state <> 'doing' OR started_at IS NOT NULL", name="a_fix_under_way_says_since_when"),
        sa.CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="a_done_fix_says_when"),
        sa.CheckConstraint("(published IS NULL) = (published_at IS NULL)", name="what_is_published_has_a_date"),
        sa.CheckConstraint("published_at IS NULL OR state = 'done'", name="only_what_is_done_is_published"),
        sa.CheckConstraint("version >= 1", name="fix_versions_count_from_one"),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_fixes_by_user_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_fixes_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fixes"),
    )
    op.create_index("ix_fixes_state", "fixes", ["state"])
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("alarmed_at", UtcDateTime(), nullable=True),
        sa.Column("heard_at", UtcDateTime(), nullable=False),
        sa.Column("first_reply_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("cause_code", sa.String(), nullable=True),
        sa.Column("fix_id", sa.Uuid(), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"rule IN ({RULES})", name="case_rule_is_known"),
        sa.CheckConstraint(f"severity IN ({SEVERITIES})", name="case_severity_is_known"),
        sa.CheckConstraint("state IN ('new', 'open', 'waiting', 'closed')", name="case_state_is_known"),
        sa.CheckConstraint("outcome IN ('solved', 'made_good', 'explained', 'apologised', 'stands', 'no_answer')", name="case_outcome_is_known"),
        sa.CheckConstraint("cause_code IN ('car_technique', 'car_condition', 'member_before', 'lot', 'site', 'money', 'messages', 'rules', 'our_people', 'outside', 'unknown')", name="case_cause_is_known"),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL) AND (state = 'closed') = (outcome IS NOT NULL)", name="a_closed_case_has_an_outcome"),
        sa.CheckConstraint("state = 'new' OR owner_id IS NOT NULL", name="a_case_in_work_has_an_owner"),
        sa.CheckConstraint("version >= 1", name="case_versions_count_from_one"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_cases_conversation_id"),
        sa.ForeignKeyConstraint(["fix_id"], ["fixes.id"], name="fk_cases_fix_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_cases_member_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_cases_owner_id"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_cases_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
    )
    op.create_index("one_open_case_of_a_trip", "cases", ["member_id", "reservation_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("one_open_case_without_a_trip", "cases", ["member_id"], unique=True, sqlite_where=OPEN_WITHOUT_TRIP, postgresql_where=OPEN_WITHOUT_TRIP)
    op.create_index("ix_cases_due", "cases", ["state", "due_at"])
    op.create_index("ix_cases_opened", "cases", ["opened_at"])
    op.create_index("ix_cases_member", "cases", ["member_id", "opened_at"])
    op.create_index("ix_cases_conversation", "cases", ["conversation_id"])
    op.create_index("ix_cases_fix", "cases", ["fix_id"])
    op.create_table(
        "case_reasons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(f"rule IN ({RULES})", name="reason_rule_is_known"),
        sa.CheckConstraint(f"severity IN ({SEVERITIES})", name="reason_severity_is_known"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_reasons_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case_reasons"),
        sa.UniqueConstraint("rule", "about", name="one_reason_for_each_hit"),
    )
    op.create_index("ix_case_reasons_case", "case_reasons", ["case_id"])
    op.create_index("ix_case_reasons_at", "case_reasons", ["at"])
    op.create_table(
        "case_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("words_sealed", sa.String(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("once", sa.String(), nullable=True),
        sa.CheckConstraint("act IN ('opened', 'reason', 'taken', 'handed_over', 'note', 'reply', 'member_wrote', 'credit', 'refund', 'promise', 'linked', 'closed', 'reopened', 'overdue')", name="case_act_is_known"),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_case_entries_by_user_id"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_entries_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case_entries"),
        sa.UniqueConstraint("once", name="uq_case_entries_once"),
    )
    op.create_index("ix_case_entries_case", "case_entries", ["case_id", "at"])
    op.create_table(
        "case_watches",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seen_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_case_watches"),
    )


def downgrade() -> None:
    for table in ("case_watches", "case_entries", "case_reasons", "cases", "fixes"):
        op.drop_table(table)
