"""The trip itself: unlock, drive, lock, return, receipt."""
