"""What the database itself does for the ledger: rows never change, and balances follow from them. Both databases alike."""

_OWED = ("owed_cents + CASE WHEN NEW.debit_account = 'receivable' THEN NEW.amount_cents "
         "WHEN NEW.credit_account = 'receivable' THEN -NEW.amount_cents ELSE 0 END")
_CREDIT = ("{column} + CASE WHEN NEW.credit_account = 'member_credit' THEN NEW.amount_cents "
           "WHEN NEW.debit_account = 'member_credit' THEN -NEW.amount_cents ELSE 0 END")
_KEEP = (f"UPDATE payers SET owed_cents = {_OWED}, credit_cents = {_CREDIT.format(column='credit_cents')} "  # noqa: S608 - constants
         "WHERE id = NEW.payer_id; "
         f"UPDATE credits SET left_cents = {_CREDIT.format(column='left_cents')} WHERE id = NEW.credit_id;")

SQLITE = (
    f"CREATE TRIGGER ledger_keeps_balances AFTER INSERT ON ledger BEGIN {_KEEP} END",
    "CREATE TRIGGER ledger_append_only_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'append_only'); END",
    "CREATE TRIGGER ledger_append_only_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'append_only'); END",
)
SQLITE_DROP = ("DROP TRIGGER ledger_append_only_delete", "DROP TRIGGER ledger_append_only_update",
               "DROP TRIGGER ledger_keeps_balances")
POSTGRESQL = (
    f"CREATE FUNCTION ledger_keeps_balances() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_KEEP} RETURN NULL; END $$",
    "CREATE TRIGGER ledger_keeps_balances AFTER INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_keeps_balances()",
    "CREATE TRIGGER ledger_append_only_update BEFORE UPDATE ON ledger FOR EACH ROW EXECUTE FUNCTION append_only()",
    "CREATE TRIGGER ledger_append_only_delete BEFORE DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION append_only()",
)
POSTGRESQL_DROP = ("DROP TRIGGER ledger_append_only_delete ON ledger", "DROP TRIGGER ledger_append_only_update ON ledger",
                   "DROP TRIGGER ledger_keeps_balances ON ledger", "DROP FUNCTION ledger_keeps_balances")
