"""What members do with cars."""
