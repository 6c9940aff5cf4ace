"""Tests of what is recorded, asked and shown of the journey."""
