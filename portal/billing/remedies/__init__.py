"""Remedies: what a broken promise gives by the published table, without anybody asking."""
