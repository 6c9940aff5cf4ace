"""The rule for how long a car counts as dirty, for a service that has its rules already; one that has it too keeps its own."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0955"
down_revision = "20261123_0954"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))


def upgrade() -> None:
    known = set(op.get_bind().execute(sa.select(POLICIES.c.key)).scalars())
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None and "stays_dirty" not in known:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": "stays_dirty", "value": 14, "unit": "days", "version": 1, "effective_from": first}])


def downgrade() -> None:
    """What is below asks for no such rule, and does not mind it: it stays."""
