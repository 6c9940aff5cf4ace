"""What we write to members: the outbox rendered, the inbox, mail."""
