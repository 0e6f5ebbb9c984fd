"""Somebody who answers challenges, and signs in by either class: each test of them runs blocking and awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday import AsyncCognito, Cognito, Session
from halfday.client.user_pool.challenges import Answer, Challenge
from world import Pool

Reply = Answer | Callable[[Challenge], Answer]


@dataclass
class Person:
    """What they say, by the challenge's name; a list is said one after the other. `asked` is what they were asked."""

    replies: dict[str, Reply | list[Reply]] = field(default_factory=dict)
    asked: list[Challenge] = field(default_factory=list)

    def __call__(self, challenge: Challenge) -> Answer:
        self.asked.append(challenge)
        reply = self.replies[challenge.name]
        if isinstance(reply, list):
            reply = reply[[one.name for one in self.asked].count(challenge.name) - 1]
        return reply(challenge) if callable(reply) else reply

    @property
    def names(self) -> list[str]:
        return [challenge.name for challenge in self.asked]


@dataclass
class SigningIn:
    """Cognito.sign_in, or AsyncCognito.sign_in with a coroutine that answers."""

    awaited: bool

    def __call__(
        self,
        pool: Pool,
        client: Mapping[str, Any],
        username: str = "ada",
        password: str | None = None,
        person: Person | None = None,
        *,
        settings: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Session:
        world = pool.world
        secret = {"client_secret": client["ClientSecret"]} if "ClientSecret" in client else {}
        known = {"user_pool_id": pool.pool_id, "endpoint_url": world.origin, "client_id": client["ClientId"]}
        chosen = {**known, **secret, "clock": world.clock, **(settings or {})}
        if not self.awaited:
            return Cognito(**chosen).sign_in(username, password, person, **options)

        async def answer(challenge: Challenge) -> Answer:
            await asyncio.sleep(0)
            assert person is not None
            return person(challenge)

        async def story() -> Session:
            asking = answer if person else None
            return (await AsyncCognito(**chosen).sign_in(username, password, asking, **options)).blocking

        return asyncio.run(story())
