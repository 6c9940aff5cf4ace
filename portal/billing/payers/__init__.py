"""Who pays: a member for themselves, or a business for its drivers."""
