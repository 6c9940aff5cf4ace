"""The driving licence: what a member shows of it, who looked, whether it counts and until when."""
