"""Pools in which nobody of a given name is offered given first factors: the server draws that, and is asked for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from operations.test_user_auth import begin
from world import Pool

Client = dict[str, Any]
BY_PASSWORD = ("PASSWORD", "PASSWORD_SRP")
BY_ALL = (*BY_PASSWORD, "EMAIL_OTP")


def offered(pool: Pool, client: Client, name: str) -> tuple[str, ...]:
    return tuple(begin(pool.world, client, name)["AvailableChallenges"])


def in_which_nobody_is_offered(
    choices: Sequence[str], names: Sequence[str], made: Callable[[], tuple[Pool, Client]]
) -> tuple[Pool, Client]:
    """One of the pools that `made` makes, while these names are nobody's yet. Each pool draws anew."""
    for _ in range(200):
        pool, client = made()
        if all(offered(pool, client, name) == tuple(choices) for name in names):
            return pool, client
    raise AssertionError(f"nobody is offered {choices} in 200 pools")
