"""News that the team sends to an audience: their words, each version once for a member; and counts from the index alone."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0929"
down_revision = "20261122_0928"
branch_labels = None
depends_on = None

NEWS = sa.text("subject LIKE 'version:%'")


def upgrade() -> None:
    op.create_table(
        "mailings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("solicitation", sa.String(), nullable=False),
        sa.Column("wording_version", sa.Integer(), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=False),
        sa.Column("wished", sa.Integer(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("once", sa.String(), nullable=False),
        sa.CheckConstraint("wording_version >= 1", name="mailings_words_have_a_version"),
        sa.CheckConstraint("wished >= 0", name="wished_is_counted"),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_mailings_by_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_mailings"),
        sa.UniqueConstraint("once", name="uq_mailings_once"),
    )
    op.create_index("ix_mailings_at", "mailings", ["at"])
    op.add_column("ask_wordings", sa.Column("body", sa.String(), nullable=True))
    op.create_index("news_of_a_version_come_once", "asks", ["member_id", "solicitation", "subject"], unique=True,
                    sqlite_where=NEWS, postgresql_where=NEWS)
    op.drop_index("ix_ask_log_at", "ask_log")
    op.create_index("ix_ask_log_at", "ask_log", ["at", "solicitation", "what", "why"])


def downgrade() -> None:
    op.drop_index("ix_ask_log_at", "ask_log")
    op.create_index("ix_ask_log_at", "ask_log", ["at"])
    op.drop_index("news_of_a_version_come_once", "asks")
    with op.batch_alter_table("ask_wordings") as table:
        table.drop_column("body")
    op.drop_table("mailings")
