"""The band of latitude of each car, and the index that every search around a point reads.

PostgreSQL writes each car's row anew for it: some seconds for a million cars.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0945"
down_revision = "20261122_0944"
branch_labels = None
depends_on = None

COUNTED = "CAST(lat * 50 + 4500 AS INTEGER)"


def upgrade() -> None:
    # SQLite adds no stored column to a table that is there: its index keeps the values instead.
    stored = op.get_bind().dialect.name == "postgresql"
    op.drop_index("ix_cars_class_place", "cars")
    op.add_column("cars", sa.Column("lat_band", sa.Integer(), sa.Computed(COUNTED, persisted=stored), nullable=False))
    op.create_index("ix_cars_class_band", "cars", ["car_class", "lat_band", "lng", "lat", "state"])


def downgrade() -> None:
    op.drop_index("ix_cars_class_band", "cars")
    op.drop_column("cars", "lat_band")
    op.create_index("ix_cars_class_place", "cars", ["car_class", "lat", "lng"])
