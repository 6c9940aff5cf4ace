"""What a visitor sees before joining."""
