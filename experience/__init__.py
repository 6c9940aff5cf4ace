"""What members live through: the steps of the journey, what was recorded of them, and who answers."""
