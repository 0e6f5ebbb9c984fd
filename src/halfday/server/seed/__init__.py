"""Applies the seed file: pools, clients, users, roles … that a person declares. It can be applied again safely."""

from halfday.server.seed.seeder import apply

__all__ = ["apply"]
