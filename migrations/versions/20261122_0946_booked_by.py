"""Somebody may book for another driver on the account: the booking says who drives, and who booked."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0946"
down_revision = "20261122_0945"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("reservations") as table:
        table.add_column(sa.Column("booked_by_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_reservations_booked_by_id", "members", ["booked_by_id"], ["id"])
        table.create_check_constraint("somebody_else_booked_it", "booked_by_id <> member_id")
    op.create_index("ix_reservations_booked_by", "reservations", ["booked_by_id", "starts_at"])


def downgrade() -> None:
    op.drop_index("ix_reservations_booked_by", "reservations")
    with op.batch_alter_table("reservations") as table:
        table.drop_constraint("somebody_else_booked_it", type_="check")
        table.drop_constraint("fk_reservations_booked_by_id", type_="foreignkey")
        table.drop_column("booked_by_id")
