"""Calls made from AWS's service models: a skeleton that is right, and hostile leaves in it. A seed repeats them."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

import botocore.session

from attack.wire import TARGETS, VERSIONS, dummy_signature

DEPTH = 6
RAW = "\ue000raw:{}\ue000"
"""Stands in a document for text that is no JSON value of Python's."""
HOSTILE: tuple[Any, ...] = (
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\x1b[31mred",
        "\x7f",
        "\ud800",
        "é" * 40,
        "\u2028",
        "\r\nX-Injected: yes",
        "a" * 129,
        "a" * 3_000,
    ),
    *(
        "a" * 70_000,
        "<script>alert(1)</script>",
        "]]>",
        "&x;",
        "%00",
        "../../etc/passwd",
        "http://[",
        "'; drop table users",
        "١٢",
    ),
    *(
        "\U0001f600" * 20,
        "\ufffe",
        "\ufeff",
        "null",
        "{}",
        "${jndi:x}",
        "{####}",
        "*",
        "a b",
        "\t",
        "\\",
        '"',
        "=cmd|x",
        "True",
    ),
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2**31,
        2**63,
        2**64,
        -(2**63),
        10**400,
        0.5,
        1e308,
        5e-324,
        [],
        {},
        [[]],
        [None],
        [{}],
    ),
    *({"": ""}, {"a": {"b": [1, {"c": None}]}}, [0] * 300, {"S": "x"}, ["a"] * 60, [["x"]]),
    *(
        RAW.format(raw)
        for raw in ("1e999", "-1e999", "NaN", "Infinity", "-0", "1E400", "[" * 200 + "]" * 200, "9" * 5_000)
    ),
)
LIKELY: dict[str, list[Any]] = {
    "Name": ["email", "nickname", "name", "crew"],
    "Value": ["ada@example.com", "true", "x"],
    "UserAttributeNames": [["nickname"]],
    "CloudWatchLogsRoleArn": ["arn:aws:iam::123456789012:role/service-role/Import"],
    "ProviderName": ["COGNITO", "Google", "Other"],
    "Identifier": ["https://api.example", "orders"],
    "Limit": [10],
    "MaxResults": [10],
    "CallbackURLs": [["http://localhost:8080"]],
    "DefaultRedirectURI": ["http://localhost:8080"],
    "LambdaConfig": [{}],
    "PolicyDocument": ['{"Version":"2012-10-17","Statement":[]}'],
    "AssumeRolePolicyDocument": ['{"Version":"2012-10-17","Statement":[]}'],
    "Path": ["/"],
    "Tags": [{"a": "b"}],
    "MessageAction": ["SUPPRESS"],
    "Filter": ['email = "ada@example.com"'],
    "Permanent": [True],
    "CSS": [".logo-customizable { max-width: 60%; }"],
}
SERVICES = {"cognito-idp": 75, "cognito-identity": 13, "iam": 6, "sts": 6}
"""How many of a hundred calls go to each."""


@dataclass(frozen=True)
class Call:
    service: str
    operation: str
    headers: Mapping[str, str]
    body: bytes


