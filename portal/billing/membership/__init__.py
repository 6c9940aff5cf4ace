"""Membership fees: by the calendar month, from the first whole month on."""
