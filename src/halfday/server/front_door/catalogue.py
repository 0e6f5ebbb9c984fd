"""AWS's services by their names: how each is signed for and spoken to, and what its permissions are called.

aws_services.zip is made of botocore's models and of AWS's service authorization reference (tests/services_of_aws.py),
one member a service, of which only those are read that are called. A test holds it against botocore.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

FILE = Path(__file__).with_name("aws_services.zip")
INDEX = "index.json"


@dataclass(frozen=True, slots=True)
class Binding:
    """Where an operation of a REST service is; which fields of its query and which headers it has beside its body."""

    operation: str
    method: str
    path: str
    fields: frozenset[str]
    any_field: bool
    headers: frozenset[str]
    body_is_json: bool


@dataclass(frozen=True, slots=True)
class Service:
    """`name` is boto3's, `signing` that in signatures, `target` the prefix of X-Amz-Target.

    `prefix` is that of the service's actions, empty where it is not known. `unnamed` are the operations of which no
    action has the name.
    """

    name: str
    signing: str
    protocols: tuple[str, ...]
    target: str
    json_version: str
    api_version: str
    namespace: str
    prefix: str
    operations: frozenset[str] = field(repr=False)
    unnamed: frozenset[str] = field(repr=False)
    bindings: tuple[Binding, ...] = field(repr=False)


def service_names() -> Iterable[str]:
    """As boto3 and the AWS CLI name them."""
    return _index()


@cache
def service_named(name: str) -> Service:
    given: Mapping[str, Any] = _member(name)
    return Service(
        name,
        given["signing"],
        tuple(given["protocols"]),
        given["target"],
        given["json"],
        given["version"],
        given["namespace"],
        given["prefix"],
        frozenset(given["named"]) | frozenset(given["unnamed"]),
        frozenset(given["unnamed"]),
        tuple(_binding(*one) for one in given["bindings"]),
    )


@cache
def signed_for(signing: str) -> tuple[Service, ...]:
    """The services that this name in a signature may mean; the one that is named so first."""
    names = [name for name, its in _index().items() if its == signing]
    return tuple(service_named(name) for name in sorted(names, key=lambda name: (name != signing, name)))


@cache
def _index() -> Mapping[str, str]:
    """Name → signing name."""
    found: dict[str, str] = _member(INDEX)
    return found


def _member(name: str) -> Any:
    with ZipFile(FILE) as archive:
        return json.loads(archive.read(name))


def _binding(
    operation: str, method: str, path: str, fields: list[str], any_field: bool, headers: list[str], is_json: bool
) -> Binding:
    return Binding(operation, method, path, frozenset(fields), any_field, frozenset(headers), is_json)
