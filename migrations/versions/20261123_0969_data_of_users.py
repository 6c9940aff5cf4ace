"""Downloads and erasures are a user's, who need not be a member."""

import sqlalchemy as sa
from alembic import op

revision = "20261123_0969"
down_revision = "20261123_0968"
branch_labels = None
depends_on = None

BUILDING, OPEN = sa.text("state = 'building'"), sa.text("state IN ('asked', 'running')")
CHECKS = {"a_done_erasure_is_nobodys": "state <> 'done' OR {} IS NULL",
          "an_open_erasure_is_somebodys": "state NOT IN ('asked', 'running') OR {} IS NOT NULL"}


def _whose(table: str, was: str, becomes: str, of: str, *, every: bool) -> None:
    """Have the column `becomes` in the place of `was`; both are keys of people, of members or of users."""
    op.add_column(table, sa.Column(becomes, sa.Integer(), nullable=True))
    wanted, known = ("user_id", "id") if becomes == "user_id" else ("id", "user_id")
    op.execute(f"UPDATE {table} SET {becomes} = (SELECT members.{wanted} FROM members WHERE members.{known} = {table}.{was})")  # noqa: S608 - names of ours
    with op.batch_alter_table(table) as rebuilt:
        if table == "erasures":
            for name in CHECKS:
                rebuilt.drop_constraint(name, type_="check")
        rebuilt.drop_constraint(f"fk_{table}_{was}", type_="foreignkey")
        rebuilt.drop_column(was)
        if every:
            rebuilt.alter_column(becomes, existing_type=sa.Integer(), nullable=False)
        rebuilt.create_foreign_key(f"fk_{table}_{becomes}", of, [becomes], ["id"])
        if table == "erasures":
            for name, holds in CHECKS.items():
                rebuilt.create_check_constraint(name, holds.format(becomes))


def _one(name: str, table: str, column: str, where: "sa.TextClause") -> None:
    op.create_index(name, table, [column], unique=True, postgresql_where=where, sqlite_where=where)


def _let_go() -> None:
    op.drop_index("one_export_at_a_time", "data_exports")
    op.drop_index("one_erasure_at_a_time", "erasures")


def upgrade() -> None:
    _let_go()
    op.drop_index("ix_data_exports_member", "data_exports")
    _whose("data_exports", "member_id", "user_id", "users", every=True)
    _whose("erasures", "member_id", "user_id", "users", every=False)
    _one("one_export_at_a_time", "data_exports", "user_id", BUILDING)
    op.create_index("ix_data_exports_user", "data_exports", ["user_id", "asked_at"])
    _one("one_erasure_at_a_time", "erasures", "user_id", OPEN)


def downgrade() -> None:
    """What is of somebody without a membership goes: below there is no place for it."""
    nobodys = "user_id NOT IN (SELECT user_id FROM members)"
    op.execute(f"DELETE FROM export_downloads WHERE export_id IN (SELECT id FROM data_exports WHERE {nobodys})")  # noqa: S608 - names of ours
    op.execute(f"DELETE FROM data_exports WHERE {nobodys}")  # noqa: S608 - names of ours
    op.execute(f"DELETE FROM erasures WHERE {nobodys} AND state IN ('asked', 'running')")  # noqa: S608 - names of ours
    _let_go()
    op.drop_index("ix_data_exports_user", "data_exports")
    _whose("data_exports", "user_id", "member_id", "members", every=True)
    _whose("erasures", "user_id", "member_id", "members", every=False)
    _one("one_export_at_a_time", "data_exports", "member_id", BUILDING)
    op.create_index("ix_data_exports_member", "data_exports", ["member_id", "asked_at"])
    _one("one_erasure_at_a_time", "erasures", "member_id", OPEN)
