"""A sign-in in the person's browser: opened, awaited on loopback, ended with a page."""
