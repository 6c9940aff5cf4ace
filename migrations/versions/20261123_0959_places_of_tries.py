"""From where a password was tried and a code was asked for, as hashes: what strangers do is counted against strangers."""

import sqlalchemy as sa
from alembic import op

revision = "20261123_0959"
down_revision = "20261123_0958"
branch_labels = None
depends_on = None

COLUMNS = (("sign_in_failures", "place_hash"), ("sign_ups", "place_hash"))


def upgrade() -> None:
    for table, column in COLUMNS:
        op.add_column(table, sa.Column(column, sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    for table, column in COLUMNS:
        op.drop_column(table, column)
