"""The bundled cities: map, gazetteer, lots and cars, and the tools that rebuild them."""
