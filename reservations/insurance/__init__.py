"""The cover of a trip and its certificate."""
