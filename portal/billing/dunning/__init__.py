"""Dunning: what is owed is asked for again, five times in ten days; then booking stops, never a running trip."""
