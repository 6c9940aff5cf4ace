"""The fleet: lots, cars, tariffs, and the calendar."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0902"
down_revision = "20261122_0901"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("neighbourhood", sa.String(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("access", sa.String(), nullable=False),
        sa.Column("how_to_get_in", sa.String(), nullable=False),
        sa.Column("landmark", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("turnaround_minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("access IN ('street', 'garage', 'gated', 'keybox')", name="access_is_known"),
        sa.CheckConstraint("lat BETWEEN -90 AND 90 AND lng BETWEEN -180 AND 180", name="lot_is_on_earth"),
        sa.CheckConstraint("turnaround_minutes BETWEEN 0 AND 720", name="turnaround_is_short"),
        sa.PrimaryKeyConstraint("id", name="pk_lots"),
        sa.UniqueConstraint("slug", name="uq_lots_slug"),
    )
    op.create_table(
        "bays",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("charger", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_bays_lot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bays"),
        sa.UniqueConstraint("lot_id", "number", name="one_bay_per_number"),
    )
    op.create_table(
        "car_models",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("make", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("car_class", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("fuel", sa.String(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("doors", sa.Integer(), nullable=False),
        sa.Column("tank_gallons", sa.Double(), nullable=True),
        sa.Column("battery_kwh", sa.Double(), nullable=True),
        sa.Column("range_miles", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "body IN ('hatch', 'sedan', 'wagon', 'suv', 'van', 'minivan', 'pickup', 'ev')", name="body_is_known"
        ),
        sa.CheckConstraint(
            "car_class IN ('economy', 'compact', 'wagon', 'suv', 'van', 'premium', 'ev', 'accessible')",
            name="class_is_known",
        ),
        sa.CheckConstraint("fuel IN ('gasoline', 'hybrid', 'electric')", name="fuel_is_known"),
        sa.CheckConstraint("range_miles > 0 AND seats > 0", name="range_and_seats_are_positive"),
        sa.PrimaryKeyConstraint("id", name="pk_car_models"),
        sa.UniqueConstraint("key", name="uq_car_models_key"),
    )
    op.create_table(
        "cars",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("vin", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("colour", sa.String(), nullable=False),
        sa.Column("paint", sa.String(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("car_class", sa.String(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("bay_id", sa.Integer(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("features", sa.String(), nullable=False),
        sa.Column("launch_odometer", sa.Double(), nullable=False),
        sa.Column("launch_energy", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "car_class IN ('economy', 'compact', 'wagon', 'suv', 'van', 'premium', 'ev', 'accessible')",
            name="car_class_is_known",
        ),
        sa.CheckConstraint(
            "paint IN ('red', 'orange', 'yellow', 'green', 'mint', 'teal', 'sky', 'blue', 'maroon', 'brown', 'sand', 'white', 'silver', 'grey', 'black')",
            name="paint_is_known",
        ),
        sa.CheckConstraint(
            "state IN ('available', 'cleaning', 'maintenance', 'damaged', 'transport', 'retired')",
            name="state_is_known",
        ),
        sa.ForeignKeyConstraint(["bay_id"], ["bays.id"], name="fk_cars_bay_id"),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_cars_lot_id"),
        sa.ForeignKeyConstraint(["model_id"], ["car_models.id"], name="fk_cars_model_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cars"),
        sa.UniqueConstraint("bay_id", name="uq_cars_bay_id"),
        sa.UniqueConstraint("name", name="uq_cars_name"),
        sa.UniqueConstraint("plate", name="uq_cars_plate"),
        sa.UniqueConstraint("slug", name="uq_cars_slug"),
        sa.UniqueConstraint("vin", name="uq_cars_vin"),
    )
    op.create_index("ix_cars_class_place", "cars", ["car_class", "lat", "lng"])
    op.create_index("ix_cars_place", "cars", ["lat", "lng"])
    op.create_table(
        "car_readings",
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("odometer_miles", sa.Double(), nullable=False),
        sa.Column("energy_percent", sa.Integer(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("doors_open", sa.Integer(), nullable=False),
        sa.Column("engine_on", sa.Boolean(), nullable=False),
        sa.Column("plugged_in", sa.Boolean(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.CheckConstraint("energy_percent BETWEEN 0 AND 100", name="energy_is_a_percentage"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_car_readings_car_id"),
        sa.PrimaryKeyConstraint("car_id", name="pk_car_readings"),
    )
    op.create_index("ix_car_readings_sequence", "car_readings", ["sequence"])
    op.create_table(
        "car_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_car_moves_by_user_id"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_car_moves_car_id"),
        sa.PrimaryKeyConstraint("id", name="pk_car_moves"),
    )
    op.create_index("ix_car_moves_car_at", "car_moves", ["car_id", "at"])
    op.create_table(
        "energy_cards",
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("last_four", sa.String(), nullable=False),
        sa.Column("pin_sealed", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_energy_cards_car_id"),
        sa.PrimaryKeyConstraint("car_id", name="pk_energy_cards"),
    )
    op.create_table(
        "tariffs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("car_class", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", UtcDateTime(), nullable=False),
        sa.Column("weekday_hour", sa.Integer(), nullable=False),
        sa.Column("weekend_hour", sa.Integer(), nullable=False),
        sa.Column("night_hour", sa.Integer(), nullable=False),
        sa.Column("weekday_day", sa.Integer(), nullable=False),
        sa.Column("weekend_day", sa.Integer(), nullable=False),
        sa.Column("included_miles", sa.Integer(), nullable=False),
        sa.Column("mile", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "weekday_hour >= 0 AND weekend_hour >= 0 AND night_hour >= 0 AND weekday_day >= 0 AND weekend_day >= 0 AND mile >= 0 AND included_miles >= 0",
            name="rates_are_not_negative",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tariffs"),
        sa.UniqueConstraint("car_class", "plan", "effective_from", name="one_tariff_per_day"),
    )
    op.create_table(
        "policies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policies"),
        sa.UniqueConstraint("key", "effective_from", name="one_value_per_day"),
    )
    op.create_table(
        "blocks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('cleaning', 'maintenance', 'damaged', 'transport')", name="block_state_is_known"),
        sa.CheckConstraint("starts_at < until", name="block_ends_after_it_starts"),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_blocks_by_user_id"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_blocks_car_id"),
        sa.PrimaryKeyConstraint("id", name="pk_blocks"),
    )
    op.create_index("ix_blocks_car", "blocks", ["car_id"])
    op.create_index(
        "one_open_block_per_car",
        "blocks",
        ["car_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "occupancies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("block_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('trip', 'block', 'buffer')", name="kind_is_known"),
        sa.CheckConstraint("starts_at < ends_at", name="ends_after_it_starts"),
        sa.ForeignKeyConstraint(["block_id"], ["blocks.id"], name="fk_occupancies_block_id"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_occupancies_car_id"),
        sa.PrimaryKeyConstraint("id", name="pk_occupancies"),
    )
    op.create_index("ix_occupancies_block", "occupancies", ["block_id"])
    op.create_index("ix_occupancies_probe", "occupancies", ["car_id", "ends_at", "starts_at"])


def downgrade() -> None:
    op.drop_table("occupancies")
    op.drop_table("blocks")
    op.drop_table("policies")
    op.drop_table("tariffs")
    op.drop_table("energy_cards")
    op.drop_table("car_moves")
    op.drop_table("car_readings")
    op.drop_table("cars")
    op.drop_table("car_models")
    op.drop_table("bays")
    op.drop_table("lots")
