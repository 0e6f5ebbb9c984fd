"""Functions of Lambda's API as they run in this process: each revision is unpacked once, and has its own processes.

When code or configuration is another, the older processes end once they have done what they are at, and their code
goes with them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from halfday.server.outside.functions.code_files import CodeFiles
from halfday.server.outside.functions.invocation import FunctionError, NotInvoked, Target
from halfday.server.outside.functions.targets import (
    Surroundings,
    TargetRefused,
    Uploaded,
    check_can_run,
    target_of_upload,
)
from halfday.server.outside.functions.workers import Workers

InBackground = Callable[[Coroutine[Any, Any, None]], None]


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """The credentials of a function's role, as its environment has them. After `renew_at` no process begins with them,
    and none that has them is invoked.
    """

    environment: Mapping[str, str] = field(repr=False)
    renew_at: float


@dataclass(frozen=True, slots=True)
class Upload:
    """A function of Lambda's API as it stands `now`. `revision_id` is another when anything of it is.

    `keys` are asked for once its processes are to be begun. They raise NotInvoked.
    """

    arn: str
    revision_id: str
    code_id: str
    runtime: str
    handler: str
    timeout_s: float
    ram_mb: int
    environment: Mapping[str, str] = field(repr=False)
    keys: Callable[[], Awaitable[RoleKeys]] = field(repr=False, compare=False)
    now: float


@dataclass(frozen=True, slots=True)
class _Running:
    revision_id: str
    workers: Workers
    folder: Path
    renew_at: float


class Uploads:
    def __init__(self, in_background: InBackground) -> None:
        self._in_background = in_background
        self._running: dict[str, _Running] = {}
        self._unpacking = asyncio.Lock()
        self._code: CodeFiles | None = None

    async def target(self, upload: Upload, around: Callable[[], Surroundings] | None) -> Target:
        """Raises FunctionError in Lambda's words where the function cannot be loaded; NotInvoked."""
        if (workers := self._known(upload)) is not None:
            return workers
        if around is None:
            raise NotInvoked("ResourceNotFoundException", "this server runs no functions")
        async with self._unpacking:
            workers = self._known(upload)
            if workers is None:
                begun = await self._begin(upload, around())
                self.forget(upload.arn)
                self._running[upload.arn] = begun
                workers = begun.workers
        return workers

    def forget(self, arn: str) -> None:
        known = self._running.pop(arn, None)
        if known is not None:
            self._in_background(self._end(known.workers, known.folder))

    def forget_all(self) -> None:
        for arn in [*self._running]:
            self.forget(arn)

    async def close(self) -> None:
        for running in self._running.values():
            await running.workers.close()
        self._running.clear()
        if self._code is not None:
            self._code.close()

    def _known(self, upload: Upload) -> Workers | None:
        known = self._running.get(upload.arn)
        same = known is not None and known.revision_id == upload.revision_id and upload.now < known.renew_at
        return known.workers if known is not None and same else None

    async def _begin(self, upload: Upload, around: Surroundings) -> _Running:
        keys = await upload.keys()
        code = self._code = self._code or CodeFiles(around.unpacked)
        try:
            check_can_run()
            folder = await asyncio.to_thread(code.unpack, upload.code_id)
        except TargetRefused as refused:
            raise NotInvoked("ResourceNotFoundException", str(refused)) from refused
        except FileNotFoundError as problem:
            raise NotInvoked("ResourceNotFoundException", "its code was deleted meanwhile") from problem
        try:
            workers = target_of_upload(_uploaded(upload, folder, keys), around)
            return _Running(upload.revision_id, workers, folder, keys.renew_at)
        except TargetRefused as refused:
            code.pack_away(folder)
            raise FunctionError(str(refused), told={"errorType": "Runtime.ImportModuleError"}) from refused

    async def _end(self, workers: Workers, folder: Path) -> None:
        await workers.retire()
        if self._code is not None:
            await asyncio.to_thread(self._code.pack_away, folder)


def _uploaded(upload: Upload, folder: Path, keys: RoleKeys) -> Uploaded:
    environment = {**upload.environment, **keys.environment}
    return Uploaded(
        upload.handler, upload.runtime, folder, environment, timeout_s=upload.timeout_s, ram_mb=upload.ram_mb
    )
