"""What a car had in it before it was last filled, so that a stop logged after pumping still tells."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0907"
down_revision = "20261122_0906"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("car_readings") as table:
        table.add_column(sa.Column("filled_from", sa.Integer(), nullable=True))
        table.add_column(sa.Column("filled_at", UtcDateTime(), nullable=True))
        table.create_check_constraint("filled_from_is_a_percentage", "filled_from BETWEEN 0 AND 100")


def downgrade() -> None:
    with op.batch_alter_table("car_readings") as table:
        table.drop_constraint("filled_from_is_a_percentage", type_="check")
        table.drop_column("filled_at")
        table.drop_column("filled_from")
