"""The ledger: double entry, append-only, each row a transfer between two accounts."""
