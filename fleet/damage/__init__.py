"""Known marks on cars."""
