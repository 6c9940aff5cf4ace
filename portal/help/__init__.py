"""Help that answers: conversations between members and the people who look after them."""
