"""What runs where an ARN is called: `handlers.py:pre_sign_up`, `app.mjs#handler`, `http://127.0.0.1:3002`, a build.

A build is a folder or a zip as SAM and CDK make it, with Lambda's own word for the handler behind `#`:
`.aws-sam/build/PreSignUp#app.lambda_handler`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from halfday.server.outside.connections import OutgoingCalls
from halfday.server.outside.functions.code_files import make_private
from halfday.server.outside.functions.invocation import Target
from halfday.server.outside.functions.invoke_url import InvokeUrl
from halfday.server.outside.functions.workers import Program, Workers

_HERE = Path(__file__).parent
_NODE_FILES = (".mjs", ".cjs", ".js")
_MOST_ZIP_BYTES = 250 * 1024 * 1024
"""Lambda's limit on a function's unpacked code."""


class TargetRefused(ValueError):
    """The text names nothing that can be run. The sentence says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A function as it is declared. `python` is an interpreter of its own; paths are taken from `folder`."""

    name: str
    target: str
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    python: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every function gets: the server's address and Region in its environment, and where builds are unpacked."""

    environment: Mapping[str, str] = field(repr=False)
    unpacked: Path
    calls: OutgoingCalls


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A function whose code lies unpacked in `folder`: what Lambda's API says of it."""

    handler: str
    runtime: str
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    timeout_s: float
    ram_mb: int


def target_of_upload(uploaded: Uploaded, around: Surroundings) -> Workers:
    """Raises TargetRefused in Lambda's words where the handler is not there."""
    module, _, function = uploaded.handler.rpartition(".")
    declared = Declared("", uploaded.handler, uploaded.folder)
    if uploaded.runtime.startswith("python"):
        program = _python(declared, around, module.replace("/", "."), function, None)
    else:
        program = _node(declared, around, _node_module(uploaded.folder, module), function)
    return Workers(
        replace(
            program,
            folder=uploaded.folder,
            environment={**program.environment, **uploaded.environment},
            timeout_s=uploaded.timeout_s,
            ram_mb=uploaded.ram_mb,
        )
    )


def check_can_run() -> None:
    """Raises TargetRefused on machines where no function runs in a process."""
    if os.name != "posix":
        raise TargetRefused("functions run in processes of this machine on Linux and macOS only; name an invoke URL")


def _node_module(folder: Path, module: str) -> Path:
    for suffix in (".js", ".mjs", ".cjs"):
        if (file := folder / f"{module}{suffix}").is_file():
            return file
    raise TargetRefused(f"Error: Cannot find module '{module}'")


def target_of(declared: Declared, around: Surroundings) -> Target:
    """Where the function runs. Raises TargetRefused."""
    text = declared.target
    if text.startswith(("http://", "https://")):
        if not urlsplit(text).hostname:
            raise TargetRefused(f"{text} is no URL")
        return InvokeUrl(text, around.calls)
    check_can_run()
    return Workers(_program(declared, around))


def _program(declared: Declared, around: Surroundings) -> Program:
    place, mark, handler = declared.target.rpartition("#")
    if not mark:
        place, mark, handler = declared.target.rpartition(":")
    if not (place and handler):
        raise TargetRefused(
            f"{declared.target!r} names no function: write FILE.py:HANDLER, MODULE:HANDLER, FILE.mjs#HANDLER, "
            "BUILD#FILE.HANDLER or an invoke URL"
        )
    declared = replace(declared, folder=declared.folder.absolute())  # the process has another folder for its own
    path = declared.folder / place
    if path.suffix == ".zip" or path.is_dir():
        return _of_build(declared, around, path, handler)
    if path.suffix in _NODE_FILES:
        return _node(declared, around, _existing(path), handler)
    if path.suffix == ".py":
        return _python(declared, around, str(_existing(path)), handler, path)
    return _python(declared, around, place, handler, None)


def _of_build(declared: Declared, around: Surroundings, path: Path, handler: str) -> Program:
    """A handler is spelt as Lambda spells it: the file without its suffix, a dot, the function."""
    folder = _unpacked(_existing(path), around.unpacked) if path.suffix == ".zip" else path
    module, dot, function = handler.rpartition(".")
    if not dot:
        raise TargetRefused(f"{declared.target}: the handler of a build is FILE.FUNCTION, such as app.lambda_handler")
    for suffix in (".py", *_NODE_FILES):
        if (file := folder / f"{module}{suffix}").is_file():
            make = _node if suffix in _NODE_FILES else _python_file
            return make(declared, around, file, function)
    raise TargetRefused(f"{declared.target}: there is no {module}.py and no {module}.mjs, .cjs or .js in {folder}")


def _python_file(declared: Declared, around: Surroundings, file: Path, handler: str) -> Program:
    return _python(declared, around, str(file), handler, file)


def _python(declared: Declared, around: Surroundings, place: str, handler: str, file: Path | None) -> Program:
    command = (_interpreter(declared), "-u", str(_HERE / "python_worker.py"), "FD", place, handler)
    return Program(command, file.parent if file else declared.folder, _environment(declared, around), file)


def _interpreter(declared: Declared) -> str:
    """A path is taken from the function's folder, a word is looked up on PATH."""
    named = declared.python
    return str(declared.folder.absolute() / named) if os.sep in named else named or sys.executable


def _node(declared: Declared, around: Surroundings, file: Path, handler: str) -> Program:
    node = shutil.which("node")
    if node is None:
        raise TargetRefused(f"{declared.target} needs node, and there is none on PATH")
    command = (node, str(_HERE / "node_worker.mjs"), "FD", str(file), handler)
    return Program(command, file.parent, _environment(declared, around), file)


def _environment(declared: Declared, around: Surroundings) -> dict[str, str]:
    """What the server itself was given stays the server's, but for where programs and homes are."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "SSL_CERT_FILE")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "PYTHONDONTWRITEBYTECODE": "1",
        **around.environment,
        **declared.environment,
    }


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise TargetRefused(f"there is no file {path}")
    return path


def _unpacked(archive: Path, into: Path) -> Path:
    """The folder with the archive's content, made once for each content. Raises TargetRefused."""
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()[:32]
    into = into.absolute()
    folder = into / digest
    if folder.is_dir():
        return folder
    make_private(into)
    making = into / f"{digest}.{os.getpid()}"
    try:
        with zipfile.ZipFile(archive) as packed:
            if sum(one.file_size for one in packed.infolist()) > _MOST_ZIP_BYTES:
                raise TargetRefused(f"{archive} unpacks to more than {_MOST_ZIP_BYTES // 2**20} MiB")
            packed.extractall(making)  # ZipFile keeps names within the folder
    except zipfile.BadZipFile as problem:
        raise _left(making, f"{archive} is no zip: {problem}") from problem
    except (RuntimeError, OSError) as problem:  # encrypted, packed in another way, a file that is a folder too
        raise _left(making, f"{archive} cannot be unpacked: {problem}") from problem
    making.rename(folder)
    return folder


def _left(making: Path, sentence: str) -> TargetRefused:
    """What was unpacked of it goes."""
    shutil.rmtree(making, ignore_errors=True)
    return TargetRefused(sentence)
