"""JSON bodies to Python values and back, driven by the model: AWS JSON 1.1, and the bodies of REST-JSON (wire_rest).

Source: facts/api.md §1.

What a body may hold is bounded before it is read: how many values, how deep, and numbers that a float can hold.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from halfday.protocol.errors import ServiceError
from halfday.server.domain.refusals import Refused
from halfday.server.operations.framework.service_models import (
    ListShape,
    MapShape,
    OperationModel,
    Shape,
    StructureShape,
)

MOST_VALUES = 10_000
"""Values in one body, counted by commas and brackets, including those within strings. A whole pool has some
hundreds.
"""
DEEPEST = 64
"""Levels of lists and objects."""
LONGEST_MESSAGE = 16_384
"""Characters of an error's sentence. Some sentences repeat what was sent."""

CONTENT_TYPE = "application/x-amz-json-1.1"


def parse(model: OperationModel, body: bytes) -> dict[str, Any]:
    """The request's members. Members that the model does not know are dropped, as AWS drops them.

    Raises Refused SerializationException.
    """
    given = read_object(body)
    return dict(_reader(model.input_shape)(given)) if model.input_shape else {}


def read_object(body: bytes) -> dict[str, Any]:
    """Raises Refused SerializationException."""
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MOST_VALUES:
        raise _unreadable("the body holds too many values")
    try:
        given = _DECODER.decode(body.decode() or "{}")
    except (ValueError, RecursionError) as problem:
        raise _unreadable("the body is not JSON") from problem
    if not isinstance(given, dict):
        raise _unreadable("the body is not a JSON object")
    return given


def read_value(shape: Shape, value: Any) -> Any:
    """A value of JSON as one of this shape. Raises Refused SerializationException."""
    return _reader(shape)(value)


def write_value(shape: Shape, value: Any) -> Any:
    """A value of this shape as JSON has it."""
    write = _writer(shape)
    return value if write is None else write(value)


def encode(value: Any) -> bytes:
    return _ENCODER.encode(value).encode()


def serialise(model: OperationModel, output: Mapping[str, Any]) -> bytes:
    """The answer's body. Members that are None are left out. Raises LookupError for one that the model lacks."""
    shape = model.output_shape
    write = _writer(shape) if shape else None
    return encode(write(output) if write else {})


def error_body(error: ServiceError) -> bytes:
    message = error.message[:LONGEST_MESSAGE]
    return json.dumps({"__type": error.code, "message": message, **error.members}).encode()


@cache
def _reader(shape: Shape) -> Callable[[Any], Any]:
    """A function that reads a value of this shape. Compiled once: each shape belongs to one operation."""
    if isinstance(shape, StructureShape):
        return _read_document if shape.is_document_type else _structure_reader(shape)
    if isinstance(shape, ListShape):
        item = _reader(shape.member)
        return lambda value: [item(one) for one in _must_be(list, value)]
    if isinstance(shape, MapShape):
        inner = _reader(shape.value)
        return lambda value: {
            _read_text(key): inner(item) for key, item in _must_be(dict, value).items() if item is not None
        }
    if shape.metadata.get("timestampFormat") == "iso8601":
        return read_iso8601
    return _SCALARS.get(shape.type_name, _as_it_is)


def _structure_reader(shape: StructureShape) -> Callable[[Any], Any]:
    """By the names on the wire. What is not in the body is read elsewhere."""
    readers = {
        place.name: (name, _reader(shape.members[name])) for name, place in shape.places.items() if not place.location
    }

    def read(value: Any) -> dict[str, Any]:
        given = _must_be(dict, value)
        found = {}
        for spelt, item in given.items():
            if item is not None and (known := readers.get(spelt)):
                found[known[0]] = known[1](item)
        return found

    return read


