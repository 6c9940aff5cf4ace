"""Waiting for a car that is taken: first come, first served, each offer held for a quarter of an hour."""
