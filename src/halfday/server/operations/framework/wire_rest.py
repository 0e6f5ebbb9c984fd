"""REST-JSON by the model: a path and a method name the operation; members are in path, query, headers and body.

An operation is found by its `http` trait (`find`), a request's members by their `location` (`parse`), and an answer is
spelt the same way (`serialise`, `error`). Source: Smithy 2.0, HTTP bindings and AWS restJson1; botocore's models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from halfday.protocol.errors import ServiceError
from halfday.server.domain.refusals import Refused
from halfday.server.operations.framework import wire_json
from halfday.server.operations.framework.model import service_model
from halfday.server.operations.framework.service_models import (
    ListShape,
    MapShape,
    OperationModel,
    Place,
    Shape,
    StructureShape,
)

CONTENT_TYPE = "application/json"
LONGEST_QUERY = 16 * 1024
MOST_FIELDS = 200

Segment = tuple[str, bool, bool]
"""Text, whether it is a label's name, and whether that label takes all that follows (`{Name+}`)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the wire has it. `path` is percent-encoded, without the query; names of headers are lower case."""

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def with_body(self, body: bytes) -> Asked:
        return replace(self, body=body)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Route:
    operation: str
    segments: tuple[Segment, ...]
    fields: Mapping[str, str]
    """What a template's own query says, such as mode=import of API Gateway's ImportRestApi."""

    @property
    def order(self) -> tuple[int, tuple[bool, ...]]:
        """The most exact first: a template with a query, then texts before labels."""
        return -len(self.fields), tuple(is_label for _, is_label, _ in self.segments)


def find(service: str, asked: Asked) -> str | None:
    """The operation that has this method and path, or None. One slash at the end is as none."""
    segments = _split(asked.path)
    query = dict(_pairs(asked.query))
    for route in _routes(service).get(asked.method, ()):
        if _labels(route, segments) is not None and route.fields.items() <= query.items():
            return route.operation
    return None


def parse(model: OperationModel, asked: Asked) -> dict[str, Any]:
    """The request's members. What the model does not know is dropped, as AWS drops it.

    Raises Refused SerializationException.
    """
    shape = model.input_shape
    if shape is None:
        return {}
    beside = _Beside(_labels(_route_of(model), _split(asked.path)) or {}, _pairs(asked.query), asked.headers)
    given = _in_body(shape, asked)
    for name, place in shape.places.items():
        found = beside.value(shape.members[name], place)
        if found is not None:
            given[name] = found
    return given


def serialise(model: OperationModel, output: Mapping[str, Any]) -> Answer:
    """The answer. Members that are None are left out. Raises LookupError for one that the model lacks."""
    shape, status = model.output_shape, int(model.http.get("responseCode", 200))
    if shape is None:
        return Answer(status, {}, b"")
    given = {name: value for name, value in output.items() if value is not None}
    if unknown := given.keys() - shape.members.keys():
        raise LookupError(f"{shape.name} has no members {sorted(unknown)}")
    headers = dict(_headers(shape, given))
    for name, place in shape.places.items():
        if place.location == "statusCode":
            status = int(given.get(name, status))
    return Answer(status, headers, b"" if status == 204 else _body(shape, given))


def error(service: str, refused: ServiceError) -> Answer:
    """The refusal as its shape in the model spells it: Lambda's have a Type, and some say Message."""
    message = refused.message[: wire_json.LONGEST_MESSAGE]
    shape = _error_shape(service, refused.code)
    members = shape.members if shape else {}
    spelt = next((name for name in members if name.lower() == "message"), "message")
    about = {"Type": "User" if refused.status < 500 else "Service"} if "Type" in members else {}
    body = wire_json.encode({**about, spelt: message, **refused.members})
    return Answer(refused.status, {"x-amzn-errortype": refused.code, "content-type": CONTENT_TYPE}, body)


@cache
def _error_shape(service: str, code: str) -> StructureShape | None:
    model = service_model(service)
    shape = model.shape_for(code) if code in model.shape_names else None
    return shape if isinstance(shape, StructureShape) else None


