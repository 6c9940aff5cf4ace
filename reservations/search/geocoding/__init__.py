"""Turns what a member types into a place, and a place into words."""
