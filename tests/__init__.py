"""Tests mirror the packages; each is a sentence about behaviour."""
