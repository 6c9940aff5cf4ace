"""What browsers tell, what is put aside of it, and what is missing."""

revision = "20261122_0917"
down_revision = "20261122_0916"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
