"""Downloads of everything about a member, erasures, their rules, and what erasing needs to find and may empty."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0963"
down_revision = "20261123_0962"
branch_labels = None
depends_on = None

BUILDING, OPEN = sa.text("state = 'building'"), sa.text("state IN ('asked', 'running')")
POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (("export_kept", 7, "days"), ("export_again", 24, "hours"), ("erase_grace", 7, "days"), ("books_kept", 7, "years"))
LOOKED = "id, at, by_user_id, pid, found, reason"  # of a look; its words alone may be taken away, when who was looked up is erased


def _one(name: str, table: str, where: "sa.TextClause") -> None:
    op.create_index(name, table, ["member_id"], unique=True, postgresql_where=where, sqlite_where=where)


def _guard_lookups(columns: str) -> None:
    """Have the database refuse to change these columns."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER lookups_append_only_update ON lookups")
        op.execute(f"CREATE TRIGGER lookups_append_only_update BEFORE UPDATE{columns} ON lookups FOR EACH ROW "
                   "EXECUTE FUNCTION append_only()")
    else:
        op.execute("DROP TRIGGER lookups_append_only_update")
        op.execute(f"CREATE TRIGGER lookups_append_only_update BEFORE UPDATE{columns} ON lookups "
                   "BEGIN SELECT RAISE(ABORT, 'append_only'); END")


def _exports() -> None:
    op.create_table(
        "data_exports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("file_key", sa.String(), nullable=True),
        sa.Column("stored_bytes", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('building', 'ready', 'gone')", name="export_state_is_known"),
        sa.CheckConstraint("done BETWEEN 0 AND parts", name="no_more_is_packed_than_there_is"),
        sa.CheckConstraint("(state = 'building') = (ready_at IS NULL) AND (ready_at IS NULL) = (ends_at IS NULL)",
                           name="a_ready_export_says_until_when"),
        sa.CheckConstraint("(state = 'ready') = (file_key IS NOT NULL)", name="a_ready_export_has_its_file"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_data_exports_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_data_exports"),
        sa.UniqueConstraint("file_key", name="uq_data_exports_file_key"),
    )
    _one("one_export_at_a_time", "data_exports", BUILDING)
    op.create_index("ix_data_exports_member", "data_exports", ["member_id", "asked_at"])
    op.create_table(
        "export_downloads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["export_id"], ["data_exports.id"], name="fk_export_downloads_export_id"),
        sa.PrimaryKeyConstraint("id", name="pk_export_downloads"),
    )
    op.create_index("ix_export_downloads_export", "export_downloads", ["export_id", "at"])


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.Column("erased", sa.JSON(), nullable=False),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.CheckConstraint("state IN ('asked', 'running', 'done', 'cancelled')", name="erasure_state_is_known"),
        sa.CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="a_done_erasure_says_when"),
        sa.CheckConstraint("state <> 'done' OR member_id IS NULL", name="a_done_erasure_is_nobodys"),
        sa.CheckConstraint("state NOT IN ('asked', 'running') OR member_id IS NOT NULL", name="an_open_erasure_is_somebodys"),
        sa.CheckConstraint("asked_at <= due_at", name="an_erasure_is_due_after_it_is_asked"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_erasures_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
        sa.UniqueConstraint("number", name="uq_erasures_number"),
    )
    _one("one_erasure_at_a_time", "erasures", OPEN)


def upgrade() -> None:
    _exports()
    _erasures()
    _guard_lookups(f" OF {LOOKED}")
    op.create_index("ix_browser_events_member", "browser_events", ["member_pid"])
    op.create_index("ix_audit_object", "audit", ["object"])
    known = set(op.get_bind().execute(sa.select(POLICIES.c.key)).scalars())
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES if key not in known])


def downgrade() -> None:
    """The rules stay, and what is below does not mind them; so do packed files, which lie sealed until somebody deletes them."""
    op.drop_index("ix_audit_object", "audit")
    op.drop_index("ix_browser_events_member", "browser_events")
    _guard_lookups("")
    op.drop_table("erasures")
    op.drop_table("export_downloads")
    op.drop_table("data_exports")
