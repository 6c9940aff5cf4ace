"""Saved views of the desk, and who was looked up behind a random id."""

revision = "20261122_0922"
down_revision = "20261122_0921"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
