"""How people get in and stay in: second factors, passkeys, sessions, step-up, and the way back when a password is lost."""
