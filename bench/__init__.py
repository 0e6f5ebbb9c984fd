"""Measured claims, each beside its own physical bound in the same run: `make bench`."""
