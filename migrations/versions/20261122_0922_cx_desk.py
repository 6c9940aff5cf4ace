"""Saved views of the desk, and who was looked up behind a random id."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0922"
down_revision = "20261122_0921"
branch_labels = None
depends_on = None

GUARDS = (("lookups", "UPDATE"), ("lookups", "DELETE"))


def upgrade() -> None:
    op.create_table(
        "lookups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=False),
        sa.Column("pid", sa.Uuid(), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("words_sealed", sa.String(), nullable=False),
        sa.CheckConstraint("reason IN ('answer', 'safety', 'money', 'mistake', 'asked')", name="lookup_reason_is_known"),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_lookups_by_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lookups"),
    )
    op.create_index("ix_lookups_at", "lookups", ["at"])
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 80", name="a_view_has_a_name"),
        sa.CheckConstraint("address LIKE '/experience/%'", name="a_view_is_a_page_of_the_desk"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_saved_views_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.UniqueConstraint("user_id", "name", name="one_view_of_a_name"),
    )
    op.create_table(
        "step_owners",
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_step_owners_user_id"),
        sa.PrimaryKeyConstraint("step", name="pk_step_owners"),
    )
    op.create_table(
        "scans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column("signals", sa.JSON(), nullable=False),
        sa.CheckConstraint("since < until", name="a_scan_looks_over_some_time"),
        sa.CheckConstraint("compared >= 0", name="comparisons_are_counted"),
        sa.PrimaryKeyConstraint("id", name="pk_scans"),
    )
    op.create_index("ix_scans_at", "scans", ["at"])
    for table, verb in GUARDS:
        name = f"{table}_append_only_{verb.lower()}"
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION append_only()")
        else:
            op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'append_only'); END")


def downgrade() -> None:
    for table, verb in reversed(GUARDS):
        on = f" ON {table}" if op.get_bind().dialect.name == "postgresql" else ""
        op.execute(f"DROP TRIGGER {table}_append_only_{verb.lower()}{on}")
    op.drop_table("scans")
    op.drop_table("step_owners")
    op.drop_table("saved_views")
    op.drop_table("lookups")
