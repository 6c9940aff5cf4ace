"""Members who bring others: a code of one's own, who came with it, and the credit that both get, once."""
