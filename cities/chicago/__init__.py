"""Central Chicago: the city that a new installation starts with."""
