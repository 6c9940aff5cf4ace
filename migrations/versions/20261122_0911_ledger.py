"""Credits and the ledger, with the balances that the database itself keeps."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime
from portal.billing.ledger.guards import POSTGRESQL, POSTGRESQL_DROP, SQLITE, SQLITE_DROP

revision = "20261122_0911"
down_revision = "20261122_0910"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("granted_cents", sa.Integer(), nullable=False),
        sa.Column("left_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("granted_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('service', 'promo', 'referral', 'fuel')", name="credit_kind_is_known"),
        sa.CheckConstraint("granted_cents > 0", name="a_grant_gives_something"),
        sa.CheckConstraint("left_cents BETWEEN 0 AND granted_cents", name="no_more_is_used_than_was_granted"),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_credits_payer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_credits"),
        sa.UniqueConstraint("once", name="uq_credits_once"),
    )
    op.create_index("ix_credits_payer", "credits", ["payer_id", "ends_at"])
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.Column("debit_account", sa.String(), nullable=False),
        sa.Column("credit_account", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("credit_id", sa.Uuid(), nullable=True),
        sa.Column("once", sa.String(), nullable=False),
        sa.CheckConstraint("(credit_id IS NOT NULL) = ('member_credit' IN (debit_account, credit_account))", name="credit_is_of_a_grant"),
        sa.CheckConstraint("actor IN ('member', 'staff', 'system')", name="ledger_actor_is_known"),
        sa.CheckConstraint("credit_account IN ('receivable', 'member_credit', 'driving', 'cover', 'fees', 'membership', 'tax', 'passed_on', 'fuel', 'goodwill', 'promotion', 'processor', 'processor_fees', 'bank', 'charged_back', 'loss', 'opening')", name="credit_account_is_known"),
        sa.CheckConstraint("debit_account IN ('receivable', 'member_credit', 'driving', 'cover', 'fees', 'membership', 'tax', 'passed_on', 'fuel', 'goodwill', 'promotion', 'processor', 'processor_fees', 'bank', 'charged_back', 'loss', 'opening')", name="debit_account_is_known"),
        sa.CheckConstraint("origin <> 'correction' OR corrects_id IS NOT NULL", name="a_correction_names_its_row"),
        sa.CheckConstraint("origin IN ('quote', 'after', 'membership', 'notice', 'credit', 'payment', 'refund', 'correction', 'books')", name="origin_is_known"),
        sa.CheckConstraint("payer_id IS NOT NULL OR (debit_account NOT IN ('receivable', 'member_credit') AND credit_account NOT IN ('receivable', 'member_credit'))", name="a_payers_account_names_the_payer"),
        sa.CheckConstraint("amount_cents > 0", name="a_transfer_moves_something"),
        sa.CheckConstraint("debit_account <> credit_account", name="a_transfer_has_two_ends"),
        sa.CheckConstraint("rule_version >= 1", name="rules_have_versions"),
        sa.ForeignKeyConstraint(["corrects_id"], ["ledger.id"], name="fk_ledger_corrects_id"),
        sa.ForeignKeyConstraint(["credit_id"], ["credits.id"], name="fk_ledger_credit_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_ledger_member_id"),
        sa.ForeignKeyConstraint(["payer_id"], ["payers.id"], name="fk_ledger_payer_id"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_ledger_payment_id"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_ledger_reservation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        sa.UniqueConstraint("once", name="uq_ledger_once"),
    )
    op.create_index("ix_ledger_at", "ledger", ["at"])
    op.create_index("ix_ledger_corrects", "ledger", ["corrects_id"])
    op.create_index("ix_ledger_credit", "ledger", ["credit_id"])
    op.create_index("ix_ledger_payer", "ledger", ["payer_id", "id"])
    op.create_index("ix_ledger_payment", "ledger", ["payment_id"])
    op.create_index("ix_ledger_reservation", "ledger", ["reservation_id"])
    for create in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(create)


def downgrade() -> None:
    for drop in POSTGRESQL_DROP if op.get_bind().dialect.name == "postgresql" else SQLITE_DROP:
        op.execute(drop)
    op.drop_table("ledger")
    op.drop_table("credits")
