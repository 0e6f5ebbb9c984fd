"""The seed file applied: pools, clients, users, roles … declared by a person, applied again without harm."""

from halfday.server.seed.seeder import apply

__all__ = ["apply"]
