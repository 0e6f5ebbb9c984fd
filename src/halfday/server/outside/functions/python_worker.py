"""Runs one Python function, in a process of its own. It needs Python 3.8 and nothing else: any interpreter will do.

    python python_worker.py FD FILE_OR_MODULE HANDLER

On the socket FD come frames: four bytes of length, and JSON. The first that is sent says whether the function could be
loaded, and from which files. Then each frame that comes is an invocation, `{"id", "event", "context", "deadline"}`; the
one that goes back has its `id`, and `answer` or `error`. After each, a line with the id ends what the function printed.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import socket
import sys
import time
import traceback
from typing import Any, Callable, Dict, List, Optional  # noqa: UP035 - Python 3.8 is to run this file

END = "\x00halfday-end "

Frame = Dict[str, Any]  # noqa: UP006
Function = Callable[[Any, "Context"], Any]


class Context:
    """Lambda's context object, as its documentation lists it."""

    def __init__(self, given: Frame, deadline: float) -> None:
        self.aws_request_id = given["request_id"]
        self.invoked_function_arn = given["arn"]
        self.function_name = given["name"]
        self.function_version = "$LATEST"
        self.memory_limit_in_mb = given.get("ram_mb", "128")
        self.log_group_name = f"/aws/lambda/{given['name']}"
        self.log_stream_name = f"halfday/{os.getpid()}"
        self.identity = None
        self.client_context = None
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.time()) * 1000))

    def log(self, message: object) -> None:
        sys.stdout.write(str(message))


class NotLoaded(Exception):
    """The function cannot be had. The sentence is Lambda's."""


def load(place: str, handler: str) -> Function:
    """The function. `place` is a file, or a module's name on sys.path. Raises NotLoaded."""
    try:
        module = _module(place)
    except Exception as problem:
        raise NotLoaded(f"Unable to import module '{place}': {problem}") from problem
    found: Any = module
    for part in handler.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise NotLoaded(f"Handler '{handler}' missing on module '{place}'")
    return found  # type: ignore[no-any-return]


def _module(place: str) -> Any:
    if not place.endswith(".py"):
        sys.path.insert(0, os.getcwd())
        return importlib.import_module(place.replace("/", "."))
    folder, name = os.path.dirname(os.path.abspath(place)), os.path.basename(place)[:-3]
    sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(name, place)
    if spec is None or spec.loader is None:
        raise ImportError(f"{place} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def own_files() -> List[str]:  # noqa: UP006
    """The files of what is loaded, but for the installation's: when one changes, a new process is begun."""
    installed = tuple(os.path.realpath(path) for path in {sys.prefix, sys.base_prefix, os.path.dirname(os.__file__)})
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    own = {os.path.abspath(path) for path in files if path and not os.path.realpath(path).startswith(installed)}
    return sorted(own - {os.path.abspath(__file__)})


def told(problem: BaseException) -> Frame:
    """An exception as Lambda answers it, and where in the function it was raised."""
    cause = problem.__cause__ if isinstance(problem, NotLoaded) and problem.__cause__ else problem
    frames = traceback.extract_tb(cause.__traceback__)
    own = [frame for frame in frames if _is_own(frame.filename)]
    where = f"{own[-1].filename}:{own[-1].lineno}" if own else ""
    if isinstance(cause, SyntaxError) and cause.filename:
        where = f"{cause.filename}:{cause.lineno}"
    trace = traceback.format_list(own)
    return {"errorMessage": str(problem), "errorType": type_of(problem), "stackTrace": trace, "where": where}


def type_of(problem: BaseException) -> str:
    """Lambda's word for what cannot be loaded, else the exception's class."""
    if not isinstance(problem, NotLoaded):
        return type(problem).__name__
    cause = problem.__cause__
    if cause is None:
        return "Runtime.HandlerNotFound"
    return "Runtime.UserCodeSyntaxError" if isinstance(cause, SyntaxError) else "Runtime.ImportModuleError"


def _is_own(filename: str) -> bool:
    return os.path.abspath(filename) != os.path.abspath(__file__) and not filename.startswith("<frozen")


def receive(connection: socket.socket) -> Optional[Frame]:  # noqa: UP045
    """None once the other side is gone."""
    head = _read(connection, 4)
    body = _read(connection, int.from_bytes(head, "big")) if head else b""
    return json.loads(body) if body else None


def _read(connection: socket.socket, size: int) -> bytes:
    parts = []
    while size:
        part = connection.recv(min(size, 65536))
        if not part:
            return b""
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def send(connection: socket.socket, value: Frame) -> None:
    data = json.dumps(value).encode()
    connection.sendall(len(data).to_bytes(4, "big") + data)


def invoke(function: Function, asked: Frame) -> Frame:
    try:
        answer = function(asked["event"], Context(asked["context"], asked["deadline"]))
    except Exception as problem:
        traceback.print_exc()
        return {"error": told(problem)}
    try:
        return {"answer": json.dumps(answer)}
    except (TypeError, ValueError) as problem:
        sentence = f"Unable to marshal response: {problem}"
        return {"error": {"errorMessage": sentence, "errorType": "Runtime.MarshalError", "where": ""}}


def main() -> None:
    connection = socket.socket(fileno=int(sys.argv[1]))
    owner = os.getpid()
    try:
        function = load(sys.argv[2], sys.argv[3])
    except NotLoaded as problem:
        traceback.print_exc()
        send(connection, {"error": told(problem), "files": own_files()})
        return
    send(connection, {"files": own_files()})
    while True:
        asked = receive(connection)
        if asked is None:
            return
        outcome = invoke(function, asked)
        if os.getpid() != owner:  # the function has forked, and this is the child
            os._exit(0)
        sys.stderr.flush()
        sys.stdout.flush()
        os.write(1, f"{END}{asked['id']}\n".encode())
        send(connection, {"id": asked["id"], **outcome})


if __name__ == "__main__":
    main()
