"""Finding a free car near a place."""
