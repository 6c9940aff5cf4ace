"""Cars and lots that members have starred."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0936"
down_revision = "20261122_0935"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for thing in ("car", "lot"):
        table = f"favourite_{thing}s"
        op.create_table(
            table,
            sa.Column("member_id", sa.Integer(), nullable=False),
            sa.Column(f"{thing}_id", sa.Integer(), nullable=False),
            sa.Column("since", UtcDateTime(), nullable=False),
            sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=f"fk_{table}_member_id"),
            sa.ForeignKeyConstraint([f"{thing}_id"], [f"{thing}s.id"], name=f"fk_{table}_{thing}_id"),
            sa.PrimaryKeyConstraint("member_id", f"{thing}_id", name=f"pk_{table}"),
        )


def downgrade() -> None:
    op.drop_table("favourite_lots")
    op.drop_table("favourite_cars")
