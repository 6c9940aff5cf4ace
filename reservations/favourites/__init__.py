"""The cars and lots that members like best."""