@cache
def _routes(service: str) -> Mapping[str, Sequence[_Route]]:
    """By method, the most exact first."""
    model = service_model(service)
    found: dict[str, list[_Route]] = {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        found.setdefault(operation.http["method"], []).append(_route_of(operation))
    return {method: sorted(routes, key=lambda route: route.order) for method, routes in found.items()}


@cache
def _route_of(model: OperationModel) -> _Route:
    path, _, query = model.http["requestUri"].partition("?")
    segments = tuple(
        (part.strip("{}").rstrip("+"), True, part.endswith("+}")) if part.startswith("{") else (part, False, False)
        for part in _split(path)
    )
    return _Route(model.name, segments, dict(parse_qsl(query, keep_blank_values=True)))


def _split(path: str) -> list[str]:
    return path.removeprefix("/").removesuffix("/").split("/")


def _labels(route: _Route, segments: Sequence[str]) -> dict[str, str] | None:
    """The labels' values, as they were before they were encoded; None where the path is another."""
    labels = {}
    for at, (text, is_label, takes_all) in enumerate(route.segments):
        if at >= len(segments):
            return None
        if takes_all:
            labels[text] = unquote("/".join(segments[at:]))
            return labels
        if not segments[at] if is_label else unquote(segments[at]) != text:
            return None
        if is_label:
            labels[text] = unquote(segments[at])
    return labels if len(segments) == len(route.segments) else None


def _in_body(shape: StructureShape, asked: Asked) -> dict[str, Any]:
    payload = shape.payload
    if payload is None:
        has_body = any(not place.location for place in shape.places.values())
        return dict(wire_json.read_value(shape, wire_json.read_object(asked.body))) if has_body else {}
    member = shape.members[payload]
    if member.type_name in ("blob", "string"):
        return {payload: asked.body if member.type_name == "blob" else _text(asked.body)} if asked.body else {}
    return {payload: wire_json.read_value(member, wire_json.read_object(asked.body))} if asked.body else {}


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as problem:
        raise Refused("SerializationException", "the body is not UTF-8") from problem


class _Beside:
    """What a request says outside of its body."""

    def __init__(self, labels: Mapping[str, str], pairs: Sequence[tuple[str, str]], headers: Mapping[str, str]) -> None:
        self._labels, self._pairs, self._headers = labels, pairs, headers

    def value(self, shape: Shape, place: Place) -> Any:
        """None where it is not said. Raises Refused SerializationException."""
        if place.location == "uri":
            return _of_text(shape, self._labels[place.name]) if place.name in self._labels else None
        if place.location == "header":
            text = self._headers.get(place.name.lower())
            return None if text is None else _of_text(shape, text)
        if place.location == "headers":
            prefix = place.name.lower()
            found = {key[len(prefix) :]: text for key, text in self._headers.items() if key.startswith(prefix)}
            return found or None
        return self._in_query(shape, place.name) if place.location == "querystring" else None

    def _in_query(self, shape: Shape, name: str) -> Any:
        if isinstance(shape, MapShape):
            return dict(self._pairs) or None
        values = [value for key, value in self._pairs if key == name]
        if isinstance(shape, ListShape):
            return [_of_text(shape.member, value) for value in values] or None
        return _of_text(shape, values[-1]) if values else None


def _pairs(query: str) -> tuple[tuple[str, str], ...]:
    """Raises Refused for a query that is longer than any operation has a use for."""
    try:
        if len(query) > LONGEST_QUERY:
            raise ValueError
        return tuple(parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as problem:
        raise Refused("SerializationException", "the query is too long") from problem


def _of_text(shape: Shape, text: str) -> Any:
    """A value that stands in a path, a query or a header. Raises Refused SerializationException."""
    try:
        if shape.type_name in ("integer", "long"):
            return wire_json.read_value(shape, int(text))
        if shape.type_name == "boolean":
            return {"true": True, "false": False}[text.lower()]
        if shape.type_name == "timestamp":
            return wire_json.read_iso8601(text)
        return wire_json.read_value(shape, text)
    except (ValueError, KeyError) as problem:
        raise Refused("SerializationException", f"a value is no {shape.type_name}") from problem


def _headers(shape: StructureShape, given: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    placed = [(shape.places[name], value) for name, value in given.items()]
    return [(place.name.lower(), _to_text(value)) for place, value in placed if place.location == "header"]


def _to_text(value: Any) -> str:
    """One line of ASCII, as a header can hold."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return "".join(char if " " <= char <= "~" else "?" for char in text)


def _body(shape: StructureShape, given: Mapping[str, Any]) -> bytes:
    if shape.payload is None:
        inside = {name: value for name, value in given.items() if not shape.places[name].location}
        return wire_json.encode(wire_json.write_value(shape, inside))
    value = given.get(shape.payload, b"")
    if isinstance(value, (bytes, str)):
        return value if isinstance(value, bytes) else value.encode()
    return wire_json.encode(wire_json.write_value(shape.members[shape.payload], value))
