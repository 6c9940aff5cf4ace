"""What is about a person: what each room has of it, handed out, erased, agreed to, and who looked at it."""
