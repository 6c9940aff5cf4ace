"""What the service owns: cars, lots, their calendar and prices, and what keeps them on the road."""
