"""Each stored quote is of a member: those that are nobody's go, and are forgotten a day after their end anyway."""

import sqlalchemy as sa
from alembic import op

revision = "20261123_0956"
down_revision = "20261123_0955"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM quotes WHERE member_id IS NULL")
    _may_be_nobodys(False)


def downgrade() -> None:
    _may_be_nobodys(True)


def _may_be_nobodys(nullable: bool) -> None:
    with op.batch_alter_table("quotes") as table:
        table.alter_column("member_id", existing_type=sa.Integer(), nullable=nullable)
