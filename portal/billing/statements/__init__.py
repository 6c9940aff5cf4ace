"""Statements: every row of an account with its running balance, on the page, as a table and on paper."""
