"""Notices, disputes, adjustments and invoices."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0913"
down_revision = "20261122_0912"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("fee_cents", sa.Integer(), nullable=False),
        sa.Column("fee_version", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("answer_until", UtcDateTime(), nullable=False),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("contested_at", UtcDateTime(), nullable=True),
        sa.Column("words_sealed", sa.String(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("charged_at", UtcDateTime(), nullable=True),
        sa.Column("once", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('toll', 'ticket', 'cleaning')", name="notice_kind_is_known"),
        sa.CheckConstraint("state <> 'charged' OR charged_at IS NOT NULL", name="a_charged_notice_says_when"),
        sa.CheckConstraint("state IN ('open', 'accepted', 'contested', 'charged', 'dropped')", name="notice_state_is_known"),
        sa.CheckConstraint("amount_cents > 0 AND fee_cents >= 0", name="a_notice_costs_something"),
        sa.CheckConstraint("charged_at IS NULL OR accepted_at IS NOT NULL OR charged_at >= answer_until", name="no_charge_before_hearing"),
        sa.CheckConstraint("charged_at IS NULL OR contested_at IS NULL OR decided_by IS NOT NULL", name="a_contested_notice_is_decided_first"),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_notices_by_user_id"),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name="fk_notices_decided_by"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_notices_member_id"),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_notices_payer_id"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_notices_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("once", name="uq_notices_once"),
    )
    op.create_index("ix_notices_answer", "notices", ["state", "answer_until"])
    op.create_index("ix_notices_payer", "notices", ["payer_id"])
    op.create_table(
        "disputes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("words_sealed", sa.String(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("back_cents", sa.Integer(), nullable=False),
        sa.Column("reply_sealed", sa.String(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("outcome IS NULL OR outcome IN ('given_back', 'partly', 'stands', 'withdrawn')", name="outcome_is_known"),
        sa.CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="an_outcome_has_a_date"),
        sa.CheckConstraint("back_cents >= 0", name="a_dispute_takes_nothing"),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name="fk_disputes_decided_by"),
        sa.ForeignKeyConstraint(["line_id"], ["ledger.id"], name="fk_disputes_line_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_disputes_member_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_disputes_owner_id"),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_disputes_payer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_disputes"),
    )
    op.create_index("ix_disputes_due", "disputes", ["due_at"])
    op.create_index("ix_disputes_payer", "disputes", ["payer_id"])
    op.create_index("one_open_dispute_of_a_line", "disputes", ["line_id"], unique=True, sqlite_where=sa.text("outcome IS NULL"), postgresql_where=sa.text("outcome IS NULL"))
    op.create_table(
        "adjustments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("limit_version", sa.Integer(), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("once", sa.String(), nullable=False),
        sa.CheckConstraint("(kind = 'refund') = (line_id IS NOT NULL)", name="a_refund_names_its_line"),
        sa.CheckConstraint("kind IN ('refund', 'goodwill')", name="adjustment_kind_is_known"),
        sa.CheckConstraint("state IN ('waiting', 'given', 'turned_down')", name="adjustment_state_is_known"),
        sa.CheckConstraint("amount_cents > 0", name="an_adjustment_gives_something"),
        sa.CheckConstraint("second_id IS NULL OR second_id <> by_user_id", name="nobody_approves_their_own"),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_adjustments_by_user_id"),
        sa.ForeignKeyConstraint(["line_id"], ["ledger.id"], name="fk_adjustments_line_id"),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_adjustments_payer_id"),
        sa.ForeignKeyConstraint(["second_id"], ["users.id"], name="fk_adjustments_second_id"),
        sa.PrimaryKeyConstraint("id", name="pk_adjustments"),
        sa.UniqueConstraint("once", name="uq_adjustments_once"),
    )
    op.create_index("ix_adjustments_payer", "adjustments", ["payer_id"])
    op.create_index("ix_adjustments_state", "adjustments", ["state", "asked_at"])
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("after_row", sa.Integer(), nullable=False),
        sa.Column("last_row", sa.Integer(), nullable=False),
        sa.Column("total_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("paid_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("after_row <= last_row", name="an_invoice_has_a_range"),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_invoices_payer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_invoices"),
        sa.UniqueConstraint("number", name="uq_invoices_number"),
        sa.UniqueConstraint("payer_id", "month", name="one_invoice_a_month"),
    )


def downgrade() -> None:
    op.drop_table("invoices")
    op.drop_table("adjustments")
    op.drop_table("disputes")
    op.drop_table("notices")
