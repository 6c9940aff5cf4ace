"""The promise ledger: what each member was promised, and what became of it."""
