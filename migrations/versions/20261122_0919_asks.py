"""Who is asked what, who is not and why, and the answers."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0919"
down_revision = "20261122_0918"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked_members",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_asked_members_member_id"),
        sa.PrimaryKeyConstraint("member_id", name="pk_asked_members"),
    )
    op.create_table(
        "asks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("solicitation", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=True),
        sa.Column("exempt", sa.Boolean(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("shown_by", sa.String(), nullable=True),
        sa.Column("offered_at", UtcDateTime(), nullable=False),
        sa.Column("shown_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.CheckConstraint("(state IN ('dismissed', 'answered')) = (closed_at IS NOT NULL)", name="a_closed_ask_says_when"),
        sa.CheckConstraint("expires_at > offered_at", name="an_ask_ends_after_it_begins"),
        sa.CheckConstraint("(state = 'offered') = (shown_at IS NULL)", name="an_ask_is_seen_before_it_ends"),
        sa.CheckConstraint("shown_by IS NULL OR shown_by IN ('page', 'mail')", name="ask_channel_is_known"),
        sa.CheckConstraint("metric IS NULL OR metric IN ('ease', 'satisfaction', 'expectation', 'recommend', 'verify')", name="ask_metric_is_known"),
        sa.CheckConstraint("state IN ('offered', 'shown', 'dismissed', 'answered')", name="ask_state_is_known"),
        sa.CheckConstraint("probability > 0 AND probability <= 1", name="probability_is_a_share"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_asks_member_id"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_asks_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_asks"),
        sa.UniqueConstraint("once", name="uq_asks_once"),
    )
    op.create_index("ix_asks_member", "asks", ["member_id", "offered_at"])
    op.create_index("one_ask_per_reservation", "asks", ["reservation_id"], unique=True, sqlite_where=sa.text("reservation_id IS NOT NULL AND NOT exempt"),
                    postgresql_where=sa.text("reservation_id IS NOT NULL AND NOT exempt"))
    op.create_index("one_check_per_trip", "asks", ["reservation_id"], unique=True, sqlite_where=sa.text("reservation_id IS NOT NULL AND exempt"),
                    postgresql_where=sa.text("reservation_id IS NOT NULL AND exempt"))
    op.create_table(
        "ask_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("solicitation", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("ask_id", sa.Uuid(), nullable=True),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("situation", sa.JSON(), nullable=False),
        sa.Column("once", sa.String(), nullable=True),
        sa.CheckConstraint("(what = 'suppressed') = (why IS NOT NULL)", name="a_suppressed_ask_says_why"),
        sa.CheckConstraint("what IN ('offered', 'shown', 'dismissed', 'answered', 'suppressed')", name="ask_log_what_is_known"),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name="fk_ask_log_ask_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_ask_log_member_id"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_ask_log_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ask_log"),
        sa.UniqueConstraint("once", name="uq_ask_log_once"),
    )
    op.create_index("ix_ask_log_at", "ask_log", ["at"])
    op.create_index("ix_ask_log_member", "ask_log", ["member_id", "at"])
    op.create_table(
        "answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ask_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("solicitation", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("words_sealed", sa.String(), nullable=True),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.Column("car_id", sa.Integer(), nullable=True),
        sa.Column("lot_id", sa.Integer(), nullable=True),
        sa.Column("car_class", sa.String(), nullable=True),
        sa.Column("plan", sa.String(), nullable=True),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("wording_version", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.CheckConstraint("channel IN ('page', 'mail')", name="answer_channel_is_known"),
        sa.CheckConstraint("probability > 0 AND probability <= 1", name="answer_probability_is_a_share"),
        sa.CheckConstraint(
            "(metric = 'ease' AND value BETWEEN 1 AND 7) OR (metric IN ('satisfaction', 'expectation') AND value "
            "BETWEEN 1 AND 5) OR (metric = 'recommend' AND value BETWEEN 0 AND 10) OR (metric = 'verify' AND "
            "value BETWEEN 0 AND 1)",
            name="value_is_on_the_scale"),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name="fk_answers_ask_id"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_answers_car_id"),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_answers_lot_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_answers_member_id"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_answers_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
        sa.UniqueConstraint("ask_id", name="one_answer_per_ask"),
    )
    op.create_index("ix_answers_at", "answers", ["at"])
    op.create_index("ix_answers_metric_step", "answers", ["metric", "step", "at"])
    op.create_index("ix_answers_reservation", "answers", ["reservation_id"])
    op.create_table(
        "ask_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", UtcDateTime(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("value >= 0", name="rule_value_is_not_negative"),
        sa.CheckConstraint("version > 1", name="rule_version_follows_the_delivered"),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_ask_rules_by_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ask_rules"),
        sa.UniqueConstraint("key", "version", name="one_value_per_version"),
    )
    op.create_table(
        "ask_wordings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("solicitation", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(question) >= 5", name="a_question_asks_something"),
        sa.CheckConstraint("version > 1", name="wording_version_follows_the_delivered"),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_ask_wordings_by_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ask_wordings"),
        sa.UniqueConstraint("solicitation", "locale", "version", name="one_wording_per_version"),
    )
    op.create_table(
        "expectations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("ask_id", sa.Uuid(), nullable=True),
        sa.Column("means", sa.String(), nullable=True),
        sa.Column("hope", sa.String(), nullable=True),
        sa.Column("heard", sa.String(), nullable=True),
        sa.Column("words_sealed", sa.String(), nullable=True),
        sa.CheckConstraint("means IS NOT NULL OR hope IS NOT NULL OR heard IS NOT NULL OR words_sealed IS NOT NULL", name="an_expectation_says_something"),
        sa.CheckConstraint("stage IN ('joining', 'first_booking', 'leaving')", name="expectation_stage_is_known"),
        sa.CheckConstraint("heard IS NULL OR heard IN ('friend', 'street', 'search', 'social', 'press', 'work', 'other')", name="heard_is_known"),
        sa.CheckConstraint("hope IS NULL OR hope IN ('cheaper', 'there', 'simple', 'clean', 'near', 'other')", name="hope_is_known"),
        sa.CheckConstraint("means IS NULL OR means IN ('own_car', 'transit', 'ride', 'rental', 'shared', 'bike', 'nothing', 'other')", name="means_is_known"),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name="fk_expectations_ask_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_expectations_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_expectations"),
        sa.UniqueConstraint("ask_id", name="one_expectation_per_ask"),
    )
    op.create_index("ix_expectations_member", "expectations", ["member_id"])


def downgrade() -> None:
    for table in ("expectations", "ask_wordings", "ask_rules", "answers", "ask_log", "asks", "asked_members"):
        op.drop_table(table)
