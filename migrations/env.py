"""How migrations reach the database: through the app's engine, one writer at a time."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection, event, text

from core.database import db
from core.lock_file import lock_file, locked

target = db.metadata


def ours(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    """Leave out what models do not declare: the monthly partitions of the event log and their indexes."""
    return not (kind in ("table", "index") and (name or "").startswith("events_"))


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=target, render_as_batch=True, compare_type=True,
                      transaction_per_migration=True, include_object=ours)
    with context.begin_transaction():
        context.run_migrations()


def _online() -> None:
    engine = current_app.extensions["migrate"].db.engine
    if engine.dialect.name != "sqlite":
        with engine.connect() as connection:
            connection.execute(text("SET lock_timeout = '5s'"))
            connection.execute(text("SET statement_timeout = '30min'"))  # an EXCLUDE index over millions takes minutes
            connection.commit()
            _run(connection)
            connection.commit()
        return
    path = lock_file(engine.url.render_as_string(hide_password=False))
    assert path is not None, "migrations need a database file"
    with locked(path), engine.connect() as connection:
        # Batch rebuilds drop the old table; with foreign keys on, that would cascade into its children.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
        # The app's connections commit each statement; a migration is kept whole or not at all.
        connection.execution_options(isolation_level="SERIALIZABLE")
        event.listen(connection, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
        try:
            _run(connection)
            wrong = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            connection.commit()
        finally:
            connection.rollback()
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        if wrong:
            raise RuntimeError(f"a migration left rows without their parent: {wrong[:3]}")


if context.is_offline_mode():
    raise SystemExit("migrations run against a database: set DATABASE_URL and leave out --sql")
_online()
