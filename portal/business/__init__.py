"""Drivers on an account and business accounts: the pages of whoever pays, and of whoever is invited."""
