"""Credits: given, used soonest-to-end first, and ended in time."""
