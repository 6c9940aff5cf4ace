"""What members tell each other about a car or a lot, looked at before it is shown."""
