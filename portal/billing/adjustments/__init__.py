"""Money that staff give: within a limit alone, above it with a second person."""
