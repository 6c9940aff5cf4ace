"""Another car is offered for a booking whose own may not be ready, and held until its member has answered."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0947"
down_revision = "20261122_0946"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    op.create_table(
        "moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("car_id", sa.Integer(), nullable=False),
        sa.Column("occupancy_id", sa.Integer(), nullable=True),
        sa.Column("by_user_id", sa.Integer(), nullable=True),
        sa.Column("offered_at", UtcDateTime(), nullable=False),
        sa.Column("lapses_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("change_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'agreed', 'declined', 'lapsed', 'withdrawn')", name="move_state_is_known"),
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="an_answered_move_says_when"),
        sa.CheckConstraint("(state = 'agreed') = (change_id IS NOT NULL)", name="an_agreed_move_names_its_change"),
        sa.CheckConstraint("offered_at < lapses_at", name="a_move_lapses_after_it_is_offered"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_moves_reservation_id"),
        sa.ForeignKeyConstraint(["car_id"], ["cars.id"], name="fk_moves_car_id"),
        sa.ForeignKeyConstraint(["occupancy_id"], ["occupancies.id"], name="fk_moves_occupancy_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_moves_by_user_id"),
        sa.ForeignKeyConstraint(["change_id"], ["reservation_changes.id"], name="fk_moves_change_id"),
        sa.PrimaryKeyConstraint("id", name="pk_moves"),
        sa.UniqueConstraint("occupancy_id", name="uq_moves_occupancy_id"),
    )
    op.create_index("ix_moves_reservation", "moves", ["reservation_id"])
    op.create_index("one_open_move_for_a_booking", "moves", ["reservation_id"], unique=True,
                    postgresql_where=OPEN, sqlite_where=OPEN)


def downgrade() -> None:
    """What only an offered move held is let go."""
    op.execute("DELETE FROM occupancies WHERE kind = 'offer' AND id IN (SELECT occupancy_id FROM moves WHERE state = 'open')")
    op.drop_table("moves")
