"""The server's clock, and its way back to the start.

    GET /clock               {"now", "ahead_s", "frozen"}: epoch seconds; by how much it is ahead of the machine's
    POST /clock              {"forward_s": SECONDS}, {"freeze": true} or {"release": true}; answers as GET does
    POST /reset              {"to": "seed"}: all is as the start left it, or {"to": "empty"}: nothing is declared

A reset is for servers that keep nothing (`--ephemeral`): it puts everything back, in one step. The clock is the
machine's again; messages, invocations and what authorizers said are forgotten; pools of the seed file have the keys
that they had. What moto holds in this process is gone too, but where templates of the seed file made a part of it.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from halfday.server.clock import MOST_FORWARD_S, Clock
from halfday.server.flows.signing_keys import give_back
from halfday.server.http.management.answers import Refused, answer, body_of, checked_number
from halfday.server.services import Services

_MOVES = ("forward_s", "freeze", "release")
_SLACK_S = 1.0
"""A sum of the longest step and of what a reading of the clock differs from the next."""


class ControlHandlers:
    def __init__(self, services: Services, turns: asyncio.Lock) -> None:
        """`turns`: of whoever reads or changes all that there is."""
        self._services, self._turns = services, turns

    async def clock(self, request: Request) -> Response:
        return self._told(self._clock())

    async def move_clock(self, request: Request) -> Response:
        clock, asked = self._clock(), await body_of(request, _MOVES)
        if len(asked) != 1:
            raise Refused(f"The body must have one of {', '.join(_MOVES)}.")
        if "forward_s" in asked:
            _forward(clock, checked_number("forward_s", asked["forward_s"], MOST_FORWARD_S))
        elif [*asked.values()] != [True]:
            raise Refused(f"{next(iter(asked))}: must be true.")
        elif "freeze" in asked:
            clock.freeze()
        else:
            clock.release()
        return self._told(clock)

    async def reset(self, request: Request) -> Response:
        to = (await body_of(request, ("to",))).get("to", "seed")
        if to not in ("seed", "empty"):
            raise Refused("to: must be seed or empty.")
        async with self._turns:
            await self._reset(to)
        return answer({"reset": to})

    async def _reset(self, to: str) -> None:
        services, beginning = self._services, self._services.beginning
        if beginning is None:
            raise Refused("This server keeps what it is told: only one that was started with --ephemeral resets.", 409)
        await asyncio.gather(*services.keys_under_way.values(), return_exceptions=True)
        before = await services.store.signing_keys.all()
        await services.store.put_back(beginning.seeded if to == "seed" else beginning.empty)
        kept = {key.kid for key in await services.store.signing_keys.all()}
        give_back(services, [key for key in before if key.kid not in kept])
        services.sent_messages.clear()
        services.functions.records.clear()
        services.functions.forget_uploads()  # the sessions of their roles are gone
        services.gateway_memory.forget_verdicts()
        if services.upstream is not None and not (to == "seed" and beginning.has_templates):
            await services.upstream.forget(declared=to == "seed")
        if isinstance(services.clock, Clock):
            services.clock.release()

    def _clock(self) -> Clock:
        if not isinstance(self._services.clock, Clock):
            raise Refused("This server goes by a clock of its caller's.", 409)
        return self._services.clock

    def _told(self, clock: Clock) -> Response:
        return answer({"now": clock(), "ahead_s": round(clock.ahead_s, 3), "frozen": clock.is_frozen})


def _forward(clock: Clock, seconds: float) -> None:
    """In several steps it goes no further than in one: beyond the year 9999 no date can be told. Raises Refused."""
    if clock.ahead_s + seconds > MOST_FORWARD_S + _SLACK_S:
        years = MOST_FORWARD_S // (365 * 24 * 3600)
        raise Refused(f"forward_s: the clock would be more than {years} years ahead; release it first.")
    clock.forward(seconds)
