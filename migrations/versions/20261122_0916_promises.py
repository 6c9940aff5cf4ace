"""What was promised to members, and what became of it."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0916"
down_revision = "20261122_0915"
branch_labels = None
depends_on = None

# What was promised and what came of it; the words alone may be taken away, when their member leaves.
SETTLED = "kind, step, member_id, reservation_id, subject, minted_at, due_at, expected, unit, state, settled_at, actual, cause, cause_reservation_id, evidence"


def upgrade() -> None:
    op.create_table(
        "promises",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("minted_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("expected", sa.Double(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("state", sa.String(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("actual", sa.Double(), nullable=True),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("cause_reservation_id", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("words_sealed", sa.String(), nullable=True),
        sa.Column("alarmed_at", UtcDateTime(), nullable=True),
        sa.Column("once", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'kept', 'broken', 'waived')", name="promise_state_is_known"),
        sa.CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="a_settled_promise_says_when"),
        sa.CheckConstraint("(state IN ('broken', 'waived')) = (cause IS NOT NULL)", name="a_promise_not_kept_has_a_cause"),
        sa.CheckConstraint("cause IS NULL OR cause IN ('other_member', 'out_of_service', 'elsewhere', 'our_work', 'blocked', 'car', 'mail', 'staff', 'processor', 'billing', 'member', 'cancelled', 'no_show', 'not_needed', 'no_evidence')", name="cause_is_known"),
        sa.CheckConstraint("cause_reservation_id IS NULL OR cause = 'other_member'", name="another_trip_is_another_members"),
        sa.CheckConstraint("by_user_id IS NULL OR (owner_id IS NOT NULL AND due_at IS NOT NULL)", name="a_promise_by_hand_is_owned_and_dated"),
        sa.CheckConstraint("words_sealed IS NULL OR by_user_id IS NOT NULL", name="words_are_somebodys"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_promises_member_id"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_promises_reservation_id"),
        sa.ForeignKeyConstraint(["cause_reservation_id"], ["reservations.id"], name="fk_promises_cause_reservation_id"),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_promises_by_user_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_promises_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_promises"),
    )
    _index("one_promise_of_a_kind_a_trip", ["reservation_id", "kind"], "subject IS NULL AND reservation_id IS NOT NULL", unique=True)
    _index("one_open_promise_of_a_kind", ["subject", "kind"], "state = 'open' AND subject IS NOT NULL", unique=True)
    _index("one_promise_a_form", ["once"], "once IS NOT NULL", unique=True)
    _index("ix_promises_open", ["due_at"], "state = 'open'")
    _index("ix_promises_settled", ["settled_at", "kind"], "settled_at IS NOT NULL")
    op.create_index("ix_promises_member", "promises", ["member_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE FUNCTION settled_for_good() RETURNS trigger LANGUAGE plpgsql AS "
                   "$$ BEGIN RAISE EXCEPTION 'settled_for_good' USING ERRCODE = '23514'; END $$")
        op.execute(f"CREATE TRIGGER settled_for_good BEFORE UPDATE OF {SETTLED} ON promises FOR EACH ROW "
                   "WHEN (OLD.state <> 'open') EXECUTE FUNCTION settled_for_good()")
    else:
        op.execute(f"CREATE TRIGGER settled_for_good BEFORE UPDATE OF {SETTLED} ON promises FOR EACH ROW "
                   "WHEN OLD.state <> 'open' BEGIN SELECT RAISE(ABORT, 'settled_for_good'); END")


    op.create_table(
        "remedies",
        sa.Column("promise_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("credit_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name="a_remedy_gives_something"),
        sa.CheckConstraint("rule_version >= 1", name="a_remedy_names_its_version"),
        sa.ForeignKeyConstraint(["promise_id"], ["promises.id"], name="fk_remedies_promise_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_remedies_member_id"),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_remedies_payer_id"),
        sa.ForeignKeyConstraint(["credit_id"], ["credits.id"], name="fk_remedies_credit_id"),
        sa.PrimaryKeyConstraint("promise_id", name="pk_remedies"),
    )
    op.create_index("ix_remedies_member", "remedies", ["member_id", "given_at"])


def _index(name: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(name, "promises", columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    op.drop_table("remedies")
    op.drop_table("promises")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION settled_for_good")
