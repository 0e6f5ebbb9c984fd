"""The functions of this server, by ARN: one invocation with AWS's retries, and the newest records of them.

A function is declared in halfday.toml, by a flag, or lies in a folder that is looked at when it is called.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from halfday.server.outside.functions.invocation import (
    Called,
    FunctionError,
    InvocationRecord,
    Invoked,
    NotInvoked,
    Target,
)
from halfday.server.outside.functions.targets import Declared, Surroundings, TargetRefused, target_of
from halfday.server.outside.functions.uploads import Upload, Uploads
from halfday.server.runs import in_a_task

log = logging.getLogger("halfday.functions")

ATTEMPTS = 3
"""In all, of an invocation that timed out (facts/triggers.md §2)."""
KEPT = 200
"""Records of invocations. Older ones are forgotten."""
_HANDLER = "handler"


def name_of(arn: str) -> str:
    """The function's name in an ARN, without version or alias; empty if it is no function's ARN."""
    parts = arn.split(":")
    return parts[6] if len(parts) >= 7 and parts[2] == "lambda" and parts[5] == "function" else ""


class Functions:
    """All functions of a server. Raises TargetRefused when one that is declared cannot be had."""

    def __init__(
        self,
        declared: Iterable[Declared] = (),
        around: Callable[[], Surroundings] | None = None,
        folder: Path | None = None,
    ) -> None:
        """`around` is asked once a function is called: it may name an address that is not known before."""
        self._declared = {one.name: one for one in declared}
        self._around, self._folder = around, folder
        self._targets: dict[str, tuple[Declared | None, Target]] = {}
        self._uploads = Uploads(self.in_background)
        self._background: set[asyncio.Task[None]] = set()
        self.warmed: dict[str, object] = {}
        """The LambdaConfig of each pool whose functions were begun."""
        self.records: deque[InvocationRecord] = deque(maxlen=KEPT)

    def declare(self, name: str, target: Target) -> None:
        """A function of the caller's own making, in place of another of this name."""
        self._targets[name] = (None, target)

    def has(self, name: str) -> bool:
        """Whether there is a function of this name, now."""
        return name in self._declared or name in self._targets or self._in_folder(name) is not None

    def check(self, name: str) -> None:
        """Raises TargetRefused for a declared function that cannot be run."""
        self._target(name)

    async def invoke(
        self, called: Called, event: str, *, upload: Upload | None = None, attempts: int = ATTEMPTS
    ) -> tuple[Invoked, int]:
        """The answer, and how many attempts it took. `upload`: the function is one of Lambda's API, and not declared.

        Raises FunctionError, NotInvoked.
        """
        await in_a_task()  # invocations have deadlines
        target = self._found(called) if upload is None else await self._uploads.target(upload, self._around)
        for attempt in range(1, attempts + 1):
            try:
                return await target.invoke(called, event), attempt
            except NotInvoked as problem:
                problem.attempts = attempt
                if not problem.again or attempt == attempts:
                    raise
        raise AssertionError("a loop that always returns or raises")

    def forget(self, arn: str) -> None:
        """What runs of an uploaded function ends, once it has done what it is at."""
        self._uploads.forget(arn)

    def forget_uploads(self) -> None:
        """As `forget`, of all of them."""
        self._uploads.forget_all()

    async def warm_up(self, called: Called, upload: Upload | None = None) -> None:
        """A process of the function is there. Raises nothing: what is wrong is told by the invocation."""
        await in_a_task()
        with suppress(NotInvoked, FunctionError):
            target = self._found(called) if upload is None else await self._uploads.target(upload, self._around)
            await target.warm_up(called)

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """It is done while nobody waits for it; what is left of it at the end is broken off."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def close(self) -> None:
        for task in self._background:
            task.cancel()
        for _, target in self._targets.values():
            await target.close()
        await self._uploads.close()

    def _found(self, called: Called) -> Target:
        """Raises NotInvoked for a function that is not here."""
        try:
            target = self._target(called.name)
        except TargetRefused as problem:
            raise NotInvoked("ResourceNotFoundException", str(problem)) from problem
        if target is None:
            detail = (
                f"no function {called.name} is declared: [[function]] in halfday.toml, --functions, --functions-folder"
            )
            raise NotInvoked("ResourceNotFoundException", detail)
        return target

    def _target(self, name: str) -> Target | None:
        declared = self._declared.get(name) or self._in_folder(name)
        known = self._targets.get(name)
        if declared is None:
            return None if known is None else known[1]
        if known is None or known[0] != declared:
            if self._around is None:
                raise TargetRefused("this server runs no functions")
            self._targets[name] = (declared, target_of(declared, self._around()))
        return self._targets[name][1]

    def _in_folder(self, name: str) -> Declared | None:
        """NAME.py, .mjs, .cjs or .js in the folder, or NAME/index.… of these, with a function `handler`."""
        if self._folder is None or not name.replace("-", "").replace("_", "").isalnum():
            return None
        for suffix, mark in ((".py", ":"), (".mjs", "#"), (".cjs", "#"), (".js", "#")):
            for place in (f"{name}{suffix}", f"{name}/index{suffix}"):
                if (self._folder / place).is_file():
                    return Declared(name, f"{place}{mark}{_HANDLER}", self._folder)
        return None


def parse_answer(text: str) -> Mapping[str, Any] | None:
    """The object that a function answered, or None where it is no JSON object: NaN and infinity are no JSON."""
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")
