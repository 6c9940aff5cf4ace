"""Stripe behind the payments port: the real SDK, with the real Stripe or the embedded one at its other end."""
