"""The office's finance desk: what needs somebody, who owes and was given what, and whether the books agree."""
