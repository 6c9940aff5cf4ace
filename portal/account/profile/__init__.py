"""A member's own details: their name, how times are shown, their e-mail address, and what we hold about them in one place."""
