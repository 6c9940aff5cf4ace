"""Who waits for a car, and what they were offered; how long an offer stands, and how many waits one member may have open."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0939"
down_revision = "20261122_0938"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (("wait_offer", 15, "minutes"), ("waits_most", 5, "waits"))
STILL = sa.text("ended_at IS NULL")
OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    op.create_table(
        "waits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("car_id", sa.Integer(), nullable=True),
        sa.Column("car_class", sa.String(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("within_m", sa.Integer(), nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("once", sa.String(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name="wait_ends_after_it_starts"),
        sa.CheckConstraint("state IN ('waiting', 'booked', 'left', 'passed', 'over')", name="wait_state_is_known"),
        sa.CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="a_wait_that_ended_says_when"),
        sa.CheckConstraint("(state = 'booked') = (reservation_id IS NOT NULL)", name="a_booked_wait_names_its_booking"),
        sa.CheckConstraint("(car_id IS NULL) = (lat IS NOT NULL AND lng IS NOT NULL AND within_m IS NOT NULL)",
                           name="a_wait_is_for_a_car_or_around_a_place"),
        sa.CheckConstraint("car_id IS NULL OR car_class IS NULL", name="a_wait_for_a_car_names_no_class"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_waits_member_id"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_waits_car_id"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_waits_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_waits"),
        sa.UniqueConstraint("member_id", "once", name="one_wait_per_form"),
    )
    op.create_index("ix_waits_open", "waits", ["starts_at"], sqlite_where=STILL, postgresql_where=STILL)
    op.create_table(
        "wait_offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("wait_id", sa.Uuid(), nullable=False),
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("occupancy_id", sa.Integer(), nullable=True),
        sa.Column("freed_at", UtcDateTime(), nullable=False),
        sa.Column("offered_at", UtcDateTime(), nullable=False),
        sa.Column("lapses_at", UtcDateTime(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("offered_at < lapses_at", name="an_offer_lapses_after_it_is_made"),
        sa.CheckConstraint("state IN ('open', 'accepted', 'declined', 'lapsed')", name="wait_offer_state_is_known"),
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="an_answered_offer_says_when"),
        sa.CheckConstraint("price_cents >= 0", name="offered_price_is_not_negative"),
        sa.ForeignKeyConstraint(["wait_id"], ["waits.id"], name="fk_wait_offers_wait_id"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_wait_offers_car_id"),
        sa.ForeignKeyConstraint(["occupancy_id"], ["occupancies.id"], name="fk_wait_offers_occupancy_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_wait_offers"),
        sa.UniqueConstraint("occupancy_id", name="uq_wait_offers_occupancy_id"),
        sa.UniqueConstraint("wait_id", "car_id", name="one_offer_of_a_car_to_a_wait"),
    )
    op.create_index("one_open_offer_for_a_wait", "wait_offers", ["wait_id"], unique=True, sqlite_where=OPEN,
                    postgresql_where=OPEN)
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES])


def downgrade() -> None:
    """What was held for an offer is let go with it."""
    op.execute("DELETE FROM occupancies WHERE kind = 'offer'")
    op.drop_table("wait_offers")
    op.drop_table("waits")
    op.execute(POLICIES.delete().where(POLICIES.c.key.in_([key for key, _value, _unit in RULES])))
