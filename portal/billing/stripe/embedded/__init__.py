"""The embedded Stripe: a stand-in for Stripe's servers that the real SDK talks to, without a network."""