def _read_document(value: Any, depth: int = 1) -> Any:
    """A document: any JSON, as the model does not describe its content. Strings that cannot be stored are refused."""
    if depth > DEEPEST:
        raise _unreadable("a document is nested too deeply")
    if isinstance(value, dict):
        return {_read_text(key): _read_document(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_read_document(item, depth + 1) for item in value]
    return _read_text(value) if isinstance(value, str) else value


def _as_it_is(value: Any) -> Any:
    return value


def _read_string(value: Any) -> str:
    return _read_text(_must_be(str, value))


def _read_timestamp(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong_type(value, "a Timestamp")
    return float(value)


def read_iso8601(value: Any) -> float:
    """Raises Refused SerializationException. Without an offset it is UTC."""
    try:
        read = datetime.fromisoformat(_must_be(str, value))
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as problem:
        raise _unreadable("a timestamp is no date") from problem


def _read_integer(value: Any, *, bits: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong_type(value, "an Integer")
    if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        raise _unreadable(f"a number does not fit into {bits} bits")
    return int(value)


def _read_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong_type(value, "a Double")
    return float(value)


def _read_text(text: str) -> str:
    """JSON can spell half of a surrogate pair, which is no character and cannot be stored."""
    try:
        if not text.isascii():
            text.encode()
    except UnicodeEncodeError as problem:
        raise _unreadable("a string holds half of a surrogate pair") from problem
    return text


def _no_number(name: str) -> float:
    """Python reads NaN and Infinity where JSON has no such numbers."""
    raise ValueError(name)


def _number(text: str) -> float:
    """Python reads 1e999 as infinity, which JSON could not spell in an answer."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text[:20])
    return value


def _read_blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as problem:
        raise _unreadable("a blob is not base64") from problem


_Writer = Callable[[Any], Any] | None
"""None where a value goes out as it is."""


@cache
def _writer(shape: Shape) -> _Writer:
    if isinstance(shape, StructureShape):
        return None if shape.is_document_type else _structure_writer(shape)
    if isinstance(shape, ListShape):
        item = _writer(shape.member)
        return list if item is None else lambda value: [item(one) for one in value]
    if isinstance(shape, MapShape):
        inner = _writer(shape.value)
        return dict if inner is None else lambda value: {key: inner(one) for key, one in value.items()}
    if shape.type_name == "timestamp":
        return _write_iso8601 if shape.metadata.get("timestampFormat") == "iso8601" else lambda value: round(value, 3)
    return (lambda value: base64.b64encode(value).decode()) if shape.type_name == "blob" else None


def _structure_writer(shape: StructureShape) -> Callable[[Any], Any]:
    known: frozenset[str] = frozenset(shape.members)
    writers = ((name, _writer(member)) for name, member in shape.members.items())
    changed = {name: writer for name, writer in writers if writer is not None}
    spelt = {name: place.name for name, place in shape.places.items() if place.name != name}

    def write(value: Mapping[str, Any]) -> dict[str, Any]:
        if not known.issuperset(value):
            raise LookupError(f"{shape.name} has no members {sorted(value.keys() - known)}")
        written = {
            name: changed[name](item) if name in changed else item for name, item in value.items() if item is not None
        }
        return {spelt.get(name, name): item for name, item in written.items()} if spelt else written

    return write


def _write_iso8601(value: float) -> str:
    return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


_JAVA_NAMES = {str: "a String", bool: "a Boolean", dict: "a Map", list: "a Collection"}


def _must_be(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise _wrong_type(value, _JAVA_NAMES[kind])
    return value


def _wrong_type(value: Any, wanted: str) -> Refused:
    """Wording [inferred], facts/api.md §1."""
    found = {bool: "TRUE_VALUE" if value else "FALSE_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE"}
    found |= {str: "STRING_VALUE", list: "START_ARRAY", dict: "START_OBJECT"}
    return _unreadable(f"{found.get(type(value), 'VALUE')} can not be converted to {wanted}")


def _unreadable(message: str) -> Refused:
    return Refused("SerializationException", message)


_SCALARS: Mapping[str, Callable[[Any], Any]] = {
    "string": _read_string,
    "boolean": lambda value: _must_be(bool, value),
    "integer": lambda value: _read_integer(value, bits=32),
    "long": lambda value: _read_integer(value, bits=64),
    "double": lambda value: _read_number(value),
    "float": lambda value: _read_number(value),
    "timestamp": _read_timestamp,
    "blob": lambda value: _read_blob(_must_be(str, value)),
}
_DECODER = json.JSONDecoder(parse_constant=_no_number, parse_float=_number)
_ENCODER = json.JSONEncoder(separators=(",", ":"))
