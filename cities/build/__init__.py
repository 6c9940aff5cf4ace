"""Makes a city's files out of a set of vector tiles and a few hand-written lists."""
