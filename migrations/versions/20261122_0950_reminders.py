"""A trip that moves after its reminder has gone is reminded again, and that is promised again: one reminder for each start."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0950"
down_revision = "20261122_0949"
branch_labels = None
depends_on = None

OF_TRIPS = "subject IS NULL AND reservation_id IS NOT NULL AND (cause IS NULL OR cause <> 'changed')"


def _one_of_a_kind(where: str) -> None:
    op.create_index("one_promise_of_a_kind_a_trip", "promises", ["reservation_id", "kind"], unique=True,
                    sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    op.drop_index("one_promise_of_a_kind_a_trip", "promises")
    _one_of_a_kind(f"{OF_TRIPS} AND kind <> 'reminder'")
    where = sa.text(f"{OF_TRIPS} AND kind = 'reminder'")
    op.create_index("one_reminder_of_a_start", "promises", ["reservation_id", "due_at"], unique=True,
                    sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Of the reminders of one trip only the one of its latest start stays: what is below knows of one. What hangs on the
    others goes with them."""
    earlier = (f"{OF_TRIPS} AND kind = 'reminder' AND due_at < "  # noqa: S608 - words of ours
               "(SELECT max(later.due_at) FROM promises AS later WHERE later.reservation_id = promises.reservation_id "
               "AND later.kind = 'reminder' AND later.subject IS NULL AND (later.cause IS NULL OR later.cause <> 'changed'))")
    for table in ("promise_corrections", "remedies", "taxi_receipts"):
        op.execute(f"DELETE FROM {table} WHERE promise_id IN (SELECT id FROM promises WHERE {earlier})")  # noqa: S608 - words of ours
    op.execute(f"DELETE FROM promises WHERE {earlier}")  # noqa: S608 - words of ours
    op.drop_index("one_reminder_of_a_start", "promises")
    op.drop_index("one_promise_of_a_kind_a_trip", "promises")
    _one_of_a_kind(OF_TRIPS)
