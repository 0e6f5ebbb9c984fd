"""Patch operations of v1: `replace /name`, `add /variables/url`, `remove /providerARNs`.

Source: API Gateway API reference, Patch operations. Only the paths that an entity lists may be changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday.server.domain.gateway.checks import bad
from halfday.server.domain.refusals import Refused
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


@dataclass(frozen=True, slots=True)
class Manners:
    """How an entity refuses patches. LocalStack recorded AWS, where each has words of its own.

    `replaced`: of texts, flags and numbers, what is told where they are not replaced but added or removed. `briefly`: a
    path that is none is told without those that are. `absent`: of maps, what is told of a member that is not there.
    """

    replaced: str = ""
    briefly: bool = False
    absent: Mapping[str, str] = field(default_factory=dict)


USUAL = Manners()
ONLY_REPLACED = "Invalid patch operation specified. Must be one of: [replace]"


def patched(call: Call, entity: Entity, paths: Mapping[str, str], manners: Manners = USUAL) -> None:
    """Changes the entity as the call says. `paths`: text, number, flag, list, items or map by the member's name. What
    is changed of items stands in the path.

    Raises Refused for other paths.
    """
    for operation in call.input.get("patchOperations", ()):
        op, path, value = operation.get("op", "replace"), operation.get("path"), operation.get("value", "")
        if path is None:
            raise bad("Invalid patch path null")
        parts = [part.replace("~1", "/").replace("~0", "~") for part in path.lstrip("/").split("/")]
        kind = paths.get(parts[0])
        is_named = len(parts) > 1 and bool(parts[1])
        if (kind == "items" and not is_named) or (manners.briefly and _is_strange(kind, parts)):
            raise bad(f"Invalid patch path {path}")
        if kind is None:
            raise bad(
                f"Invalid patch path  '{path}' specified for op '{op}'. Must be one of: "
                f"[{', '.join('/' + known for known in paths)}]"
            )
        if op not in ("add", "replace", "remove"):
            raise bad(f"Invalid patch operation specified. Must be one of: [add, remove, replace], not {op}")
        if kind == "map":
            _check_there(entity, parts, op, manners)
            _patch_map(entity, parts, op, value)
        elif kind in ("list", "items"):
            _patch_list(entity, parts, op, value)
        elif op != "replace" and manners.replaced:
            raise bad(manners.replaced.format(path=path))
        elif op == "remove":
            entity.pop(parts[0], None)
        else:
            entity[parts[0]] = READERS[kind](value)


def _is_strange(kind: str | None, parts: list[str]) -> bool:
    """Whether no such member is there: a map's has a name, in which a slash is spelt ~1."""
    return kind is None or (kind == "map" and len(parts) != 2)


def _check_there(entity: Entity, parts: list[str], op: str, manners: Manners) -> None:
    """Raises Refused where what is to be replaced or removed is not there, if this entity refuses that."""
    told = manners.absent.get(parts[0])
    if told and op in ("replace", "remove") and "/".join(parts[1:]) not in entity.get(parts[0], {}):
        raise Refused("NotFoundException", told)


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
