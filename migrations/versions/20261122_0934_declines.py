"""How many cars a month are declined on the member's word alone, and how far away a car may stand in, in metres."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0934"
down_revision = "20261122_0933"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (("decline_alone", 2, "per_month"), ("stand_in_within", 1600, "metres"))


def upgrade() -> None:
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES])


def downgrade() -> None:
    op.execute(POLICIES.delete().where(POLICIES.c.key.in_([key for key, _value, _unit in RULES])))
