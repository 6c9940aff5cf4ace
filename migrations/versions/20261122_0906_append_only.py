"""Append-only: audit rows are never changed or deleted, events are never changed."""

from alembic import op

revision = "20261122_0906"
down_revision = "20261122_0905"
branch_labels = None
depends_on = None

GUARDS = (("audit", "UPDATE"), ("audit", "DELETE"), ("events", "UPDATE"))


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'append_only' USING ERRCODE = '23514'; END $$"
        )
    for table, verb in GUARDS:
        name = f"{table}_append_only_{verb.lower()}"
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION append_only()")
        else:
            op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'append_only'); END")


def downgrade() -> None:
    for table, verb in reversed(GUARDS):
        name = f"{table}_append_only_{verb.lower()}"
        on = f" ON {table}" if op.get_bind().dialect.name == "postgresql" else ""
        op.execute(f"DROP TRIGGER {name}{on}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION append_only")
