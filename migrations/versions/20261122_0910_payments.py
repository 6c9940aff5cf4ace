"""Payments and refunds, the calls, pages and events behind them, and chargebacks."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "20261122_0910"
down_revision = "20261122_0909"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=True),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("captured_cents", sa.Integer(), nullable=False),
        sa.Column("refunded_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("processor_id", sa.String(), nullable=True),
        sa.Column("hold_ends_at", UtcDateTime(), nullable=True),
        sa.Column("declined_why", sa.String(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("once", sa.String(), nullable=False),
        sa.CheckConstraint("purpose IN ('trip', 'balance')", name="purpose_is_known"),
        sa.CheckConstraint("state IN ('wanted', 'confirm', 'held', 'captured', 'released', 'declined')", name="payment_state_is_known"),
        sa.CheckConstraint("amount_cents > 0", name="a_payment_moves_something"),
        sa.CheckConstraint("captured_cents BETWEEN 0 AND amount_cents", name="no_more_is_captured_than_was_held"),
        sa.CheckConstraint("refunded_cents BETWEEN 0 AND captured_cents", name="no_more_is_refunded_than_was_captured"),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name="fk_payments_card_id"),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_payments_payer_id"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_payments_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
        sa.UniqueConstraint("once", name="uq_payments_once"),
        sa.UniqueConstraint("processor_id", name="uq_payments_processor_id"),
    )
    op.create_index("ix_payments_holds", "payments", ["hold_ends_at"], sqlite_where=sa.text("state = 'held'"), postgresql_where=sa.text("state = 'held'"))
    op.create_index("ix_payments_payer", "payments", ["payer_id", "asked_at"])
    op.create_index("ix_payments_reservation", "payments", ["reservation_id"])
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("processor_id", sa.String(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("once", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('wanted', 'pending', 'done', 'failed')", name="refund_state_is_known"),
        sa.CheckConstraint("amount_cents > 0", name="a_refund_moves_something"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_refunds_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
        sa.UniqueConstraint("once", name="uq_refunds_once"),
        sa.UniqueConstraint("processor_id", name="uq_refunds_processor_id"),
    )
    op.create_index("ix_refunds_payment", "refunds", ["payment_id"])
    op.create_table(
        "payment_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("calling", sa.String(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("calling IN ('hold', 'charge', 'capture', 'release', 'refund', 'open_page', 'look_at_page', 'forget_card', 'answer_chargeback')", name="calling_is_known"),
        sa.CheckConstraint("state IN ('waiting', 'done', 'refused', 'given_up')", name="call_state_is_known"),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_payment_calls_payer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_calls"),
    )
    op.create_index("ix_payment_calls_about", "payment_calls", ["about"])
    op.create_index("ix_payment_calls_waiting", "payment_calls", ["asked_at"], sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
    op.create_table(
        "payment_pages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("processor_id", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("back_to", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('card', 'pay', 'confirm')", name="page_kind_is_known"),
        sa.CheckConstraint("state IN ('wanted', 'open', 'complete', 'expired', 'failed')", name="page_state_is_known"),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_payment_pages_payer_id"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_payment_pages_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_pages"),
        sa.UniqueConstraint("processor_id", name="uq_payment_pages_processor_id"),
    )
    op.create_index("ix_payment_pages_payer", "payment_pages", ["payer_id"])
    op.create_table(
        "payment_events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("object_kind", sa.String(), nullable=False),
        sa.Column("payment_id", sa.String(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("handled_at", UtcDateTime(), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payment_events"),
    )
    op.create_index("ix_payment_events_received", "payment_events", ["received_at"])
    op.create_table(
        "chargebacks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("processor_id", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("evidence_due_at", UtcDateTime(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('needs_response', 'under_review', 'won', 'lost')", name="chargeback_state_is_known"),
        sa.CheckConstraint("amount_cents > 0", name="a_chargeback_takes_something"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_chargebacks_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_chargebacks"),
        sa.UniqueConstraint("processor_id", name="uq_chargebacks_processor_id"),
    )
    op.create_index("ix_chargebacks_payment_id", "chargebacks", ["payment_id"])
    op.create_table(
        "processor_movements",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("fee_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("ours_cents", sa.Integer(), nullable=True),
        sa.Column("checked_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("fee_cents >= 0", name="a_fee_is_not_negative"),
        sa.PrimaryKeyConstraint("id", name="pk_processor_movements"),
    )
    op.create_index("ix_processor_movements_at", "processor_movements", ["at"])


def downgrade() -> None:
    op.drop_table("processor_movements")
    op.drop_table("chargebacks")
    op.drop_table("payment_events")
    op.drop_table("payment_pages")
    op.drop_table("payment_calls")
    op.drop_table("refunds")
    op.drop_table("payments")
