"""Applications to join and the sign-ups before them, with the rules of joining; a service that has these rules keeps its own."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0952"
down_revision = "20261123_0951"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (("join_age", 18, "years"), ("join_held", 12, "months"), ("join_violation", 36, "months"),
         ("join_decided", 1440, "minutes"), ("join_again", 30, "days"), ("join_remind", 3, "days"), ("join_forget", 60, "days"),
         ("mail_code", 30, "minutes"), ("mail_code_tries", 5, "tries"), ("mail_codes", 5, "codes_per_day"),
         ("card_check_most", 5000, "cents"))
GOING = sa.text("state IN ('open', 'submitted')")
WAITING = sa.text("state = 'submitted'")


def upgrade() -> None:
    op.create_table(
        "applications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("held_since", sa.Date(), nullable=False),
        sa.Column("licence_from", sa.String(), nullable=False),
        sa.Column("violation_on", sa.Date(), nullable=True),
        sa.Column("plan", sa.String(), nullable=True),
        sa.Column("fee_cents", sa.Integer(), nullable=True),
        sa.Column("fee_version", sa.Integer(), nullable=True),
        sa.Column("terms_version", sa.String(), nullable=True),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("doubts", sa.JSON(), nullable=False),
        sa.Column("taken_by_id", sa.Integer(), nullable=True),
        sa.Column("taken_at", UtcDateTime(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by_rule", sa.String(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("reapply_on", sa.Date(), nullable=True),
        sa.Column("first_decided_by_id", sa.Integer(), nullable=True),
        sa.Column("appealed_at", UtcDateTime(), nullable=True),
        sa.Column("appeal_sealed", sa.String(), nullable=True),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'submitted', 'approved', 'refused', 'withdrawn')", name="application_state_is_known"),
        sa.CheckConstraint("licence_from IN ('us', 'canada', 'elsewhere')", name="application_licence_from_is_known"),
        sa.CheckConstraint("plan IS NULL OR plan IN ('payg', 'regular')", name="application_plan_is_known"),
        sa.CheckConstraint("(plan IS NULL) = (fee_cents IS NULL) AND (plan IS NULL) = (fee_version IS NULL)", name="a_chosen_plan_has_the_fee_that_was_shown"),
        sa.CheckConstraint("state NOT IN ('submitted', 'approved', 'refused') OR (submitted_at IS NOT NULL AND due_at IS NOT NULL AND plan IS NOT NULL AND terms_version IS NOT NULL)", name="what_is_submitted_is_whole"),
        sa.CheckConstraint("(state IN ('approved', 'refused')) = (decided_at IS NOT NULL)", name="a_decision_says_when"),
        sa.CheckConstraint("(decided_at IS NOT NULL) = (decided_by_id IS NOT NULL OR decided_by_rule IS NOT NULL) AND (decided_by_id IS NULL OR decided_by_rule IS NULL)", name="a_person_or_a_rule_decided"),
        sa.CheckConstraint("(appealed_at IS NULL) = (appeal_sealed IS NULL)", name="an_appeal_has_words"),
        sa.CheckConstraint("appealed_at IS NULL OR decided_by_rule IS NULL", name="no_rule_decides_an_appeal"),
        sa.CheckConstraint("decided_by_id IS NULL OR first_decided_by_id IS NULL OR decided_by_id <> first_decided_by_id", name="somebody_else_decides_an_appeal"),
        sa.CheckConstraint("(taken_by_id IS NULL) = (taken_at IS NULL)", name="whoever_took_it_did_so_at_a_time"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_applications_member_id"),
        sa.ForeignKeyConstraint(["taken_by_id"], ["users.id"], name="fk_applications_taken_by_id"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name="fk_applications_decided_by_id"),
        sa.ForeignKeyConstraint(["first_decided_by_id"], ["users.id"], name="fk_applications_first_decided_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_applications"),
    )
    op.create_index("one_application_at_a_time", "applications", ["member_id"], unique=True, sqlite_where=GOING, postgresql_where=GOING)
    op.create_index("ix_applications_waiting", "applications", ["due_at"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_applications_member", "applications", ["member_id"])
    op.create_table(
        "sign_ups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=False),
        sa.Column("held_since", sa.Date(), nullable=False),
        sa.Column("licence_from", sa.String(), nullable=False),
        sa.Column("violation_on", sa.Date(), nullable=True),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("code_until", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("tries BETWEEN 0 AND 20", name="sign_up_tries_are_counted"),
        sa.CheckConstraint("email = lower(email)", name="sign_up_email_in_lower_case"),
        sa.CheckConstraint("licence_from IN ('us', 'canada', 'elsewhere')", name="sign_up_licence_from_is_known"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ups"),
    )
    op.create_index("ix_sign_ups_email_asked", "sign_ups", ["email", "asked_at"])
    op.create_index("ix_sign_ups_asked", "sign_ups", ["asked_at"])
    known = set(op.get_bind().execute(sa.select(POLICIES.c.key)).scalars())
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES if key not in known])


def downgrade() -> None:
    op.drop_table("sign_ups")
    op.drop_table("applications")
    op.execute(POLICIES.delete().where(POLICIES.c.key.in_([key for key, _, _ in RULES])))
