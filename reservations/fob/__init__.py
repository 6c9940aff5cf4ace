"""Fobs: asked for, issued, blocked and handed in; held to a car, they ask what a phone would, through the same door."""
