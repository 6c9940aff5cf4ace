"""Fuel cards and charge cards."""
