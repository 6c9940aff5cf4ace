"""Licences, the pictures that were shown of them, and who looked; until when a member's counts; and their rules."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261123_0951"
down_revision = "20261122_0950"
branch_labels = None
depends_on = None

OPEN, VERIFIED, KEPT = (sa.text(where) for where in (
    "status IN ('draft', 'pending')", "status = 'verified'", "gone_at IS NULL"))
POLICIES = sa.table("policies", sa.column("key", sa.String()), sa.column("value", sa.Integer()), sa.column("unit", sa.String()),
                    sa.column("version", sa.Integer()), sa.column("effective_from", UtcDateTime()))
RULES = (
    ("licence_recheck", 182, "days"), ("licence_warn", 35, "days"), ("licence_draft", 30, "days"),
    ("licence_pictures", 30, "days"), ("picture_most", 12, "megabytes"), ("picture_pixels", 25, "megapixels"),
    ("picture_least", 600, "pixels"), ("picture_size", 2000, "pixels"), ("pictures_a_day", 30, "pictures_per_day"),
    ("pictures_kept", 20, "megabytes"))


def _one(name: str, table: str, columns: list[str], where: "sa.TextClause") -> None:
    op.create_index(name, table, columns, unique=True, postgresql_where=where, sqlite_where=where)


def _licences() -> None:
    op.create_table(
        "licences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("number_sealed", sa.String(), nullable=True),
        sa.Column("number_digest", sa.String(), nullable=True),
        sa.Column("name_sealed", sa.String(), nullable=True),
        sa.Column("held_since", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("recheck_on", sa.Date(), nullable=True),
        sa.CheckConstraint("status IN ('draft', 'pending', 'verified', 'refused', 'superseded', 'expired')",
                           name="licence_status_is_known"),
        sa.CheckConstraint("status = 'draft' OR (submitted_at IS NOT NULL AND number_sealed IS NOT NULL AND number_digest "
                           "IS NOT NULL AND name_sealed IS NOT NULL AND held_since IS NOT NULL AND expires_on IS NOT NULL)",
                           name="a_licence_is_whole_when_it_is_sent"),
        sa.CheckConstraint("(status IN ('draft', 'pending')) = (decided_at IS NULL)", name="a_decided_licence_says_when"),
        sa.CheckConstraint("held_since < expires_on", name="a_licence_expires_after_it_is_held"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_licences_member_id"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name="fk_licences_decided_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_licences"),
    )
    _one("one_open_licence_of_a_member", "licences", ["member_id"], OPEN)
    _one("one_verified_licence_of_a_member", "licences", ["member_id"], VERIFIED)
    _one("one_member_of_a_licence", "licences", ["number_digest"], VERIFIED)
    op.create_index("ix_licences_member", "licences", ["member_id"])
    op.create_index("ix_licences_digest", "licences", ["number_digest"])


def _pictures() -> None:
    op.create_table(
        "licence_pictures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("licence_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("file_key", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("stored_bytes", sa.Integer(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("gone_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("side IN ('front', 'back', 'selfie')", name="picture_side_is_known"),
        sa.CheckConstraint("width > 0 AND height > 0 AND stored_bytes > 0", name="a_picture_has_a_size"),
        sa.ForeignKeyConstraint(["licence_id"], ["licences.id"], name="fk_licence_pictures_licence_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_licence_pictures_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_licence_pictures"),
        sa.UniqueConstraint("file_key", name="uq_licence_pictures_file_key"),
    )
    _one("one_picture_of_a_side", "licence_pictures", ["licence_id", "side"], KEPT)
    op.create_index("ix_licence_pictures_member_at", "licence_pictures", ["member_id", "taken_at"])
    op.create_table(
        "picture_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("picture_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("looked_for", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("looked_for IN ('own', 'review', 'check', 'export')", name="a_look_has_a_known_reason"),
        sa.ForeignKeyConstraint(["picture_id"], ["licence_pictures.id"], name="fk_picture_views_picture_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_picture_views_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_picture_views"),
    )
    op.create_index("ix_picture_views_picture", "picture_views", ["picture_id", "at"])


def upgrade() -> None:
    op.add_column("members", sa.Column("licence_until", sa.Date(), nullable=True))
    _licences()
    _pictures()
    known = set(op.get_bind().execute(sa.select(POLICIES.c.key)).scalars())
    first = op.get_bind().execute(sa.select(POLICIES.c.effective_from).where(POLICIES.c.key == "no_show").order_by(
        POLICIES.c.effective_from)).scalar()
    if first is not None:  # else there are no rules yet: they come with the city
        op.bulk_insert(POLICIES, [{"key": key, "value": value, "unit": unit, "version": 1, "effective_from": first}
                                  for key, value, unit in RULES if key not in known])


def downgrade() -> None:
    """The rules stay, as do the sealed files: nothing points at them any more, so the daily sweep deletes them."""
    op.drop_table("picture_views")
    op.drop_table("licence_pictures")
    op.drop_table("licences")
    op.drop_column("members", "licence_until")
