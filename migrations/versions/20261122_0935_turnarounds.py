"""A trip holds its car together with the turnaround after it, and an offer holds one too; nothing ever was a buffer."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime
from fleet.calendar.hold import SQLITE_TRIGGERS

revision = "20261122_0935"
down_revision = "20261122_0934"
branch_labels = None
depends_on = None

AT_THE_END = "turnaround_from >= starts_at AND turnaround_from < ends_at"


def upgrade() -> None:
    _drop_triggers()
    with op.batch_alter_table("occupancies") as table:
        table.drop_constraint("kind_is_known", type_="check")
        table.add_column(sa.Column("turnaround_from", UtcDateTime(), nullable=True))
        table.create_check_constraint("kind_is_known", "kind IN ('trip', 'block', 'offer')")
        table.create_check_constraint("turnaround_is_at_the_end", AT_THE_END)
    _create_triggers()


def downgrade() -> None:
    """What only an offer or a car's turnaround held is let go; trips keep the whole of what they held."""
    op.execute("DELETE FROM occupancies WHERE kind = 'offer' OR turnaround_from = starts_at")
    _drop_triggers()
    with op.batch_alter_table("occupancies") as table:
        table.drop_constraint("turnaround_is_at_the_end", type_="check")
        table.drop_constraint("kind_is_known", type_="check")
        table.drop_column("turnaround_from")
        table.create_check_constraint("kind_is_known", "kind IN ('trip', 'block', 'buffer')")
    _create_triggers()


def _drop_triggers() -> None:
    """SQLite rebuilds the table, and loses the triggers on it without a word."""
    if op.get_bind().dialect.name == "sqlite":
        for name in SQLITE_TRIGGERS:
            op.execute(f"DROP TRIGGER {name}")


def _create_triggers() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for create in SQLITE_TRIGGERS.values():
            op.execute(create)
