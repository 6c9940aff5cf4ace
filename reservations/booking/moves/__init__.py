"""Moves by us: another car is offered for a booking whose own may not be ready, and its member agrees or declines."""
