"""The lots and their bays."""
