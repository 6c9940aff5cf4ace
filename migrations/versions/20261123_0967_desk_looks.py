"""Who of our staff opened which page about a member."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0967"
down_revision = "20261123_0966"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_looks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("opened", sa.String(), nullable=False),
        sa.CheckConstraint("opened IN ('conversation', 'bill', 'application')", name="opened_page_is_known"),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_desk_looks_by_user_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_desk_looks_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_looks"),
    )
    op.create_index("ix_desk_looks_member", "desk_looks", ["member_id", "at"])


def downgrade() -> None:
    op.drop_table("desk_looks")
