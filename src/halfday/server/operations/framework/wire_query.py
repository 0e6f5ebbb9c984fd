"""AWS Query (STS, IAM): form parameters to Python values, answers to XML, driven by the model.

STS answers in JSON whoever accepts that alone: with the same members, and times as numbers (facts/identity.md §9).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from halfday.protocol.credentials import iso8601
from halfday.protocol.errors import ServiceError
from halfday.server.domain.refusals import Refused
from halfday.server.domain.text.xml_text import xml_text
from halfday.server.operations.framework.service_models import ListShape, OperationModel, Shape, StructureShape

CONTENT_TYPE = "text/xml"
JSON_CONTENT_TYPE = "application/json"
LONGEST_MESSAGE = 16_384
"""Characters of an error's sentence. Some sentences repeat what was sent."""

_INTEGER = re.compile("-?[0-9]{1,18}")


def parse(model: OperationModel, form: Mapping[str, str]) -> dict[str, Any]:
    """The request's members. Raises Refused ValidationError for a number that is none."""
    shape = model.input_shape
    return _read_structure(shape, form, "") if shape else {}


def serialise(model: OperationModel, output: Mapping[str, Any], request_id: str) -> bytes:
    namespace = model.service_model.metadata["xmlNamespace"]
    shape, result = model.output_shape, ""
    if shape is not None:
        result = _element(model.result_wrapper, _write(shape, output))
    metadata = _element("ResponseMetadata", _element("RequestId", request_id))
    return f'<{model.name}Response xmlns="{namespace}">{result}{metadata}</{model.name}Response>'.encode()


def error_body(error: ServiceError, namespace: str, request_id: str) -> bytes:
    kind = "Receiver" if error.status >= 500 else "Sender"
    parts = (
        _element("Type", kind)
        + _element("Code", xml_text(error.code))
        + _element("Message", xml_text(error.message[:LONGEST_MESSAGE]))
    )
    inner = _element("Error", parts) + _element("RequestId", request_id)
    return f'<ErrorResponse xmlns="{namespace}">{inner}</ErrorResponse>'.encode()


def serialise_json(model: OperationModel, output: Mapping[str, Any], request_id: str) -> bytes:
    answer: dict[str, Any] = {"ResponseMetadata": {"RequestId": request_id}}
    if model.output_shape is not None:
        answer = {model.result_wrapper: _present(output), **answer}
    return json.dumps({f"{model.name}Response": answer}).encode()


def json_error_body(error: ServiceError, request_id: str) -> bytes:
    kind = "Receiver" if error.status >= 500 else "Sender"
    told = {"Code": error.code, "Message": error.message[:LONGEST_MESSAGE], "Type": kind}
    return json.dumps({"Error": told, "RequestId": request_id}).encode()


def _present(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _present(item) for name, item in value.items() if item is not None}
    return [_present(item) for item in value] if isinstance(value, (list, tuple)) else value


def _read_structure(shape: StructureShape, form: Mapping[str, str], prefix: str) -> dict[str, Any]:
    found = {name: _read(member, form, prefix + name) for name, member in shape.members.items()}
    return {name: value for name, value in found.items() if value is not None}


def _read(shape: Shape, form: Mapping[str, str], name: str) -> Any:
    if isinstance(shape, StructureShape):
        return _read_structure(shape, form, name + ".") or None
    if isinstance(shape, ListShape):
        return _read_list(shape, form, name)
    text = form.get(name)
    if text is None:
        return None
    if shape.type_name in ("integer", "long"):
        return _read_integer(text, name)
    return text == "true" if shape.type_name == "boolean" else text


def _read_list(shape: ListShape, form: Mapping[str, str], name: str) -> list[Any] | None:
    items: list[Any] = []
    while (item := _read(shape.member, form, f"{name}.member.{len(items) + 1}")) is not None:
        items.append(item)
    return items or None


def _read_integer(text: str, name: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise Refused("ValidationError", f"{name} must be an integer.")
    return int(text)


def _write(shape: Shape, value: Any) -> str:
    if isinstance(shape, StructureShape):
        unknown = set(value) - set(shape.members)
        if unknown:
            raise LookupError(f"{shape.name} has no members {sorted(unknown)}")
        present = ((n, item) for n, item in value.items() if item is not None)
        return "".join(_element(name, _write(shape.members[name], item)) for name, item in present)
    if isinstance(shape, ListShape):
        return "".join(_element("member", _write(shape.member, item)) for item in value)
    if shape.type_name == "timestamp":
        return iso8601(value)
    if shape.type_name == "boolean":
        return "true" if value else "false"
    return xml_text(str(value))


def _element(name: str, inner: str) -> str:
    return f"<{name}>{inner}</{name}>"
