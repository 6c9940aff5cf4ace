"""What a reviewer says to whom they decide about, which picture they ask for anew, and who has a renewal on their desk until when."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0953"
down_revision = "20261123_0952"
branch_labels = None
depends_on = None

SIDE = "retake IS NULL OR retake IN ('front', 'back', 'selfie')"


def upgrade() -> None:
    with op.batch_alter_table("applications") as table:
        table.add_column(sa.Column("answer_sealed", sa.String(), nullable=True))
        table.add_column(sa.Column("retake", sa.String(), nullable=True))
        table.create_check_constraint("application_retake_is_a_side", SIDE)
    with op.batch_alter_table("licences") as table:
        table.add_column(sa.Column("due_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("taken_by_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("answer_sealed", sa.String(), nullable=True))
        table.add_column(sa.Column("retake", sa.String(), nullable=True))
        table.create_foreign_key("fk_licences_taken_by_id", "users", ["taken_by_id"], ["id"])
        table.create_check_constraint("licence_retake_is_a_side", SIDE)


def downgrade() -> None:
    with op.batch_alter_table("licences") as table:
        table.drop_constraint("licence_retake_is_a_side", type_="check")
        table.drop_constraint("fk_licences_taken_by_id", type_="foreignkey")
        for column in ("retake", "answer_sealed", "taken_by_id", "due_at"):
            table.drop_column(column)
    with op.batch_alter_table("applications") as table:
        table.drop_constraint("application_retake_is_a_side", type_="check")
        table.drop_column("retake")
        table.drop_column("answer_sealed")
