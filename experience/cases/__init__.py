"""A case for each bad experience, with an owner, a clock and an outcome the member sees; and what is mended for everybody."""
