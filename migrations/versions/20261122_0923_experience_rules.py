"""The rules about promises, messages, help and cases, for a service that has its rules already."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0923"
down_revision = "20261122_0922"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (
    ("case_reply_severe", 240, "minutes"),
    ("case_reply_serious", 1440, "minutes"),
    ("case_reply_minor", 2880, "minutes"),
    ("case_close_severe", 2880, "minutes"),
    ("case_close_serious", 7200, "minutes"),
    ("case_close_minor", 14400, "minutes"),
    ("case_wait", 5760, "minutes"),
    ("case_reopen", 30, "days"),
    ("case_closing_ask", 1440, "minutes"),
    ("quiet_from", 1260, "minutes"),
    ("quiet_until", 480, "minutes"),
    ("urgent_within", 1440, "minutes"),
    ("phone_code", 10, "minutes"),
    ("phone_code_tries", 5, "tries"),
    ("phone_codes", 5, "codes_per_day"),
    ("help_answer", 240, "minutes"),
    ("help_answer_urgent", 15, "minutes"),
    ("help_reopen", 14, "days"),
    ("remedy_car_there", 1500, "cents"),
    ("remedy_taxi", 2000, "cents"),
    ("remedy_unlock", 500, "cents"),
    ("remedy_energy", 500, "cents"),
    ("remedy_energy_time", 20, "minutes"),
    ("remedy_clean", 1000, "cents"),
    ("remedy_clean_stars", 2, "of_5"),
    ("remedy_clean_alone", 2, "per_month"),
    ("remedy_answer", 500, "cents"),
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
