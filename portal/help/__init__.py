"""Help: conversations with the people who answer, suggestions, and remarks on cars and lots."""
