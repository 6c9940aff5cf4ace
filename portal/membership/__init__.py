"""A membership over time: its plan and what another would cost, changing it, pausing, and coming back."""
