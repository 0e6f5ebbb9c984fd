"""What readers of foreign files share: text, JSON with its line, and values of the type that they must have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from halfday.server.transfer.errors import TransferRefused

MOST_BYTES = 512 * 1024 * 1024


def text_of(path: Path) -> str:
    """Raises TransferRefused."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)  # what is no file, such as a pipe, does not tell its size
    except OSError as problem:
        raise TransferRefused(str(path), f"cannot be read: {problem.strerror or problem}") from problem
    except ValueError as problem:
        raise TransferRefused(str(path)[:80], "is no path") from problem
    if len(content) > MOST_BYTES:
        raise TransferRefused(str(path), f"is larger than {MOST_BYTES // 2**20} MiB: cut it into several files")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise TransferRefused(str(path), f"is not UTF-8: the byte at {problem.start} is invalid") from problem


def json_of(text: str, place: str) -> Any:
    """Raises TransferRefused with the line."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        raise TransferRefused(f"{place}, line {problem.lineno}", f"is not JSON: {problem.msg}") from problem
    except (ValueError, RecursionError) as problem:
        raise TransferRefused(place, "is not JSON that can be read: nested too deep, or a number too long") from problem


def object_of(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TransferRefused(place, "must be an object")
    return value


def objects_of(value: Any, place: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        raise TransferRefused(place, "must be a list")
    return [object_of(one, f"{place} number {number}") for number, one in enumerate(value, 1)]


def text_in(members: Mapping[str, Any], name: str, place: str, default: str = "") -> str:
    value = members.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise TransferRefused(f"{place}: {name}", "must be text")
    return value


def flag_in(members: Mapping[str, Any], name: str, place: str, *, default: bool) -> bool:
    value = members.get(name, default)
    if not isinstance(value, bool):
        raise TransferRefused(f"{place}: {name}", "must be true or false")
    return value


def sub_of(pool_id: str, given: str) -> str:
    """The id as a UUID: as it is, or one that is always the same for it. The same import finds its users again."""
    try:
        return str(UUID(given))
    except ValueError:
        named = f"{pool_id}/{given}".encode("utf-8", "backslashreplace").decode()
        return str(uuid5(NAMESPACE_URL, named))


def listed(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items() if value != ""]
