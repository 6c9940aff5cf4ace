"""Reservations, trips and what belongs to them."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0903"
down_revision = "20261122_0902"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reservations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("waiver", sa.String(), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("quote", sa.JSON(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.Column("booked_at", UtcDateTime(), nullable=False),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.Column("at_risk_since", UtcDateTime(), nullable=True),
        sa.Column("occupancy_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "status IN ('booked', 'driving', 'returned', 'cancelled', 'no_show')", name="reservation_status_is_known"
        ),
        sa.CheckConstraint("waiver IN ('included', 'plus', 'premium')", name="waiver_is_known"),
        sa.CheckConstraint("price_cents >= 0", name="price_is_not_negative"),
        sa.CheckConstraint("starts_at < ends_at", name="reservation_ends_after_it_starts"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_reservations_car_id"),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_reservations_lot_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_reservations_member_id"),
        sa.ForeignKeyConstraint(
            ["occupancy_id"], ["occupancies.id"], name="fk_reservations_occupancy_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reservations"),
        sa.UniqueConstraint("member_id", "once", name="one_reservation_per_form"),
        sa.UniqueConstraint("occupancy_id", name="uq_reservations_occupancy_id"),
        sa.UniqueConstraint("reference", name="uq_reservations_reference"),
    )
    op.create_index("ix_reservations_car_start", "reservations", ["car_id", "starts_at"])
    op.create_index("ix_reservations_member_start", "reservations", ["member_id", "starts_at"])
    op.create_table(
        "trips",
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("start_odometer", sa.Double(), nullable=False),
        sa.Column("start_energy", sa.Integer(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("end_odometer", sa.Double(), nullable=True),
        sa.Column("end_energy", sa.Integer(), nullable=True),
        sa.Column("typed_odometer", sa.Integer(), nullable=True),
        sa.Column("typed_energy", sa.Integer(), nullable=True),
        sa.Column("total_cents", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.CheckConstraint("end_odometer IS NULL OR end_odometer >= start_odometer", name="odometer_never_falls"),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="trip_ends_after_it_starts"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_trips_car_id"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_trips_reservation_id"),
        sa.PrimaryKeyConstraint("reservation_id", name="pk_trips"),
    )
    op.create_index("ix_trips_car_out", "trips", ["car_id", "ended_at"])
    op.create_table(
        "condition_checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("cleanliness", sa.Integer(), nullable=True),
        sa.Column("nothing_new", sa.Boolean(), nullable=False),
        sa.Column("skipped", sa.Boolean(), nullable=False),
        sa.CheckConstraint("stage IN ('outside', 'inside', 'return')", name="stage_is_known"),
        sa.CheckConstraint("cleanliness IS NULL OR cleanliness BETWEEN 1 AND 5", name="cleanliness_is_one_to_five"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_condition_checks_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_condition_checks"),
        sa.UniqueConstraint("reservation_id", "stage", name="one_check_per_stage"),
    )
    op.create_table(
        "bill_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.CheckConstraint("origin IN ('quote', 'after')", name="origin_is_known"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_bill_lines_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bill_lines"),
        sa.UniqueConstraint("reservation_id", "position", name="one_line_per_position"),
    )
    op.create_table(
        "fuel_stops",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("paid_by", sa.String(), nullable=False),
        sa.Column("station", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("volume_thousandths", sa.Integer(), nullable=False),
        sa.Column("energy_before", sa.Integer(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.CheckConstraint("paid_by IN ('card', 'member')", name="paid_by_is_known"),
        sa.CheckConstraint("amount_cents > 0 AND volume_thousandths > 0", name="a_stop_has_amount_and_volume"),
        sa.CheckConstraint("energy_before BETWEEN 0 AND 100", name="energy_before_is_a_percentage"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_fuel_stops_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fuel_stops"),
        sa.UniqueConstraint("reservation_id", "once", name="one_stop_per_form"),
    )
    op.create_index("ix_fuel_stops_reservation", "fuel_stops", ["reservation_id", "at"])
    op.create_table(
        "car_commands",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("action IN ('flash', 'horn', 'unlock', 'lock')", name="action_is_known"),
        sa.CheckConstraint("state IN ('waiting', 'done', 'refused', 'silent')", name="command_state_is_known"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_car_commands_car_id"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_car_commands_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_car_commands"),
    )
    op.create_index("ix_car_commands_reservation", "car_commands", ["reservation_id", "asked_at"])
    op.create_table(
        "marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("view", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("found_by_reservation_id", sa.Integer(), nullable=True),
        sa.Column("repaired_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("view IN ('front', 'left', 'right', 'rear', 'interior', 'dashboard')", name="view_is_known"),
        sa.CheckConstraint("length(what) BETWEEN 3 AND 200", name="what_says_something"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_marks_car_id"),
        sa.ForeignKeyConstraint(
            ["found_by_reservation_id"], ["reservations.id"], name="fk_marks_found_by_reservation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_marks"),
    )
    op.create_index("ix_marks_car", "marks", ["car_id"])
    op.create_table(
        "place_answers",
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("text", name="pk_place_answers"),
    )


def downgrade() -> None:
    op.drop_table("place_answers")
    op.drop_table("marks")
    op.drop_table("car_commands")
    op.drop_table("fuel_stops")
    op.drop_table("bill_lines")
    op.drop_table("condition_checks")
    op.drop_table("trips")
    op.drop_table("reservations")
