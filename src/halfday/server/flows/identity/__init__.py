"""Identities and AWS credentials."""
