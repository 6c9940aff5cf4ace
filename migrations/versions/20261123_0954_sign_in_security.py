"""Second factors, passkeys, resets and known devices; and on each session when it was last proved, and whether by two factors."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0954"
down_revision = "20261123_0953"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("proved_at", UtcDateTime(), nullable=True))
    op.execute("UPDATE sessions SET proved_at = created_at")
    with op.batch_alter_table("sessions") as table:
        table.alter_column("proved_at", existing_type=UtcDateTime(), nullable=False)
        table.add_column(sa.Column("two_factors", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    _table("authenticators", sa.Column("secret_sealed", sa.String(), nullable=False),
           sa.Column("last_step", sa.Integer(), nullable=False), sa.Column("added_at", UtcDateTime(), nullable=False),
           key="user_id")
    _table("recovery_codes", _number(), sa.Column("code_hash", sa.String(), nullable=False),
           sa.Column("made_at", UtcDateTime(), nullable=False), sa.Column("used_at", UtcDateTime(), nullable=True))
    op.create_index("ix_recovery_codes_user", "recovery_codes", ["user_id"])
    _table("passkeys", sa.Column("id", sa.Uuid(), nullable=False), sa.Column("credential", sa.String(), nullable=False),
           sa.Column("public_key", sa.String(), nullable=False), sa.Column("handle", sa.String(), nullable=False),
           sa.Column("sign_count", sa.Integer(), nullable=False), sa.Column("name", sa.String(), nullable=False),
           sa.Column("added_at", UtcDateTime(), nullable=False), sa.Column("used_at", UtcDateTime(), nullable=True),
           sa.CheckConstraint("sign_count >= 0", name="passkey_uses_are_counted"), unique="credential")
    op.create_index("ix_passkeys_user", "passkeys", ["user_id"])
    _table("passkey_challenges", sa.Column("challenge", sa.String(), nullable=False),
           sa.Column("purpose", sa.String(), nullable=False), sa.Column("handle", sa.String(), nullable=True),
           sa.Column("ends_at", UtcDateTime(), nullable=False),
           sa.CheckConstraint("purpose IN ('register', 'sign_in', 'again')", name="challenge_purpose_is_known"),
           key="challenge", user=False)
    _table("half_sign_ins", _number(), sa.Column("token_hash", sa.String(), nullable=False),
           sa.Column("remembered", sa.Boolean(), nullable=False), sa.Column("device", sa.String(), nullable=False),
           sa.Column("ends_at", UtcDateTime(), nullable=False), unique="token_hash")
    _table("password_resets", sa.Column("id", sa.Uuid(), nullable=False), sa.Column("account_hash", sa.String(), nullable=False),
           sa.Column("email_sealed", sa.String(), nullable=True), sa.Column("why", sa.String(), nullable=False),
           sa.Column("token_hash", sa.String(), nullable=True), sa.Column("asked_at", UtcDateTime(), nullable=False),
           sa.Column("ends_at", UtcDateTime(), nullable=False), sa.Column("used_at", UtcDateTime(), nullable=True),
           sa.CheckConstraint("why IN ('forgot', 'invited')", name="why_reset_is_known"), user=False, unique="token_hash")
    op.create_index("ix_password_resets_account_asked", "password_resets", ["account_hash", "asked_at"])
    _table("known_devices", _number(), sa.Column("device_hash", sa.String(), nullable=False),
           sa.Column("since", UtcDateTime(), nullable=False),
           sa.UniqueConstraint("user_id", "device_hash", name="one_row_per_known_device"))


def _number() -> "sa.Column[int]":
    return sa.Column("id", sa.Integer(), nullable=False)


def _table(name: str, *parts: sa.schema.SchemaItem, key: str = "id", user: bool = True, unique: str = "") -> None:
    """A table of one user's; `user=False`: the user may be unknown."""
    more = [sa.UniqueConstraint(unique, name=f"uq_{name}_{unique}")] if unique else []
    op.create_table(
        name, sa.Column("user_id", sa.Integer(), nullable=not user), *parts, *more,
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{name}_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(key, name=f"pk_{name}"))


def downgrade() -> None:
    for name in ("known_devices", "password_resets", "half_sign_ins", "passkey_challenges", "passkeys", "recovery_codes",
                 "authenticators"):
        op.drop_table(name)
    with op.batch_alter_table("sessions") as table:
        table.drop_column("two_factors")
        table.drop_column("proved_at")
