"""Nobody who comes back is given the rest of a month: one that is paid is not charged again anyway.

Every row of the policy goes: a value of a city's own and later versions of it too. Going down writes the first one again, 90
days for everybody; whoever had set others has to import them anew.
"""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0972"
down_revision = "20261123_0971"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))


def upgrade() -> None:
    op.execute(POLICIES.delete().where(POLICIES.c.key == "rejoin_free"))


def downgrade() -> None:
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": "rejoin_free", "value": 90, "unit": "days", "version": 1, "effective_from": first}])
