"""The fleet manager's pages."""
