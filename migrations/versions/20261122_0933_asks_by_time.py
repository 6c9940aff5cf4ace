"""What became of the asks of some weeks is counted from an index alone."""

from alembic import op

revision = "20261122_0933"
down_revision = "20261122_0932"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_asks_offered", "asks", ["offered_at", "solicitation", "state"])


def downgrade() -> None:
    op.drop_index("ix_asks_offered", "asks")
