"""Where members want a lot or a car: said once, voted for by others, answered by the operator."""
