"""Bookings that recur: the same car at the same times by the wall's clock, week after week."""
