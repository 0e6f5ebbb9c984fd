"""Kept sessions: files or the system's keyring, and locks across processes."""
