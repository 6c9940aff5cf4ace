"""Reserving a car, and giving it back before the trip."""
