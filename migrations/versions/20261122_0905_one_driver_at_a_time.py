"""One driver at a time: the database refuses two occupancies of one car that overlap.

On PostgreSQL with millions of rows the index takes minutes and about 100 bytes a row of disk.
"""

from alembic import op

from fleet.calendar.hold import SQLITE_TRIGGERS

revision = "20261122_0905"
down_revision = "20261122_0904"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        op.execute(
            "ALTER TABLE occupancies ADD CONSTRAINT one_driver_at_a_time "
            "EXCLUDE USING gist (car_id WITH =, tstzrange(starts_at, ends_at) WITH &&)"
        )
        op.execute(
            "CREATE FUNCTION spans_never_move() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'spans_never_move' USING ERRCODE = '23514'; END $$"
        )
        op.execute(
            "CREATE TRIGGER spans_never_move BEFORE UPDATE OF car_id, starts_at, ends_at ON occupancies "
            "FOR EACH ROW EXECUTE FUNCTION spans_never_move()"
        )
        return
    for create in SQLITE_TRIGGERS.values():
        op.execute(create)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE occupancies DROP CONSTRAINT one_driver_at_a_time")
        op.execute("DROP TRIGGER spans_never_move ON occupancies")
        op.execute("DROP FUNCTION spans_never_move")
        return
    for name in SQLITE_TRIGGERS:
        op.execute(f"DROP TRIGGER {name}")
