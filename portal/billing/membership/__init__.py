"""Membership fees: each calendar month as it begins, and by the day the rest of the one in which somebody joins."""
