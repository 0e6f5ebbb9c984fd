"""AWS JSON 1.1: bodies to Python values and back, driven by the model. Source: facts/api.md §1.

What a body may hold is bounded before it is read: how many values, how deep, and numbers that a float can hold.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
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
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MOST_VALUES:
        raise _unreadable("the body holds too many values")
    try:
        given = json.loads(body.decode() or "{}", parse_constant=_no_number, parse_float=_number)
    except (ValueError, RecursionError) as problem:
        raise _unreadable("the body is not JSON") from problem
    if not isinstance(given, dict):
        raise _unreadable("the body is not a JSON object")
    return _read_structure(model.input_shape, given) if model.input_shape else {}


def serialise(model: OperationModel, output: Mapping[str, Any]) -> bytes:
    """The answer's body. Members that are None are left out. Raises LookupError for one that the model lacks."""
    shape = model.output_shape
    return json.dumps(_write(shape, output) if shape else {}, separators=(",", ":")).encode()


def error_body(error: ServiceError) -> bytes:
    message = error.message[:LONGEST_MESSAGE]
    return json.dumps({"__type": error.code, "message": message, **error.members}).encode()


def _read(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape):
        if shape.is_document_type:
            return _read_document(value)
        return _read_structure(shape, _must_be(dict, value))
    if isinstance(shape, ListShape):
        return [_read(shape.member, item) for item in _must_be(list, value)]
    if isinstance(shape, MapShape):
        items = _must_be(dict, value).items()
        return {_read_text(key): _read(shape.value, item) for key, item in items if item is not None}
    return _read_scalar(shape, value)


def _read_structure(shape: StructureShape, given: Mapping[str, Any]) -> dict[str, Any]:
    members = shape.members
    return {n: _read(members[n], value) for n, value in given.items() if n in members and value is not None}


def _read_document(value: Any, depth: int = 1) -> Any:
    """A document: any JSON, as the model does not describe its content. Strings that cannot be stored are refused."""
    if depth > DEEPEST:
        raise _unreadable("a document is nested too deeply")
    if isinstance(value, dict):
        return {_read_text(key): _read_document(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_read_document(item, depth + 1) for item in value]
    return _read_text(value) if isinstance(value, str) else value


def _read_scalar(shape: Shape, value: Any) -> Any:
    kind = shape.type_name
    if kind == "string":
        return _read_text(_must_be(str, value))
    if kind == "boolean":
        return _must_be(bool, value)
    if kind in ("integer", "long"):
        return _read_integer(value, bits=32 if kind == "integer" else 64)
    if kind == "timestamp":
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _wrong_type(value, "a Timestamp")
        return float(value)
    if kind == "blob":
        return _read_blob(_must_be(str, value))
    return value


def _read_integer(value: Any, *, bits: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong_type(value, "an Integer")
    if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        raise _unreadable(f"a number does not fit into {bits} bits")
    return int(value)


def _read_text(text: str) -> str:
    """JSON can spell half of a surrogate pair, which is no character and cannot be stored."""
    try:
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


def _write(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape):
        if shape.is_document_type:
            return value
        unknown = set(value) - set(shape.members)
        if unknown:
            raise LookupError(f"{shape.name} has no members {sorted(unknown)}")
        return {name: _write(shape.members[name], item) for name, item in value.items() if item is not None}
    if isinstance(shape, ListShape):
        return [_write(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: _write(shape.value, item) for key, item in value.items()}
    if shape.type_name == "timestamp":
        return round(value, 3)
    return base64.b64encode(value).decode() if shape.type_name == "blob" else value


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
