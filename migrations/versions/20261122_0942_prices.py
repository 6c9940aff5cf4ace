"""Tariffs and policies may end, nights are the tariff's, a city may have taxes and fees of its own, and young drivers
are known by their day of birth."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0942"
down_revision = "20261122_0941"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()),
                    sa.column("effective_until", UtcDateTime()), sa.column("city", sa.String()))
RULES = (
    ("fee_booking", 0, "cents"), ("quote_lives", 15, "minutes"), ("young_first_until", 21, "years"),
    ("young_first_hour", 806, "cents_per_hour"), ("young_second_until", 25, "years"),
    ("young_second_hour", 306, "cents_per_hour"), ("young_most", 8, "hours_per_day"),
)


def upgrade() -> None:
    op.add_column("members", sa.Column("born_on", sa.Date(), nullable=True))
    op.add_column("lots", sa.Column("city", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("tariffs") as table:
        table.add_column(sa.Column("effective_until", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("night_from", sa.Integer(), nullable=False, server_default="22"))
        table.add_column(sa.Column("night_until", sa.Integer(), nullable=False, server_default="6"))
        table.create_check_constraint("a_tariff_ends_after_it_starts", "effective_until > effective_from")
        table.create_check_constraint("nights_are_hours_of_a_day",
                                      "night_from BETWEEN 0 AND 24 AND night_until BETWEEN 0 AND 24")
    with op.batch_alter_table("policies") as table:
        table.drop_constraint("one_value_per_day", type_="unique")
        table.add_column(sa.Column("effective_until", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("city", sa.String(), nullable=False, server_default=""))
        table.create_unique_constraint("one_value_per_day", ["key", "city", "effective_from"])
        table.create_check_constraint("a_policy_ends_after_it_starts", "effective_until > effective_from")
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first, "city": ""}
                                  for key, value, unit in RULES])


def downgrade() -> None:
    """What counts in one city only, or would have ended, is not known below: it goes."""
    op.execute(POLICIES.delete().where(POLICIES.c.key.in_([key for key, _value, _unit in RULES])
                                       | (POLICIES.c.city != "") | POLICIES.c.effective_until.is_not(None)))
    op.execute("DELETE FROM tariffs WHERE effective_until IS NOT NULL")
    with op.batch_alter_table("policies") as table:
        table.drop_constraint("a_policy_ends_after_it_starts", type_="check")
        table.drop_constraint("one_value_per_day", type_="unique")
        table.drop_column("city")
        table.drop_column("effective_until")
        table.create_unique_constraint("one_value_per_day", ["key", "effective_from"])
    with op.batch_alter_table("tariffs") as table:
        table.drop_constraint("nights_are_hours_of_a_day", type_="check")
        table.drop_constraint("a_tariff_ends_after_it_starts", type_="check")
        table.drop_column("night_until")
        table.drop_column("night_from")
        table.drop_column("effective_until")
    op.drop_column("lots", "city")
    op.drop_column("members", "born_on")
