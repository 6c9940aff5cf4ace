"""Who pays for a trip is decided when it is booked."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0915"
down_revision = "20261122_0914"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("reservations") as table:
        table.add_column(sa.Column("payer_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_reservations_payer_id", "payers", ["payer_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("reservations") as table:
        table.drop_constraint("fk_reservations_payer_id", type_="foreignkey")
        table.drop_column("payer_id")
