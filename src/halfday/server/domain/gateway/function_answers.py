"""What functions answer to a proxy integration, checked: a malformed answer is the gateway's 502, or an HTTP API's 500.

Source: developer guides, Output format of a Lambda function for proxy integration; Lambda function response format.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.gateway.refusals import Answer, GatewayRefused, ResponseType
from halfday.server.domain.text.header_fields import is_field_name, is_field_value

_JSON = ("content-type", "application/json")


_MEMBERS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})


def answer_v1(found: Any, *, strict: bool) -> Answer:
    """The answer by payload 1.0. `strict`: further members are malformed, as for REST APIs. Raises GatewayRefused."""
    if not isinstance(found, Mapping):
        raise malformed("it is no object")
    unknown = set(found) - _MEMBERS
    if strict and unknown:
        raise malformed(f"it has members beside those of the format: {', '.join(sorted(map(str, unknown)))[:200]}")
    single, many = _object(found, "headers"), _object(found, "multiValueHeaders")
    headers = [(name, _text(value)) for name, value in single.items() if name not in many]
    for name, values in many.items():
        if not isinstance(values, list):
            raise malformed(f"multiValueHeaders: {name!r} is no list")
        headers += [(name, _text(value)) for value in values]
    return Answer(_status(found.get("statusCode", 200)), _headers(headers), _body(found))


def answer_v2(found: Any) -> Answer:
    """The answer by payload 2.0: any JSON without statusCode is the body of a 200. Raises GatewayRefused."""
    if not isinstance(found, Mapping) or "statusCode" not in found:
        text = found if isinstance(found, str) else json.dumps(found, separators=(",", ":"), ensure_ascii=False)
        return Answer(200, (_JSON,), text.encode())
    headers = [(name, _text(value)) for name, value in _object(found, "headers").items()]
    cookies = found.get("cookies") or []
    if not isinstance(cookies, list):
        raise malformed("cookies is no list")
    headers += [("set-cookie", _text(cookie)) for cookie in cookies]
    return Answer(_status(found["statusCode"]), _headers(headers), _body(found))


def malformed(why: str) -> GatewayRefused:
    return GatewayRefused(ResponseType.DEFAULT_5XX, f"the function's answer is malformed: {why}")


def _object(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = found.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise malformed(f"{name} is no object")
    return value


def _status(value: Any) -> int:
    """A number, or its text: both are accepted by API Gateway."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 599:
        raise malformed("statusCode is no status")
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, (str, int, float)):
        return "" if value is None else str(value)
    raise malformed("a header's value is no text")


def _headers(headers: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    for name, value in headers:
        if not is_field_name(name) or not is_field_value(value.encode("utf-8", "surrogateescape")):
            raise malformed("a header cannot be sent")
    told = tuple((name.lower(), value) for name, value in headers)
    return told if any(name == "content-type" for name, _ in told) else (*told, _JSON)


def _body(found: Mapping[str, Any]) -> bytes:
    body, encoded = found.get("body"), found.get("isBase64Encoded", False)
    if body is None:
        return b""
    if not isinstance(body, str):
        raise malformed("body is no text")
    if encoded not in (True, False, None):
        raise malformed("isBase64Encoded is neither true nor false")
    if not encoded:
        return body.encode(errors="replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise malformed("body is no base64") from problem
