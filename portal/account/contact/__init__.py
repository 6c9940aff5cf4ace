"""How a member wants to be written to: by which way, about what, at which hours, on which devices and number."""
