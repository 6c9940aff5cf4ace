"""A promise that counted as kept may turn out to have been broken: by a fact of its own, without which nothing changes."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0930"
down_revision = "20261122_0929"
branch_labels = None
depends_on = None

STAYS = ("kind", "step", "member_id", "reservation_id", "subject", "minted_at", "due_at", "expected", "unit", "settled_at",
         "actual", "cause_reservation_id", "evidence")
SETTLED = ", ".join((*STAYS, "state", "cause"))
IS_CORRECTED = ("OLD.state = 'kept' AND NEW.state = 'broken' AND EXISTS "
                "(SELECT 1 FROM promise_corrections WHERE promise_id = OLD.id)")
AS_THEY_WERE = ("UPDATE promises SET state = 'kept', cause = NULL WHERE state = 'broken' AND id IN "
                "(SELECT promise_id FROM promise_corrections)")


def upgrade() -> None:
    op.create_table(
        "promise_corrections",
        sa.Column("promise_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.CheckConstraint("about LIKE '%:%'", name="a_correction_names_what_showed_it"),
        sa.ForeignKeyConstraint(["promise_id"], ["promises.id"], name="fk_promise_corrections_promise_id"),
        sa.PrimaryKeyConstraint("promise_id", name="pk_promise_corrections"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _postgresql(f"IF {IS_CORRECTED} AND {_same('::text')} THEN RETURN NEW; END IF; ")
        op.execute("CREATE FUNCTION corrected_for_good() RETURNS trigger LANGUAGE plpgsql AS "
                   "$$ BEGIN RAISE EXCEPTION 'corrected_for_good' USING ERRCODE = '23514'; END $$")
        op.execute("CREATE TRIGGER corrected_for_good BEFORE UPDATE ON promise_corrections FOR EACH ROW "
                   "EXECUTE FUNCTION corrected_for_good()")
    else:
        op.execute("DROP TRIGGER settled_for_good")
        op.execute(f"CREATE TRIGGER settled_for_good BEFORE UPDATE OF {SETTLED} ON promises FOR EACH ROW "
                   f"WHEN OLD.state <> 'open' AND NOT ({IS_CORRECTED} AND {_same()}) "
                   "BEGIN SELECT RAISE(ABORT, 'settled_for_good'); END")
        op.execute("CREATE TRIGGER corrected_for_good BEFORE UPDATE ON promise_corrections FOR EACH ROW "
                   "BEGIN SELECT RAISE(ABORT, 'corrected_for_good'); END")


def _same(as_text: str = "") -> str:
    """That nothing else of the promise changes; JSON has no equality of its own in PostgreSQL."""
    return " AND ".join(f"NEW.{column}{as_text} IS NOT DISTINCT FROM OLD.{column}{as_text}" if as_text else
                        f"NEW.{column} IS OLD.{column}" for column in STAYS)


def _postgresql(unless: str = "") -> None:
    op.execute("CREATE OR REPLACE FUNCTION settled_for_good() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN {unless}RAISE EXCEPTION 'settled_for_good' USING ERRCODE = '23514'; END $$")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE promises DISABLE TRIGGER settled_for_good")
        op.execute(AS_THEY_WERE)
        op.execute("ALTER TABLE promises ENABLE TRIGGER settled_for_good")
        _postgresql()
        op.drop_table("promise_corrections")
        op.execute("DROP FUNCTION corrected_for_good")
    else:
        op.execute("DROP TRIGGER settled_for_good")
        op.execute(AS_THEY_WERE)
        op.execute(f"CREATE TRIGGER settled_for_good BEFORE UPDATE OF {SETTLED} ON promises FOR EACH ROW "
                   "WHEN OLD.state <> 'open' BEGIN SELECT RAISE(ABORT, 'settled_for_good'); END")
        op.drop_table("promise_corrections")
