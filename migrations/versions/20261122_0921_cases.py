"""Cases with an owner and a clock, and what is mended for everybody."""

revision = "20261122_0921"
down_revision = "20261122_0920"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
