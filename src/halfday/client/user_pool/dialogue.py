"""Carries a sign-in that talks to two at once: to Cognito by requests, and to the person by questions.

A `Dialogue` yields a Request and receives its Response, or a Challenge and receives its Answer. Carried by a thread
the answer is a function, on a loop it may be a coroutine: no thread waits while a person types.
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
    """For dialogues that were told that nobody can be asked, and ask nobody."""
    raise ChallengeRefused(challenge.name)


def carry(dialogue: Dialogue[Result], send: Send, ask: Ask) -> Result:
    """Carries a dialogue to its end. Raises what the dialogue, the transport or the callback raises."""
    turn, result = _turns(dialogue)
    said: object = None
    while (said_to := turn(said)) is not None:
        said = send(said_to) if isinstance(said_to, Request) else ask(said_to)
    return result()


async def carry_async(dialogue: Dialogue[Result], send: Send, ask: AskAsync) -> Result:
    """The same on a loop: requests go by a thread each, questions to the loop's own callback."""
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
    """Two functions: one says something and answers what comes of it, None at the end; the other has the result."""
    results: list[Result] = []

    def turn(said: object) -> Request | Challenge | None:
        try:
            return dialogue.send(said)
        except StopIteration as end:
            results.append(end.value)
            return None

    return turn, lambda: results[0]
