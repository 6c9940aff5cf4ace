"""Closing the loop with one member: a case for each bad experience, with an owner and a clock."""
