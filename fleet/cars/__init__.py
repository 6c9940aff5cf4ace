"""The cars: what they are, where they live, in what shape they are."""
