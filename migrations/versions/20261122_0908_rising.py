"""Where a gauge began to rise, so that a battery that fills percent by percent is seen to be filled."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0908"
down_revision = "20261122_0907"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("car_readings", sa.Column("rising_from", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("car_readings", "rising_from")
