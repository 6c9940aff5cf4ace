"""What is recorded of the journey: events, written at three places only."""
