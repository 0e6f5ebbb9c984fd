"""Processes that run one function, kept warm: one invocation at a time in each, and a further one when all are busy.

A process that crashed, or ran out of its time, is gone, and the next invocation begins a new one; so it is when a file
of the function has changed. What a function prints is read while it runs, and belongs to its invocation.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from halfday.server.outside.functions.invocation import (
    MOST_ANSWER_BYTES,
    MOST_OUTPUT_BYTES,
    Called,
    FunctionError,
    Invoked,
    NotInvoked,
    out_of_its_time,
    timed_out,
    too_large,
)

AT_ONCE = 8
"""Processes of one function. Further invocations wait for one of them, and their time runs."""
STARTING_S = 10.0
"""How long a process may take to load the function: Lambda's limit for that."""
_EXITED = {"errorType": "Runtime.ExitError"}
_END = b"\x00halfday-end "
_OUTPUT_WAIT_S = 0.2


@dataclass(frozen=True, slots=True)
class Program:
    """How a process is begun: `command` gets the number of the socket where FD stands."""

    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    source: Path | None = None
    """The function's file, if it is one: it is looked at also while no process could load it."""
    timeout_s: float = math.inf
    """How long one invocation may take, whoever waits for it."""
    ram_mb: int = 128
    """What the function is told."""


