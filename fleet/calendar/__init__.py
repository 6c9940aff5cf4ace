"""The one table that says when a car is taken, and the one verb that takes it."""
