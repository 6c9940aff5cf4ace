"""Bookings that recur, made together; how many at most."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0940"
down_revision = "20261122_0939"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))


def upgrade() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("wish", sa.JSON(), nullable=False),
        sa.Column("not_booked", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_series_member_id"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_series_car_id"),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.UniqueConstraint("member_id", "once", name="one_series_per_form"),
    )
    with op.batch_alter_table("reservations") as table:
        table.add_column(sa.Column("series_id", sa.Uuid(), nullable=True))
        table.create_foreign_key("fk_reservations_series_id", "series", ["series_id"], ["id"])
    op.create_index("ix_reservations_series", "reservations", ["series_id"])
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": "series_most", "value": 30, "unit": "bookings", "version": 1, "effective_from": first}])


def downgrade() -> None:
    op.drop_index("ix_reservations_series", "reservations")
    with op.batch_alter_table("reservations") as table:
        table.drop_constraint("fk_reservations_series_id", type_="foreignkey")
        table.drop_column("series_id")
    op.drop_table("series")
    op.execute(POLICIES.delete().where(POLICIES.c.key == "series_most"))
