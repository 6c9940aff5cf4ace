"""Leaving: what stands in the way, the end of a membership, and why people went."""
