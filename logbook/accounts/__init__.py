"""People and their roles, sign-in, sessions, one-time codes."""
