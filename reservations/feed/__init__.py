"""A member's trips in their own calendar: a private feed, and what comes with the mails."""
