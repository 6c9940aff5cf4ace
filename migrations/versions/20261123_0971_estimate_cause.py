"""A promise may be broken because our estimate did not hold, which is not a wrong bill."""

import sqlalchemy as sa
from alembic import op

revision = "20261123_0971"
down_revision = "20261123_0970"
branch_labels = None
depends_on = None

KNOWN = ("other_member", "out_of_service", "elsewhere", "our_work", "blocked", "car", "mail", "staff", "processor", "billing",
         "member", "cancelled", "changed", "no_show", "not_needed", "no_evidence")
STAYS = ("kind", "step", "member_id", "reservation_id", "subject", "minted_at", "due_at", "expected", "unit", "settled_at",
         "actual", "cause_reservation_id", "evidence")
IS_CORRECTED = ("OLD.state = 'kept' AND NEW.state = 'broken' AND EXISTS "  # noqa: S608 - names of ours
                "(SELECT 1 FROM promise_corrections WHERE promise_id = OLD.id) AND "
                + " AND ".join(f"NEW.{column} IS OLD.{column}" for column in STAYS))
PROMISES = sa.table("promises", sa.column("cause", sa.String()))


def upgrade() -> None:
    _promises((*KNOWN[:10], "estimate", *KNOWN[10:]))


def downgrade() -> None:
    _promises(KNOWN, before=PROMISES.update().where(PROMISES.c.cause == "estimate").values(cause="billing"))


def _promises(causes: tuple[str, ...], before: sa.Update | None = None) -> None:
    """Rebuild the table with these causes. SQLite loses the trigger on it without a word."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TRIGGER settled_for_good" if sqlite else "ALTER TABLE promises DISABLE TRIGGER settled_for_good")
    if before is not None:
        op.execute(before)
    with op.batch_alter_table("promises") as table:
        table.drop_constraint("cause_is_known", type_="check")
        table.create_check_constraint("cause_is_known",
                                      f"cause IS NULL OR cause IN ({', '.join(repr(cause) for cause in causes)})")
    op.execute(f"CREATE TRIGGER settled_for_good BEFORE UPDATE OF {', '.join((*STAYS, 'state', 'cause'))} ON promises "
               f"FOR EACH ROW WHEN OLD.state <> 'open' AND NOT ({IS_CORRECTED}) "
               "BEGIN SELECT RAISE(ABORT, 'settled_for_good'); END" if sqlite else
               "ALTER TABLE promises ENABLE TRIGGER settled_for_good")
