"""The help desk: what waits for an answer, suggestions, remarks, templates, and mail that nobody could place."""
