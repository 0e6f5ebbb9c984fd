"""Patch operations of v1: `replace /name`, `add /variables/url`, `remove /providerARNs`.

Source: API Gateway API reference, Patch operations. Only the paths that an entity lists may be changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from halfday.server.domain.gateway.checks import bad
from halfday.server.operations.framework.registry import Call

Entity = dict[str, Any]
Read = Callable[[str], Any]


def _text(value: str) -> Any:
    return value


def _number(value: str) -> Any:
    try:
        return int(value)
    except ValueError as problem:
        raise bad(f"Invalid patch value: {value}") from problem


def _flag(value: str) -> Any:
    if value.lower() not in ("true", "false"):
        raise bad(f"Invalid patch value: {value}")
    return value.lower() == "true"


READERS: Mapping[str, Read] = {"text": _text, "number": _number, "flag": _flag}


def patched(call: Call, entity: Entity, paths: Mapping[str, str]) -> None:
    """Changes the entity as the call says. `paths`: text, number, flag, list or map by the member's name.

    Raises Refused for other paths.
    """
    for operation in call.input.get("patchOperations", ()):
        op, path, value = operation.get("op", "replace"), operation.get("path", ""), operation.get("value", "")
        parts = [part.replace("~1", "/").replace("~0", "~") for part in path.lstrip("/").split("/")]
        kind = paths.get(parts[0])
        if kind is None:
            raise bad(
                f"Invalid patch path  '{path}' specified for op '{op}'. Must be one of: "
                f"[{', '.join('/' + known for known in paths)}]"
            )
        if op not in ("add", "replace", "remove"):
            raise bad(f"Invalid patch operation specified. Must be one of: [add, remove, replace], not {op}")
        if kind == "map":
            _patch_map(entity, parts, op, value)
        elif kind == "list":
            _patch_list(entity, parts, op, value)
        elif op == "remove":
            entity.pop(parts[0], None)
        else:
            entity[parts[0]] = READERS[kind](value)


def _patch_map(entity: Entity, parts: list[str], op: str, value: str) -> None:
    if len(parts) == 1:
        if op == "remove":
            entity.pop(parts[0], None)
            return
        raise bad(f"Invalid patch path '/{parts[0]}': it needs the name of a member")
    members = entity.setdefault(parts[0], {})
    name = "/".join(parts[1:])
    if op == "remove":
        members.pop(name, None)
    else:
        members[name] = value


def _patch_list(entity: Entity, parts: list[str], op: str, value: str) -> None:
    """The item stands in the path or is the value. To replace an item of the path is to put the value in its place."""
    items: list[str] = entity.setdefault(parts[0], [])
    named = "/".join(parts[1:]) or None
    if op == "replace" and named is None:
        entity[parts[0]] = [item.strip() for item in value.split(",") if item.strip()]
        return
    gone = named if op == "replace" else (named or value) if op == "remove" else None
    if gone in items:
        items.remove(str(gone))
    new = value if op == "replace" else (named or value) if op == "add" else None
    if new and new not in items:
        items.append(new)
