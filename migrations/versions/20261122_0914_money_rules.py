"""The rules about money, for a service that has its rules already: what a new one finds in its city's files."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0914"
down_revision = "20261122_0913"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (
    ("membership_payg", 0, "cents"),
    ("membership_regular", 700, "cents"),
    ("hold_ahead", 7200, "minutes"),
    ("hold_renew", 1440, "minutes"),
    ("charge_least", 50, "cents"),
    ("dunning_2", 60, "minutes"),
    ("dunning_3", 1440, "minutes"),
    ("dunning_4", 7200, "minutes"),
    ("dunning_5", 14400, "minutes"),
    ("credit_service", 730, "days"),
    ("credit_promo", 90, "days"),
    ("credit_referral", 365, "days"),
    ("credit_fuel", 180, "days"),
    ("pass_on_fee", 500, "cents"),
    ("answer_toll", 4320, "minutes"),
    ("answer_ticket", 4320, "minutes"),
    ("answer_cleaning", 10080, "minutes"),
    ("dispute_decided", 4320, "minutes"),
    ("refund_alone", 10000, "cents"),
    ("goodwill_alone", 2500, "cents"),
    ("invoice_due", 14, "days"),
    ("owning_month", 71000, "cents"),
    ("owning_mile", 23, "cents"),
)


def upgrade() -> None:
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is None:
        return  # no rules yet: they come with the city
    known = set(op.get_bind().execute(sa.select(POLICIES.c.key)).scalars())
    op.bulk_insert(POLICIES, [
        {"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
        for key, value, unit in RULES if key not in known])


def downgrade() -> None:
    op.execute(POLICIES.delete().where(POLICIES.c.key.in_([key for key, _value, _unit in RULES])))
