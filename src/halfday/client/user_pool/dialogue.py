"""Runs a sign-in, which sends requests to Cognito and asks the person questions.

A `Dialogue` yields a Request and receives its Response, or a Challenge and receives its Answer. On an event loop the
callback may be a coroutine function, so that no thread waits while a person types.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar

from halfday.client.errors import ChallengeRefused
from halfday.client.transport.wire import Request, Response
from halfday.client.user_pool.challenges import Answer, Challenge

Result = TypeVar("Result")
Dialogue = Generator[Request | Challenge, Any, Result]
Ask = Callable[[Challenge], Answer]
AskAsync = Callable[[Challenge], Answer | Awaitable[Answer]]
Send = Callable[[Request], Response]


def no_answer(challenge: Challenge) -> Answer:
    """The callback of a sign-in without one. Raises ChallengeRefused."""
    raise ChallengeRefused(challenge.name)


def carry(dialogue: Dialogue[Result], send: Send, ask: Ask) -> Result:
    """The result of a dialogue. Raises what the dialogue, the transport or the callback raises."""
    turn, result = _turns(dialogue)
    said: object = None
    while (said_to := turn(said)) is not None:
        said = send(said_to) if isinstance(said_to, Request) else ask(said_to)
    return result()


async def carry_async(dialogue: Dialogue[Result], send: Send, ask: AskAsync) -> Result:
    """As `carry`, on an event loop: each request is sent in a thread, and the callback runs on the loop."""
    import asyncio  # here, because blocking programs pay 12 ms for it

    turn, result = _turns(dialogue)
    said: object = None
    while (said_to := turn(said)) is not None:
        if isinstance(said_to, Request):
            said = await asyncio.to_thread(send, said_to)
        else:
            said = ask(said_to)
            if inspect.isawaitable(said):
                said = await said
    return result()


def _turns(dialogue: Dialogue[Result]) -> tuple[Callable[[object], Request | Challenge | None], Callable[[], Result]]:
    """(turn, result): `turn` sends a value in and returns what is yielded, None at the end; then there is a result."""
    results: list[Result] = []

    def turn(said: object) -> Request | Challenge | None:
        try:
            return dialogue.send(said)
        except StopIteration as end:
            results.append(end.value)
            return None

    return turn, lambda: results[0]
