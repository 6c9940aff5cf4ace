"""Fuel stops during a trip."""
