"""A stamp that changes with every change of a tariff or a policy: who keeps the rules under it knows whether they still hold."""

from secrets import token_hex

import sqlalchemy as sa
from alembic import op

revision = "20261122_0949"
down_revision = "20261122_0948"
branch_labels = None
depends_on = None

CHANGES = [(table, change) for table in ("tariffs", "policies") for change in ("insert", "update", "delete")]


def upgrade() -> None:
    stamps = op.create_table("rules_stamp", sa.Column("id", sa.Integer(), nullable=False),
                             sa.Column("stamp", sa.String(), nullable=False), sa.PrimaryKeyConstraint("id", name="pk_rules_stamp"))
    op.bulk_insert(stamps, [{"id": 1, "stamp": token_hex(16)}])
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute("CREATE FUNCTION stamp_rules() RETURNS trigger LANGUAGE plpgsql AS "
                   "$$ BEGIN UPDATE rules_stamp SET stamp = gen_random_uuid()::text; RETURN NULL; END $$")
    for table, change in CHANGES:
        op.execute(f"CREATE TRIGGER {table}_stamp_{change} AFTER {change} ON {table} "  # noqa: S608 - names of ours
                   + ("FOR EACH STATEMENT EXECUTE FUNCTION stamp_rules()" if postgresql
                      else "BEGIN UPDATE rules_stamp SET stamp = hex(randomblob(16)); END"))


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table, change in CHANGES:
        op.execute(f"DROP TRIGGER {table}_stamp_{change}" + (f" ON {table}" if postgresql else ""))
    if postgresql:
        op.execute("DROP FUNCTION stamp_rules()")
    op.drop_table("rules_stamp")
