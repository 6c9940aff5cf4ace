"""Tokens of machines that act for members, and the answers kept for requests that act once."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0938"
down_revision = "20261122_0937"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("begins", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("length(token_hash) = 64", name="token_hash_is_sha256"),
        sa.CheckConstraint("scopes <> ''", name="a_token_may_do_something"),
        sa.CheckConstraint("ends_at IS NULL OR ends_at > created_at", name="a_token_ends_after_it_is_made"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_api_tokens_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
    )
    op.create_index("ix_api_tokens_member", "api_tokens", ["member_id"])
    op.create_table(
        "api_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.CheckConstraint("length(fingerprint) = 64", name="fingerprint_is_sha256"),
        sa.CheckConstraint("status BETWEEN 200 AND 499", name="a_failure_is_no_answer"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_api_answers_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_answers"),
        sa.UniqueConstraint("member_id", "key", name="one_answer_for_a_key"),
    )
    op.create_index("ix_api_answers_at", "api_answers", ["at"])


def downgrade() -> None:
    op.drop_table("api_answers")
    op.drop_table("api_tokens")
