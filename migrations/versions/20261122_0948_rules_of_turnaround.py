"""The rules about turnarounds and moves, for a service that has its rules already; one that has these too keeps its own."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0948"
down_revision = "20261122_0947"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (("turnaround_range", 30, "miles"), ("charger_power", 7200, "watts"), ("move_answer", 1440, "minutes"))


def upgrade() -> None:
    known = set(op.get_bind().execute(sa.select(POLICIES.c.key)).scalars())
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES if key not in known])


def downgrade() -> None:
    """What is below asks for the same rules: they stay."""
