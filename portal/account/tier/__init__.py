"""What a member pays because of who they are: the surcharge of young drivers, and the reduced tier with what shows it."""
