"""Rules that are emptied all at once are stamped too: PostgreSQL's TRUNCATE fires none of the other triggers."""

from alembic import op

revision = "20261123_0957"
down_revision = "20261123_0956"
branch_labels = None
depends_on = None

TABLES = ("tariffs", "policies")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite has no TRUNCATE
        for table in TABLES:
            op.execute(f"CREATE TRIGGER {table}_stamp_truncate AFTER TRUNCATE ON {table} "
                       "FOR EACH STATEMENT EXECUTE FUNCTION stamp_rules()")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"DROP TRIGGER {table}_stamp_truncate ON {table}")
