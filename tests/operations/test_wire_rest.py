"""REST-JSON by the models, held against botocore's own serialisers and parsers: every operation of three services."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import botocore.session
import pytest
from botocore import parsers, serialize
from botocore.awsrequest import AWSResponse
from botocore.response import StreamingBody

from halfday.protocol.errors import ServiceError
from halfday.server.domain.refusals import Refused
from halfday.server.operations.framework import wire_rest
from halfday.server.operations.framework.model import service_model
from halfday.server.operations.framework.wire_rest import Answer, Asked

SERVICES = ("lambda", "apigateway", "apigatewayv2")
ODD = "a b/c:d%é"
SCALARS = {"integer": 7, "long": 2**40, "double": 1.5, "float": 1.5, "boolean": True, "blob": b"bytes", "timestamp": 1}
STREAMED = {"InvokeWithResponseStream"}
"""Its answer is a stream of events, which no wire here has."""


def operations() -> list[Any]:
    session = botocore.session.get_session()
    models = {service: session.get_service_model(service) for service in SERVICES}
    return [
        pytest.param(service, model.operation_model(name), id=f"{service}-{name}")
        for service, model in models.items()
        for name in model.operation_names
    ]


def sample(shape: Any, depth: int = 0) -> Any:
    """A value that says something in every member."""
    if shape.type_name == "structure":
        members = shape.members.items() if depth < 4 else ()
        return {name: sample(member, depth + 1) for name, member in members if not deep(member, depth)}
    if shape.type_name == "list":
        return [sample(shape.member, depth + 1)] * 2
    if shape.type_name == "map":
        return {"key": sample(shape.value, depth + 1)}
    return SCALARS.get(shape.type_name, ODD)


def deep(shape: Any, depth: int) -> bool:
    return depth > 2 and shape.type_name in ("structure", "list", "map")


def sent(model: Any, given: dict[str, Any]) -> Asked:
    """The request as botocore writes it."""
    made = serialize.create_serializer("rest-json", False).serialize_to_request(given, model)
    path, _, query = made["url_path"].partition("?")
    pairs = urlencode(made["query_string"], doseq=True, quote_via=quote) if made["query_string"] else ""
    body = made["body"].encode() if isinstance(made["body"], str) else bytes(made["body"] or b"")
    headers = {name.lower(): str(value) for name, value in made["headers"].items()}
    return Asked(made["method"], path, "&".join(filter(None, (query, pairs))), headers, body)


@pytest.mark.parametrize(("service", "theirs"), operations())
def test_a_request_is_read_as_botocore_wrote_it(service: str, theirs: Any) -> None:
    shape = theirs.input_shape
    given = sample(shape) if shape else {}
    for name, member in shape.members.items() if shape else ():
        place = member.serialization.get("location")
        if place == "header" and member.type_name == "string":
            given[name] = "of ASCII"
    asked = sent(theirs, given)
    assert wire_rest.find(service, asked) == theirs.name
    read = wire_rest.parse(service_model(service).operation_model(theirs.name), asked)
    assert without_open_queries(shape, read) == without_open_queries(shape, given)


def without_open_queries(shape: Any, members: dict[str, Any]) -> dict[str, Any]:
    """A member that is any query has what the others say there too."""
    return {
        name: value
        for name, value in members.items()
        if not (shape.members[name].type_name == "map" and "location" in shape.members[name].serialization)
    }


@pytest.mark.parametrize(("service", "theirs"), operations())
def test_an_answer_is_read_by_botocore_as_it_was_meant(service: str, theirs: Any) -> None:
    if theirs.name in STREAMED:
        return
    given = sample(theirs.output_shape) if theirs.output_shape else {}
    for name, member in theirs.output_shape.members.items() if theirs.output_shape else ():
        if member.serialization.get("location") == "header":
            given[name] = "of ASCII" if member.type_name == "string" else given[name]
        if member.serialization.get("location") == "statusCode":
            given[name] = 202
    answer = wire_rest.serialise(service_model(service).operation_model(theirs.name), given)
    if answer.status == 204:
        assert answer.body == b""
        return
    read = parsers.create_parser("rest-json").parse(told(answer), theirs.output_shape)
    read.pop("ResponseMetadata")
    assert plain(read) == plain(given)


def told(answer: Answer) -> dict[str, Any]:
    class Raw(io.BytesIO):
        def stream(self, **_: Any) -> Iterator[bytes]:
            yield self.read()

    response = AWSResponse("https://x", answer.status, dict(answer.headers), Raw(answer.body))
    return {"headers": response.headers, "status_code": answer.status, "body": answer.body, "context": {}}


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, StreamingBody):
        return value.read().decode()
    if isinstance(value, bytes):
        return value.decode()
    return value.timestamp() if hasattr(value, "timestamp") else value


def test_an_exact_path_comes_before_a_label_and_a_template_s_query_before_none() -> None:
    older_sdk = Asked("GET", "/2015-03-31/functions/")
    assert wire_rest.find("lambda", older_sdk) == "ListFunctions"
    assert wire_rest.find("apigateway", Asked("POST", "/restapis", "mode=import")) == "ImportRestApi"
    assert wire_rest.find("apigateway", Asked("POST", "/restapis")) == "CreateRestApi"


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/2015-03-31/functions"), ("GET", "/2015-03-31/functions//policy"), ("GET", "/"), ("GET", "/2015-03-31")],
)
def test_other_paths_are_no_operation_s(method: str, path: str) -> None:
    assert wire_rest.find("lambda", Asked(method, path)) is None


@pytest.mark.parametrize(
    "asked",
    [
        Asked("GET", "/2015-03-31/functions", "MaxItems=many"),
        Asked("GET", "/2015-03-31/functions", "MaxItems=" + "9" * 30),
        Asked("GET", "/2015-03-31/functions", "MaxItems=" + "9" * 5000),
        Asked("GET", "/2015-03-31/functions", "&".join(f"a{n}=1" for n in range(300))),
        Asked("POST", "/2015-03-31/functions", body=b"[]"),
        Asked("POST", "/2015-03-31/functions", body=b"\xff"),
        Asked("POST", "/2015-03-31/functions", body=b'{"Timeout": "5"}'),
    ],
)
def test_what_cannot_be_read_is_refused(asked: Asked) -> None:
    name = "ListFunctions" if asked.method == "GET" else "CreateFunction"
    with pytest.raises(Refused) as refused:
        wire_rest.parse(service_model("lambda").operation_model(name), asked)
    assert refused.value.code == "SerializationException"


def test_a_refusal_is_spelt_as_its_shape_is() -> None:
    missing = wire_rest.error("lambda", ServiceError("ResourceNotFoundException", "gone", status=404))
    assert (missing.status, missing.headers["x-amzn-errortype"]) == (404, "ResourceNotFoundException")
    assert missing.body == b'{"Type":"User","Message":"gone"}'
    conflict = wire_rest.error("lambda", ServiceError("ResourceConflictException", "there", status=409))
    assert conflict.body == b'{"Type":"User","message":"there"}'
    assert wire_rest.error("apigateway", ServiceError("NotFoundException", "gone")).body == b'{"message":"gone"}'
