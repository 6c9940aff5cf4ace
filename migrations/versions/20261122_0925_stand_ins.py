"""A booking may stand in for another one, whose car could not be had."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0925"
down_revision = "20261122_0924"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("reservations") as table:
        table.add_column(sa.Column("stands_in_for_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_reservations_stands_in_for_id", "reservations", ["stands_in_for_id"], ["id"])
    op.create_index("one_stand_in_for_a_booking", "reservations", ["stands_in_for_id"], unique=True)


def downgrade() -> None:
    op.drop_index("one_stand_in_for_a_booking", "reservations")
    with op.batch_alter_table("reservations") as table:
        table.drop_constraint("fk_reservations_stands_in_for_id", type_="foreignkey")
        table.drop_column("stands_in_for_id")
