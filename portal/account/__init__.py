"""People: who may sign in, what they may do, and the members among them."""
