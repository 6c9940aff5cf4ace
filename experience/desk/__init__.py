"""The CX team's pages."""
