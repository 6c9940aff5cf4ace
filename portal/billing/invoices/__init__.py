"""Monthly invoices for businesses."""
