"""What a trip costs: tariffs, policies and the pure quote."""
