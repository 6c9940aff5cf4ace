"""Disputes of lines: opened by a member, owned by somebody, decided by a date, with an outcome."""
