"""AWS's services by their names: how each is signed for and spoken to, and what its permissions are called.

services.json is made of botocore's models and of AWS's service authorization reference: `iam` is the prefix of the
service's actions, `unnamed` are the operations of which no action has the name. A test holds it against botocore.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Service:
    """`name` is boto3's. `target` is the prefix of X-Amz-Target. `prefix` is empty where actions have no known one."""

    name: str
    signing: str
    protocols: tuple[str, ...]
    target: str
    prefix: str
    unnamed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Binding:
    """Where an operation of a REST service is, and which of its members are beside its body."""

    operation: str
    method: str
    path: str
    query: frozenset[str]
    any_query: bool
    headers: frozenset[str]
    body_is_json: bool


@dataclass(frozen=True, slots=True)
class Model:
    """What of a service's model its wire needs."""

    json_version: str
    api_version: str
    namespace: str
    operations: frozenset[str]
    bindings: tuple[Binding, ...] = field(default=(), repr=False)


@cache
def _table() -> Mapping[str, Service]:
    given: dict[str, dict[str, Any]] = json.loads(files(__package__).joinpath("services.json").read_text())
    return {
        name: Service(
            name,
            one["signing"],
            tuple(one["protocols"]),
            one.get("target", ""),
            one.get("iam", ""),
            frozenset(one.get("unnamed", ())),
        )
        for name, one in given.items()
    }


def service_names() -> Iterable[str]:
    """As boto3 and the AWS CLI name them."""
    return _table()


def service_named(name: str) -> Service:
    return _table()[name]


@cache
def signed_for(signing: str) -> tuple[Service, ...]:
    """The services that this name in a signature may mean; the one that is named so first."""
    found = [one for one in _table().values() if one.signing == signing]
    return tuple(sorted(found, key=lambda one: (one.name != signing, one.name)))


@cache
def model_of(name: str) -> Model:
    described = _described(name)
    metadata, shapes = described["metadata"], described["shapes"]
    rest = any(protocol.startswith("rest-") for protocol in service_named(name).protocols)
    bindings = [_binding(op, one, shapes) for op, one in described["operations"].items()] if rest else []
    return Model(
        metadata.get("jsonVersion", "1.1"),
        metadata["apiVersion"],
        metadata.get("xmlNamespace", ""),
        frozenset(described["operations"]),
        tuple(bindings),
    )


def _described(name: str) -> dict[str, Any]:
    found = find_spec("botocore")  # which imports nothing of it
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("No module named 'botocore'", name="botocore")
    folder = Path(found.submodule_search_locations[0], "data", name)
    newest = max(path for path in folder.iterdir() if path.is_dir())
    described: dict[str, Any] = json.loads(gzip.decompress((newest / "service-2.json.gz").read_bytes()))
    return described


def _binding(operation: str, described: Mapping[str, Any], shapes: Mapping[str, Any]) -> Binding:
    given = shapes.get(described.get("input", {}).get("shape", ""), {})
    members = given.get("members", {})
    placed: dict[str, list[tuple[str, str]]] = {}
    for name, member in members.items():
        kind = shapes[member["shape"]]["type"]
        placed.setdefault(member.get("location", "body"), []).append((member.get("locationName", name), kind))
    payload = given.get("payload")
    opaque = payload is not None and shapes[members[payload]["shape"]]["type"] in ("blob", "string")
    query = placed.get("querystring", [])
    return Binding(
        operation,
        described["http"]["method"],
        described["http"]["requestUri"],
        frozenset(name for name, kind in query if kind != "map"),
        any(kind == "map" for _, kind in query),
        frozenset(name.lower() for name, _ in placed.get("header", [])),
        not opaque and service_is_json(described),
    )


def service_is_json(described: Mapping[str, Any]) -> bool:
    """Whether bodies of the operation are JSON: event streams are not."""
    return "eventstream" not in described
