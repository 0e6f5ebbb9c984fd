"""What a started server tells programs: its addresses and what its seed file declares, without secrets."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from halfday.server.settings import SettingRefused

if TYPE_CHECKING:
    from halfday.server.serving import Running


def told(running: Running, document: Mapping[str, Any]) -> dict[str, Any]:
    settings = running.services.settings
    return {
        "origin": running.origin,
        "port": running.port,
        "management": running.management,
        "aws_names": running.aws_names,
        "stand_ins": dict(running.stand_ins),
        "region": settings.region,
        "account_id": settings.account_id,
        "ephemeral": settings.ephemeral,
        "process_id": os.getpid(),
        "user_pools": [_pool(table) for table in document.get("user_pool", ())],
        "identity_pools": [table["id"] for table in document.get("identity_pool", ()) if "id" in table],
    }


def _pool(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": table.get("id"),
        "clients": [{"id": one.get("id"), "name": one.get("name")} for one in table.get("client", ())],
        "users": [one.get("username") for one in table.get("user", ())],
    }


@contextlib.contextmanager
def ready_file(path: str) -> Iterator[Path | None]:
    """The file is not there before the server is up, nor after its end. Raises SettingRefused."""
    if not path:
        yield None
        return
    file = Path(path)
    try:
        file.unlink(missing_ok=True)
        if not os.access(file.parent, os.W_OK):
            raise SettingRefused(f"ready_file: nothing can be written in {file.parent}")
    except OSError as problem:
        raise SettingRefused(f"ready_file: {path!r} cannot be written: {problem.strerror}") from problem
    try:
        yield file
    finally:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def write(file: Path, content: Mapping[str, Any]) -> None:
    """The whole file at once: whoever waits for it never reads a half."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    with os.fdopen(descriptor, "w") as made:
        json.dump(content, made)
    os.replace(name, file)
