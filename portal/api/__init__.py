"""API v1: the JSON twin of the pages, over the same use cases. Machines come with a token; a cookie opens nothing here."""
