"""Joining: from the free check to the decision, and the first quote."""