class Fuzzer:
    """`known`: values for members by name, which exist on the server or are likely to be taken.

    `unanswered`: operations that the server does not have, and that are not called again.
    """

    def __init__(
        self, seed: int, known: Mapping[str, list[Any]], unanswered: set[tuple[str, str]] | None = None
    ) -> None:
        self.random, self.known = random.Random(seed), {**LIKELY, **known}
        self.unanswered = set() if unanswered is None else unanswered

    def call(self) -> Call:
        service = self.random.choices(list(SERVICES), list(SERVICES.values()))[0]
        names = [name for name in operations(service) if (service, name) not in self.unanswered]
        return self.call_of(service, self.random.choice(names))

    def call_of(self, service: str, operation: str) -> Call:
        shape = model(service).operation_model(operation).input_shape
        members = self._structure(shape, 0) if shape else {}
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 4))):
            members = self._spoilt(members)
        return self._call(service, operation, members)

    def _call(self, service: str, operation: str, members: Any) -> Call:
        if service in TARGETS:
            return Call(service, operation, self._json_headers(service, operation), self._json(members))
        return Call(service, operation, _form_headers(service), self._query(service, operation, members))

    def call_with(self, service: str, operation: str, member: str) -> Call:
        """As right as can be, but for this member of the request."""
        shape = model(service).operation_model(operation).input_shape
        wanted = [name for name in shape.members if name in shape.required_members or name in self.known]
        members = {name: self._value(shape.members[name], name, 1) for name in wanted}
        return self._call(service, operation, {**members, member: self.random.choice(HOSTILE)})

    def _structure(self, shape: Any, depth: int) -> dict[str, Any]:
        chance = 0.2 if depth < 2 else 0.15
        wanted = [name for name in shape.members if name in shape.required_members or self.random.random() < chance]
        return {name: self._value(shape.members[name], name, depth + 1) for name in wanted}

    def _value(self, shape: Any, name: str, depth: int) -> Any:
        if name in self.known and self.random.random() < 0.9:
            return self.random.choice(self.known[name])
        if depth > DEPTH:
            return None
        kind = shape.type_name
        if kind == "structure":
            return self._structure(shape, depth)
        if kind == "list":
            return [self._value(shape.member, name, depth + 1) for _ in range(self.random.randint(0, 3))]
        if kind == "map":
            keys = [self._value(shape.key, "", depth + 1) for _ in range(self.random.randint(0, 2))]
            return {str(key): self._value(shape.value, "", depth + 1) for key in keys}
        return self._leaf(shape)

    def _leaf(self, shape: Any) -> Any:
        kind, bounds = shape.type_name, shape.metadata
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind in ("integer", "long", "float", "double"):
            return self.random.choice((bounds.get("min", 0), bounds.get("max", 9), 1))
        if kind == "timestamp":
            return self.random.choice((0, 1_700_000_000, -1, 1e12))
        if kind == "blob":
            return self.random.choice(("QUJD", "AAAA", "not base64!", "é", ""))
        if shape.enum:
            return self.random.choice(shape.enum)
        return self.random.choice(
            ("a", "ada", "A1b2-c3", "x" * max(1, min(bounds.get("min", 1), 200)), "us-east-1_Fuzz")
        )

    def _spoilt(self, value: Any) -> Any:
        """One place in it, at random, replaced, removed or added to."""
        if isinstance(value, dict) and value and self.random.random() < 0.9:
            name = self.random.choice(list(value))
            if self.random.random() < 0.1:
                return {other: held for other, held in value.items() if other != name}
            return {**value, name: self._spoilt(value[name])}
        if isinstance(value, list) and value and self.random.random() < 0.7:
            place = self.random.randrange(len(value))
            return [*value[:place], self._spoilt(value[place]), *value[place + 1 :]]
        return self.random.choice(HOSTILE)

    def _json(self, members: Any) -> bytes:
        text = json.dumps(members, ensure_ascii=self.random.random() < 0.7)
        start, end = RAW.encode("unicode_escape").decode().split("{}"), RAW.split("{}")
        for before, after in (start, end):
            while f'"{before}' in text:
                head, _, rest = text.partition(f'"{before}')
                raw, _, tail = rest.partition(f'{after}"')
                text = head + raw + tail
        raw = text.encode("utf-8", "surrogatepass")
        return self.random.choice((raw[:-1], raw + b"x", b"\xff" + raw, b"")) if self.random.random() < 0.01 else raw

    def _json_headers(self, service: str, operation: str) -> dict[str, str]:
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{TARGETS[service]}.{operation}"}
        headers |= dummy_signature(service)
        if self.random.random() < 0.02:
            odd = ("<script>", "é".encode().decode("latin-1"), "a" * 3_000, "", "us east 1", "'")
            headers["Authorization"] = headers["Authorization"].replace("us-east-1", self.random.choice(odd))
        return headers

    def _query(self, service: str, operation: str, members: Any) -> bytes:
        pairs = [("Action", operation), ("Version", VERSIONS[service]), *_flat("", members)]
        return "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in pairs).encode()


def _flat(prefix: str, value: Any) -> list[tuple[str, str]]:
    """The Query protocol's names for what is nested."""
    if isinstance(value, dict):
        return [
            pair for name, member in value.items() for pair in _flat(f"{prefix}.{name}" if prefix else name, member)
        ]
    if isinstance(value, list):
        return [pair for n, member in enumerate(value, 1) for pair in _flat(f"{prefix}.member.{n}", member)]
    return [(prefix, value if isinstance(value, str) else json.dumps(value))]


def _escaped(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def _form_headers(service: str) -> dict[str, str]:
    return {"Content-Type": "application/x-www-form-urlencoded", **dummy_signature(service)}


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


@cache
def operations(service: str) -> list[str]:
    """Those that Halfday may know: of IAM the ones about roles."""
    names = list(model(service).operation_names)
    return [name for name in names if "Role" in name] if service == "iam" else names
