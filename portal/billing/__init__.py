"""Money: who pays, the ledger, cards and payments, credits, notices and disputes, statements and invoices."""
