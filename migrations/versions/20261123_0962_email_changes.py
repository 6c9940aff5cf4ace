"""Changes of e-mail addresses, with the rules of putting one back and of tokens; a service that has these rules keeps its own."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0962"
down_revision = "20261123_0961"
branch_labels = None
depends_on = None

POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (("email_change_undo", 7, "days"), ("tokens_most", 10, "tokens"), ("token_ends", 365, "days"))


def upgrade() -> None:
    op.create_table(
        "email_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("new_email", sa.String(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("code_until", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("old_email", sa.String(), nullable=True),
        sa.Column("undo_until", UtcDateTime(), nullable=True),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("tries BETWEEN 0 AND 20", name="email_tries_are_counted"),
        sa.CheckConstraint("new_email = lower(new_email)", name="new_email_in_lower_case"),
        sa.CheckConstraint("(confirmed_at IS NULL) = (old_email IS NULL) AND (confirmed_at IS NULL) = (undo_until IS NULL)",
                           name="a_changed_address_may_be_put_back"),
        sa.CheckConstraint("undone_at IS NULL OR confirmed_at IS NOT NULL", name="what_is_put_back_was_changed"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_email_changes_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_email_changes"),
    )
    op.create_index("ix_email_changes_user_asked", "email_changes", ["user_id", "asked_at"])
    op.create_index("ix_email_changes_new_asked", "email_changes", ["new_email", "asked_at"])
    known = set(op.get_bind().execute(sa.select(POLICIES.c.key)).scalars())
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES if key not in known])


def downgrade() -> None:
    op.drop_table("email_changes")
    op.execute(POLICIES.delete().where(POLICIES.c.key.in_([key for key, _, _ in RULES])))
