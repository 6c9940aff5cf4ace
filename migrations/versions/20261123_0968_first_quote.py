"""Since when somebody may book and has not been shown a price yet."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0968"
down_revision = "20261123_0967"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("members", sa.Column("new_since", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("members", "new_since")
