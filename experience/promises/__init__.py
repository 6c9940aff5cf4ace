"""What was promised to a member, dated and measurable, and what became of it."""
