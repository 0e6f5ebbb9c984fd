"""One invocation of a function: what it is asked, what comes of it, and what is kept to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

TIMEOUT_S = 5.0
"""How long a function may take (facts/triggers.md §2). AWS's limit for user pools is fixed."""
MOST_ANSWER_BYTES = 6 * 1024 * 1024
"""Lambda's limit on a synchronous answer."""
MOST_OUTPUT_BYTES = 64 * 1024
"""What is kept of a function's own prints in one invocation."""


@dataclass(frozen=True, slots=True)
class Invoked:
    """A function has answered. `answer` is its JSON text, not looked into yet. `output` is what it printed."""

    answer: str = field(repr=False)
    output: str = field(default="", repr=False)


class FunctionError(Exception):
    """The function itself failed: it raised, or its process ended. `message` is what Lambda would answer."""

    def __init__(
        self, message: str, *, where: str = "", output: str = "", told: Mapping[str, Any] | None = None
    ) -> None:
        """`where`: the file and line of the function in which it happened, if that is known. `told`: what Lambda's
        answer has beside the message, such as errorType and stackTrace.
        """
        super().__init__(message)
        self.message, self.where, self.output, self.told = message, where, output, dict(told or {})


class NotInvoked(Exception):
    """The function was not run to its end. `reason` is AWS's word for why: `AccessDeniedException`, a timeout's …"""

    def __init__(self, reason: str, detail: str = "", *, output: str = "", again: bool = False) -> None:
        """`detail` is for the log. `again`: AWS tries once more after such a failure."""
        super().__init__(detail or reason)
        self.reason, self.detail, self.output, self.again = reason, detail, output, again
        self.attempts = 1


def timed_out(output: str = "") -> NotInvoked:
    reason = "Socket timeout while invoking Lambda function"
    return NotInvoked(reason, f"it did not answer within {TIMEOUT_S:g} s", output=output, again=True)


def out_of_its_time(called: Called, timeout_s: float, output: str = "") -> FunctionError:
    """A function has a time of its own, beside what its caller waits."""
    message = f"RequestId: {called.request_id} Error: Task timed out after {timeout_s:.2f} seconds"
    return FunctionError(message, output=output, told={"errorType": "Sandbox.Timedout"})


def too_large() -> FunctionError:
    """Lambda's sentence."""
    return FunctionError(f"Response payload size exceeded maximum allowed payload size ({MOST_ANSWER_BYTES} bytes).")


@dataclass(frozen=True, slots=True)
class Called:
    """What a function is told beside the event: its own ARN, and the request that it belongs to."""

    arn: str
    request_id: str
    patience_s: float = TIMEOUT_S
    """How long its caller waits for it."""

    @property
    def name(self) -> str:
        """The function's name, without a version or an alias."""
        return self.arn.split(":")[6]


class Target(Protocol):
    """Where a function runs."""

    async def invoke(self, called: Called, event: str) -> Invoked:
        """`event` is JSON text. Raises FunctionError, NotInvoked."""
        ...

    async def warm_up(self, called: Called) -> None:
        """Whatever makes the next invocation quick. Raises nothing: what is wrong is told by the invocation."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class InvocationRecord:
    """One invocation, to be looked at: secrets and codes are left out of `event` and `answer` before it is kept."""

    request_id: str
    pool_id: str
    trigger_source: str
    arn: str
    began_at: float
    ms: float
    attempts: int
    outcome: str
    event: Mapping[str, Any] = field(repr=False)
    answer: Mapping[str, Any] | None = field(repr=False)
    why: str = ""
    where: str = ""
    output: str = field(default="", repr=False)
