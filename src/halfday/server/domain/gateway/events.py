"""Events of proxy integrations: what a function is told of a request, payload 1.0 and 2.0.

Source: facts/apigateway.md §1 (REST), §2 (HTTP APIs); developer guides, Lambda proxy integrations.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday.server.domain.gateway.paths import decoded
from halfday.server.domain.gateway.requests import ApiRequest, joined, last_of
from halfday.server.domain.gateway.serving import ApiAtStage, ApiKind, Method

_NOBODY = {
    "cognitoIdentityPoolId": None,
    "accountId": None,
    "cognitoIdentityId": None,
    "caller": None,
    "accessKey": None,
    "cognitoAuthenticationType": None,
    "cognitoAuthenticationProvider": None,
    "userArn": None,
    "user": None,
    "principalOrgId": None,
}
_TEXTS = ("text/", "application/json", "application/javascript", "application/xml", "application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True)
class Authorized:
    """What an authorizer found out: `requestContext.authorizer` of each payload, and who signed."""

    v1: Mapping[str, Any] | None = None
    v2: Mapping[str, Any] | None = None
    identity: Mapping[str, Any] = field(default_factory=dict)


NOBODY = Authorized()
"""The caller of a method without authorization."""


@dataclass(frozen=True, slots=True)
class Routed:
    """A request and the method it goes to. `parameters` are the path's, encoded."""

    request: ApiRequest
    at: ApiAtStage
    method: Method
    parameters: Mapping[str, str]


def context_v1(routed: Routed, authorized: Authorized) -> dict[str, Any]:
    """requestContext of payload 1.0; expressions name its members too."""
    request, at, method = routed.request, routed.at, routed.method
    given: dict[str, Any] = {
        "resourceId": method.resource_id or None,
        "resourcePath": method.template.text if at.served.kind is ApiKind.REST else method.key,
        "httpMethod": request.method,
        "extendedRequestId": request.request_id,
        "requestTime": request.time,
        "path": request.whole_path,
        "accountId": at.account,
        "protocol": "HTTP/1.1",
        "stage": at.stage,
        "domainPrefix": request.domain_name.partition(".")[0],
        "requestTimeEpoch": request.time_epoch_ms,
        "requestId": request.request_id,
        "identity": {**_NOBODY, "sourceIp": request.source_ip, "userAgent": request.user_agent, **authorized.identity},
        "domainName": request.domain_name,
        "apiId": at.api_id,
    }
    if authorized.v1 is not None:
        given["authorizer"] = dict(authorized.v1)
    return given


def event_v1(routed: Routed, authorized: Authorized) -> dict[str, Any]:
    """The event of payload 1.0. Maps that have nothing in them are null."""
    request, at = routed.request, routed.at
    headers, query = request.many_headers(), request.many_parameters()
    body, encoded = request.body_text(binary=_is_binary(routed))
    event = {
        "resource": routed.method.template.text,
        "path": request.path if at.served.kind is ApiKind.REST else request.whole_path,
        "httpMethod": request.method,
        "headers": last_of(headers) or None,
        "multiValueHeaders": headers or None,
        "queryStringParameters": last_of(query) or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": decoded(routed.parameters) or None,
        "stageVariables": dict(at.variables) or None,
        "requestContext": context_v1(routed, authorized),
        "body": body,
        "isBase64Encoded": encoded,
    }
    return event if at.served.kind is ApiKind.REST else {"version": "1.0", **event}


def context_v2(routed: Routed, authorized: Authorized) -> dict[str, Any]:
    request, at = routed.request, routed.at
    given: dict[str, Any] = {
        "accountId": at.account,
        "apiId": at.api_id,
        "domainName": request.domain_name,
        "domainPrefix": request.domain_name.partition(".")[0],
        "http": {
            "method": request.method,
            "path": request.whole_path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": request.user_agent or "",
        },
        "requestId": request.request_id,
        "routeKey": routed.method.key,
        "stage": at.stage,
        "time": request.time,
        "timeEpoch": request.time_epoch_ms,
    }
    if authorized.v2 is not None:
        given["authorizer"] = dict(authorized.v2)
    return given


def event_v2(routed: Routed, authorized: Authorized) -> dict[str, Any]:
    """The event of payload 2.0. What is empty is left out; cookies are apart from the headers."""
    request = routed.request
    event = head_v2(routed, "2.0")
    event["requestContext"] = context_v2(routed, authorized)
    body, encoded = request.body_text(binary=_is_binary(routed))
    if body is not None:
        event["body"] = body
    if routed.parameters:
        event["pathParameters"] = decoded(routed.parameters)
    event["isBase64Encoded"] = encoded
    if routed.at.variables:
        event["stageVariables"] = dict(routed.at.variables)
    return event


def head_v2(routed: Routed, version: str) -> dict[str, Any]:
    """What events and authorizer events of payload 2.0 begin with."""
    request = routed.request
    headers = {
        name: ",".join(request.header_values(name)) for name in dict.fromkeys(name for name, _ in request.headers)
    }
    cookies = [part.strip() for line in request.header_values("cookie") for part in line.split(";") if part.strip()]
    headers.pop("cookie", None)
    event: dict[str, Any] = {
        "version": version,
        "routeKey": routed.method.key,
        "rawPath": request.whole_path,
        "rawQueryString": request.raw_query,
        "headers": headers,
    }
    if cookies:
        event["cookies"] = cookies
    if request.query:
        event["queryStringParameters"] = joined(request.many_parameters())
    return event


def _is_binary(routed: Routed) -> bool:
    """Whether a body goes in base64: by the API's binary media types, or for HTTP APIs where it is no text."""
    content_type = (routed.request.header("content-type") or "").partition(";")[0].strip().lower()
    if routed.at.served.kind is ApiKind.REST:
        return any(fnmatch.fnmatchcase(content_type or "*/*", kind.lower()) for kind in routed.at.served.binary_types)
    if routed.request.header("content-encoding"):
        return True
    return not (content_type.startswith(_TEXTS) or content_type.endswith(("+json", "+xml"))) and not _is_utf8(
        routed.request.body
    )


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
