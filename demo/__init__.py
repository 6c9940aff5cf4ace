"""A city that lives: people with habits, cars that are driven, and a clock that runs fast, all through the real use cases."""
