"""Cards: added on the processor's page, one to pay with and one behind it."""