class Workers:
    """The processes of one function."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._retired: asyncio.Event | None = None
        self._under_way = 0
        self._warming = asyncio.Lock()

    async def invoke(self, called: Called, event: str) -> Invoked:
        """Raises FunctionError, NotInvoked."""
        self._under_way += 1  # its code stays until it has answered, though its process may not have begun
        try:
            return await self._in_a_slot(called, event)
        finally:
            self._under_way -= 1
            self._end_if_retired()

    async def _in_a_slot(self, called: Called, event: str) -> Invoked:
        try:
            async with asyncio.timeout(called.patience_s):
                await self._slots.acquire()
        except TimeoutError:
            raise NotInvoked("TooManyRequestsException", f"{AT_ONCE} invocations of it were under way") from None
        try:
            return await self._in_a_worker(called, event)
        finally:
            self._slots.release()

    async def warm_up(self, called: Called) -> None:
        """A process is begun, if none is there."""
        async with self._warming:
            if self._idle or self._busy or self._retired is not None:
                return
            with contextlib.suppress(FunctionError, NotInvoked):
                self._idle.append(await Worker.begin(self._program, called))
        self._end_if_retired()

    async def close(self) -> None:
        for worker in (*self._idle, *self._busy):
            worker.end()
        self._idle.clear()

    async def retire(self) -> None:
        """Its processes are ended, once each has ended what it is at. It is not invoked any more."""
        self._retired = asyncio.Event()
        self._end_if_retired()
        await self._retired.wait()

    def _end_if_retired(self) -> None:
        if self._retired is None:
            return
        for worker in self._idle:
            worker.end()
        self._idle.clear()
        if not self._busy and not self._under_way:
            self._retired.set()

    async def _in_a_worker(self, called: Called, event: str) -> Invoked:
        worker = await self._fresh(called)
        self._busy.add(worker)
        try:
            answered = await worker.invoke(called, event)
        except BaseException:
            if worker.alive:
                self._idle.append(worker)
            raise
        else:
            self._idle.append(worker)
            return answered
        finally:
            self._busy.discard(worker)
            self._end_if_retired()

    async def _fresh(self, called: Called) -> Worker:
        async with self._warming:
            pass  # a process that was begun ahead is waited for: another would take as long
        while self._idle:
            worker = self._idle.pop()
            if worker.alive and not worker.changed():
                return worker
            worker.end()
        return await Worker.begin(self._program, called)


class Worker:
    """One process. Whoever has it is its only caller."""

    def __init__(
        self, process: subprocess.Popen[bytes], connection: socket.socket, output: socket.socket, program: Program
    ) -> None:
        self._process, self._connection, self._output, self._program = process, connection, output, program
        self._files: dict[str, float] = {}
        self._printed = bytearray()
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self._ended, self._awaited = asyncio.Event(), b""
        self._listening: asyncio.Task[None]
        self.alive = True

    @classmethod
    async def begin(cls, program: Program, called: Called) -> Worker:
        """A process that has loaded the function. Raises FunctionError, NotInvoked."""
        ours, theirs = socket.socketpair()
        heard, printed = socket.socketpair()
        try:
            process = await asyncio.to_thread(_start, program, called, theirs, printed)
        except OSError as problem:
            for each in (ours, heard):
                each.close()
            detail = f"{program.command[0]} cannot be started: {problem.strerror}"
            raise NotInvoked("InvalidRuntimeException", detail) from problem
        finally:
            theirs.close()
            printed.close()
        worker = cls(process, ours, heard, program)
        await worker._load()
        return worker

    async def _load(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(sock=self._connection)
        self._listening = asyncio.create_task(self._listen())
        try:
            async with asyncio.timeout(STARTING_S):
                loaded = await self._frame()
        except TimeoutError:
            self.end()
            raise timed_out(self._text()) from None
        except asyncio.IncompleteReadError:
            raise await self._crashed("while it was loaded") from None
        files, error = loaded.get("files"), loaded.get("error")
        if not isinstance(files, list) or not isinstance(error, dict | None):
            raise self._strange("while it was loaded")
        self._files = {str(path): _modified(str(path)) for path in files}
        if error is not None:
            await self._printed_all()
            self.end()
            raise _function_error(error, self._text())

    async def invoke(self, called: Called, event: str) -> Invoked:
        """Raises FunctionError, NotInvoked; then look whether it is still alive."""
        self._printed.clear()
        ended = self._ended = asyncio.Event()
        self._awaited = called.request_id.encode()
        answered = await self._asked(called, event)
        if answered.get("id") != called.request_id:
            raise self._strange(called.request_id)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_OUTPUT_WAIT_S):
                await ended.wait()
        error, answer = answered.get("error"), answered.get("answer")
        if isinstance(error, dict):
            raise _function_error(error, self._text())
        if not isinstance(answer, str):
            raise self._strange(called.request_id)
        if len(answer) > MOST_ANSWER_BYTES:
            raise too_large()
        return Invoked(answer, self._text())

    async def _asked(self, called: Called, event: str) -> dict[str, Any]:
        """The frame that comes back. Raises FunctionError, NotInvoked."""
        own_s = self._program.timeout_s
        seconds = min(called.patience_s, own_s)
        deadline = time.time() + seconds
        context = {"request_id": called.request_id, "arn": called.arn, "name": called.name}
        context["ram_mb"] = str(self._program.ram_mb)
        head = json.dumps({"id": called.request_id, "context": context, "deadline": deadline})
        asked = f'{head[:-1]},"event":{event}}}'
        try:
            async with asyncio.timeout(seconds):
                _write(self._writer, asked.encode())
                await self._writer.drain()
                return await self._frame()
        except (TimeoutError, asyncio.CancelledError) as problem:
            self.end()
            if isinstance(problem, asyncio.CancelledError):
                raise
            if own_s <= called.patience_s:
                raise out_of_its_time(called, own_s, self._text()) from None
            raise timed_out(self._text()) from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise await self._crashed(called.request_id) from None

    def changed(self) -> bool:
        """Whether a file that the function was loaded from is another by now."""
        return any(_modified(path) != known for path, known in self._files.items())

    def end(self) -> None:
        """Kills it, and whatever it has begun."""
        if not self.alive:
            return
        self.alive = False
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._writer.close()
        self._listening.cancel()
        self._output.close()
        _reap(self._process)

    async def _frame(self) -> dict[str, Any]:
        size = int.from_bytes(await self._reader.readexactly(4), "big")
        if size > 2 * MOST_ANSWER_BYTES:  # the answer is text within a text: each quote in it is two bytes
            self.end()
            raise too_large()
        try:
            frame = json.loads(await self._reader.readexactly(size))
        except (ValueError, RecursionError):
            frame = None
        return frame if isinstance(frame, dict) else {}

    def _strange(self, request_id: str) -> FunctionError:
        """Something else than the runtime has written to the socket: what is read next would be another's answer."""
        self.end()
        message = f"RequestId: {request_id} Error: Runtime exited without providing a reason"
        return FunctionError(message, output=self._text(), told=_EXITED)

    async def _crashed(self, request_id: str) -> FunctionError:
        await self._printed_all()
        code = await asyncio.to_thread(_wait, self._process)
        self.end()
        how = f"exit status {code}" if code >= 0 else f"signal: {signal.strsignal(-code)}"
        message = f"RequestId: {request_id} Error: Runtime exited with error: {how}"
        return FunctionError(message, output=self._text(), told=_EXITED)

    async def _listen(self) -> None:
        """Keeps what the function prints, up to a limit, and sees where an invocation's prints end."""
        loop = asyncio.get_running_loop()
        self._output.setblocking(False)
        line = b""
        while data := await loop.sock_recv(self._output, 65536):
            *lines, line = (line + data).split(b"\n")
            for one in lines:
                self._heard(one)
            if len(line) > MOST_OUTPUT_BYTES:
                self._keep(line)
                line = b""
        self._keep(line)

    def _heard(self, line: bytes) -> None:
        before, mark, request_id = line.rpartition(_END)
        if not mark:
            self._keep(line + b"\n")
        elif request_id == self._awaited:  # else it ends an invocation whose prints came too late
            self._keep(before)
            self._ended.set()

    def _keep(self, printed: bytes) -> None:
        self._printed += printed[: max(0, MOST_OUTPUT_BYTES - len(self._printed))]

    async def _printed_all(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_OUTPUT_WAIT_S):
                await asyncio.shield(self._listening)

    def _text(self) -> str:
        return self._printed.decode(errors="replace")


def _start(program: Program, called: Called, theirs: socket.socket, printed: socket.socket) -> subprocess.Popen[bytes]:
    fd = theirs.fileno()
    return subprocess.Popen(
        [str(fd) if part == "FD" else part for part in program.command],
        cwd=program.folder,
        env={**program.environment, "AWS_LAMBDA_FUNCTION_NAME": called.name},
        stdin=subprocess.DEVNULL,
        stdout=printed.fileno(),
        stderr=printed.fileno(),
        pass_fds=(fd,),
        start_new_session=True,
    )


def _wait(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        return -signal.SIGKILL


def _reap(process: subprocess.Popen[bytes]) -> None:
    """A killed process is waited for elsewhere: nobody is kept by it."""
    import threading

    threading.Thread(target=process.wait, daemon=True).start()


def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(len(data).to_bytes(4, "big") + data)


def _modified(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _function_error(told: Mapping[str, Any], output: str) -> FunctionError:
    further = {name: told[name] for name in ("errorType", "stackTrace", "trace") if name in told}
    return FunctionError(
        str(told.get("errorMessage", "")), where=str(told.get("where", "")), output=output, told=further
    )
