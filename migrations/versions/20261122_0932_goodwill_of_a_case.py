"""One case gives no more goodwill than the policy `goodwill_case` says; what was said of the inside of a car may be
changed as long as `check_change` says."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0932"
down_revision = "20261122_0931"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (("goodwill_case", 50000, "cents"), ("check_change", 5, "minutes"))


def upgrade() -> None:
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES])


def downgrade() -> None:
    op.execute(POLICIES.delete().where(POLICIES.c.key.in_([key for key, _value, _unit in RULES])))
