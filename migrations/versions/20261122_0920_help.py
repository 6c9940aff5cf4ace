"""Conversations with the people who help, and remarks on cars and lots."""

revision = "20261122_0920"
down_revision = "20261122_0919"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
