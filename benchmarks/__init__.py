"""What the site costs, as ratios to a floor measured in the same run."""
