"""Who is asked what, who is not and why, and the answers."""

revision = "20261122_0919"
down_revision = "20261122_0918"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
