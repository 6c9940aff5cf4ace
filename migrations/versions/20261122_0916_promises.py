"""What was promised to members, and what became of it."""

revision = "20261122_0916"
down_revision = "20261122_0915"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
