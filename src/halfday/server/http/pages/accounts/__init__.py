"""Signing up, confirming it, and the password that was forgotten."""
