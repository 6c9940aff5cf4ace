"""Costs passed on: announced first, charged only when the member agrees or the time to answer is over."""
