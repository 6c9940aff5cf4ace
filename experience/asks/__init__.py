"""What members tell us: the quiet note on every page, and later the asks."""
