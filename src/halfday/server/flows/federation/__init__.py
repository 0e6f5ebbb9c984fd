"""Signing in through external providers."""
