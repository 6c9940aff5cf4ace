"""Talking to the boxes in the cars: the port, its adapters, and a player that stands in for real cars."""
