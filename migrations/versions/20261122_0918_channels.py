"""Each message's way to its member, and how members want to be written to."""

revision = "20261122_0918"
down_revision = "20261122_0917"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
