"""Changing a booking: longer, shorter, at other times, with another car."""
