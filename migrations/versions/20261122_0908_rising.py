"""Where a gauge began to rise, so that a battery that fills percent by percent is seen to be filled."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0908"
down_revision = "20261122_0907"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("car_readings") as table:
        table.add_column(sa.Column("rising_from", sa.Integer(), nullable=True))
        table.create_check_constraint("rising_from_is_a_percentage", "rising_from BETWEEN 0 AND 100")


def downgrade() -> None:
    with op.batch_alter_table("car_readings") as table:
        table.drop_constraint("rising_from_is_a_percentage", type_="check")
        table.drop_column("rising_from")
