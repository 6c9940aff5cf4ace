"""The car player: a process of its own that stands in for the cars and the service that reaches them."""
