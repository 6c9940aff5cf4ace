"""Changes of bookings: what was before and after, time that was given back late, and promises that a change replaces."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0941"
down_revision = "20261122_0940"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (("early_return_least", 30, "minutes"), ("early_return_share", 50, "percent"))

KNOWN = ("other_member", "out_of_service", "elsewhere", "our_work", "blocked", "car", "mail", "staff", "processor", "billing",
         "member", "cancelled", "no_show", "not_needed", "no_evidence")
A_TRIPS = "subject IS NULL AND reservation_id IS NOT NULL"
NOT_REPLACED = f"{A_TRIPS} AND (cause IS NULL OR cause <> 'changed')"
STAYS = ("kind", "step", "member_id", "reservation_id", "subject", "minted_at", "due_at", "expected", "unit", "settled_at",
         "actual", "cause_reservation_id", "evidence")
IS_CORRECTED = ("OLD.state = 'kept' AND NEW.state = 'broken' AND EXISTS "  # noqa: S608 - names of ours
                "(SELECT 1 FROM promise_corrections WHERE promise_id = OLD.id) AND "
                + " AND ".join(f"NEW.{column} IS OLD.{column}" for column in STAYS))


def upgrade() -> None:
    op.create_table(
        "reservation_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        *_side("before"), *_side("after"),
        sa.Column("difference_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.CheckConstraint("difference_cents = after_price_cents - before_price_cents", name="a_change_adds_up"),
        sa.CheckConstraint("before_car_id <> after_car_id OR before_starts_at <> after_starts_at "
                           "OR before_ends_at <> after_ends_at", name="a_change_changes_something"),
        sa.CheckConstraint("after_starts_at < after_ends_at", name="a_change_ends_after_it_starts"),
        sa.CheckConstraint("why IN ('wish', 'moved_by_us', 'waitlist')", name="change_reason_is_known"),
        sa.CheckConstraint("actor IN ('member', 'staff', 'system')", name="change_actor_is_known"),
        sa.CheckConstraint("(actor = 'staff') = (actor_id IS NOT NULL)", name="who_of_us_changed_it_is_named"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_reservation_changes_reservation_id"),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_reservation_changes_actor_id"),
        sa.ForeignKeyConstraint(["before_car_id"], ["cars.id"], name="fk_reservation_changes_before_car_id"),
        sa.ForeignKeyConstraint(["after_car_id"], ["cars.id"], name="fk_reservation_changes_after_car_id"),
        sa.ForeignKeyConstraint(["before_lot_id"], ["lots.id"], name="fk_reservation_changes_before_lot_id"),
        sa.ForeignKeyConstraint(["after_lot_id"], ["lots.id"], name="fk_reservation_changes_after_lot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reservation_changes"),
        sa.UniqueConstraint("reservation_id", "once", name="one_change_per_form"),
    )
    op.create_index("ix_reservation_changes_at", "reservation_changes", ["reservation_id", "at"])
    op.create_table(
        "given_back_quarters",
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.Column("rebooked_by_id", sa.Integer(), nullable=True),
        sa.Column("refunded_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("amount_cents >= 0", name="a_quarter_costs_nothing_or_more"),
        sa.CheckConstraint("(rebooked_by_id IS NULL) = (refunded_at IS NULL)", name="a_quarter_is_refunded_for_a_booking"),
        sa.CheckConstraint("rebooked_by_id <> reservation_id", name="somebody_else_rebooks"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_given_back_quarters_reservation_id"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_given_back_quarters_car_id"),
        sa.ForeignKeyConstraint(["rebooked_by_id"], ["reservations.id"], name="fk_given_back_quarters_rebooked_by_id"),
        sa.PrimaryKeyConstraint("reservation_id", "car_id", "starts_at", name="pk_given_back_quarters"),
    )
    _promises((*KNOWN, "changed"), NOT_REPLACED)
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES])


def _side(side: str) -> list[sa.Column]:
    return [sa.Column(f"{side}_car_id", sa.Integer(), nullable=False), sa.Column(f"{side}_lot_id", sa.Integer(), nullable=False),
            sa.Column(f"{side}_starts_at", UtcDateTime(), nullable=False),
            sa.Column(f"{side}_ends_at", UtcDateTime(), nullable=False),
            sa.Column(f"{side}_price_cents", sa.Integer(), nullable=False), sa.Column(f"{side}_quote", sa.JSON(), nullable=False)]


def downgrade() -> None:
    """Promises that a change replaced go with what replaced them: there is no room for two of a kind below."""
    op.execute("DELETE FROM promises WHERE cause = 'changed'")
    _promises(KNOWN, A_TRIPS)
    op.drop_table("given_back_quarters")
    op.drop_table("reservation_changes")
    op.execute(POLICIES.delete().where(POLICIES.c.key.in_([key for key, _value, _unit in RULES])))


def _promises(causes: tuple[str, ...], one_of_a_kind: str) -> None:
    """Rebuild the table with these causes and this index. SQLite loses the trigger on it without a word."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.drop_index("one_promise_of_a_kind_a_trip", "promises")
    if sqlite:
        op.execute("DROP TRIGGER settled_for_good")
    with op.batch_alter_table("promises") as table:
        table.drop_constraint("cause_is_known", type_="check")
        table.create_check_constraint("cause_is_known",
                                      f"cause IS NULL OR cause IN ({', '.join(repr(cause) for cause in causes)})")
    if sqlite:
        op.execute(f"CREATE TRIGGER settled_for_good BEFORE UPDATE OF {', '.join((*STAYS, 'state', 'cause'))} ON promises "
                   f"FOR EACH ROW WHEN OLD.state <> 'open' AND NOT ({IS_CORRECTED}) "
                   "BEGIN SELECT RAISE(ABORT, 'settled_for_good'); END")
    op.create_index("one_promise_of_a_kind_a_trip", "promises", ["reservation_id", "kind"], unique=True,
                    sqlite_where=sa.text(one_of_a_kind), postgresql_where=sa.text(one_of_a_kind))
