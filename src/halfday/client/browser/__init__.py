"""A sign-in in the person's browser: opens it, waits for the code on loopback, shows a last page."""
