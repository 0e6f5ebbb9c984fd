"""HTTP proxy integrations: the call that a backend is sent, and which of its headers come back.

Source: developer guides, HTTP proxy integrations; Transform API requests and responses for HTTP APIs; Important notes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from halfday.server.domain.gateway import paths
from halfday.server.domain.gateway.events import Routed
from halfday.server.domain.gateway.expressions import Surroundings
from halfday.server.domain.gateway.refusals import GatewayRefused, ResponseType
from halfday.server.domain.gateway.serving import ApiKind, Authorization, Integration

Headers = list[tuple[str, str]]

HOP_BY_HOP = frozenset(
    (
        "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
        "upgrade"
    ).split()
)
_NOT_PASSED_ON = HOP_BY_HOP | {"host", "content-length", "x-amzn-trace-id", "x-amzn-apigateway-api-id", "forwarded"}
_OURS = frozenset({"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"})
"""What the gateway says of the caller: no caller's `Connection` takes it away."""
_OF_A_SIGNATURE = frozenset({"authorization", "x-amz-security-token", "x-amz-date", "x-amz-content-sha256"})
REMAPPED = frozenset(
    (
        "authorization connection content-length content-md5 date host max-forwards server user-agent www-authenticate"
    ).split()
)
"""Headers of an integration that a REST API answers under another name, because it has its own."""
_FOR_THE_HOP = HOP_BY_HOP - {"connection"}

_PLACEHOLDER = re.compile(r"\{([A-Za-z0-9._-]+)\+?\}")
_PATH_TARGET, _QUERY_TARGET, _HEADER_TARGET = (
    "integration.request.path.",
    "integration.request.querystring.",
    "integration.request.header.",
)
_ENCODED = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/%-]*")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`url` is whole, with its query."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)


def outgoing(routed: Routed, integration: Integration, around: Surroundings) -> Outgoing:
    """Raises GatewayRefused where the integration's URL cannot be completed."""
    rest = routed.at.served.kind is ApiKind.REST
    url = _rest_url(integration, around) if rest else _http_url(routed, integration, around)
    if not rest and (path := overwritten_path(integration, around)) is not None:
        parts = urlsplit(url)
        url = f"{parts.scheme}://{parts.netloc}/{_unambiguous(_still_encoded(path.lstrip('/')))}"
    if not urlsplit(url).hostname or not url.startswith(("http://", "https://")):
        raise _broken("the integration's URI is no URL of http or https")
    headers, query = _callers_headers(routed), routed.request.raw_query
    change = _rest_changes if rest else _http_changes
    headers, query = change(integration.parameters, around, headers, query)
    headers += [
        ("x-amzn-apigateway-api-id", routed.at.api_id),
        ("x-amzn-trace-id", f"Self={routed.request.request_id}"),
    ]
    joined = url + (("&" if "?" in url else "?") + query if query else "")
    return Outgoing(integration.method or routed.request.method, joined, tuple(headers))


def returned(headers: Headers, kind: ApiKind) -> Headers:
    """An integration's headers as the API answers with them."""
    named = {
        part.strip().lower() for name, value in headers if name.lower() == "connection" for part in value.split(",")
    }
    kept = [(name.lower(), value) for name, value in headers if name.lower() not in _FOR_THE_HOP | named]
    if kind is ApiKind.HTTP:
        return [(name, value) for name, value in kept if name not in ("connection", "date", "server")]
    return [(f"x-amzn-remapped-{name}" if name in REMAPPED else name, value) for name, value in kept]


def _callers_headers(routed: Routed) -> Headers:
    """What goes on of the caller's headers. Nothing of a signature does: it was for the gateway."""
    signed = routed.method.authorization is Authorization.AWS_IAM
    nominated = {
        part.strip().lower() for value in routed.request.header_values("connection") for part in value.split(",")
    }
    left_out = _NOT_PASSED_ON | (nominated - _OURS) | (_OF_A_SIGNATURE if signed else frozenset())
    return [(name, value) for name, value in routed.request.headers if name.replace("_", "-") not in left_out]


def _rest_url(integration: Integration, around: Surroundings) -> str:
    uri = around.with_stage_variables(integration.uri)

    def filled(found: re.Match[str]) -> str:
        source = integration.parameters.get(_PATH_TARGET + found[1])
        value = None if source is None else _path_value(source, around)
        if value is None:
            raise _broken(
                f"nothing is mapped to {{{found[1]}}}: requestParameters lack integration.request.path.{found[1]}"
            )
        return value

    return _PLACEHOLDER.sub(filled, uri)


def _path_value(source: str, around: Surroundings) -> str | None:
    """A path parameter goes on as it was sent; other values are encoded."""
    name = source.removeprefix("method.request.path.")
    if name != source and name in around.parameters:
        return _still_encoded(around.parameters[name])
    value = around.of_rest(source)
    return None if value is None else _unambiguous(quote(value, safe="/"))


def _http_url(routed: Routed, integration: Integration, around: Surroundings) -> str:
    """The path of `$default` is appended, as of a catch-all ([inferred])."""
    uri = around.with_stage_variables(integration.uri)
    if not _PLACEHOLDER.search(uri) and routed.method.template.everything:
        return uri.rstrip("/") + _still_encoded(routed.request.raw_path)
    return _PLACEHOLDER.sub(lambda found: _still_encoded(around.parameters.get(found[1], "")), uri)


def _unambiguous(path: str) -> str:
    """A caller's value that is a part of the backend's path leads to no other. Raises GatewayRefused."""
    if paths.is_ambiguous(path):
        raise GatewayRefused(ResponseType.BAD_REQUEST_PARAMETERS, "a value mapped to the path holds dot segments")
    return path


def _still_encoded(text: str) -> str:
    return text if _ENCODED.fullmatch(text) else quote(text, safe="/%:@!$&'()*+,;=~")


def _rest_changes(
    parameters: Mapping[str, str], around: Surroundings, headers: Headers, query: str
) -> tuple[Headers, str]:
    """A caller cannot send the mapped ones, not with underscores for hyphens either."""
    mapped = [
        (target.removeprefix(_HEADER_TARGET).lower(), around.of_rest(source))
        for target, source in parameters.items()
        if target.startswith(_HEADER_TARGET)
    ]
    own = {name.replace("_", "-") for name, _ in mapped}
    kept = [(name, value) for name, value in headers if name.replace("_", "-") not in own]
    kept += [(name, value) for name, value in mapped if value is not None]
    for target, source in parameters.items():
        if target.startswith(_QUERY_TARGET):
            query = _with_parameter(query, target.removeprefix(_QUERY_TARGET), around.of_rest(source), replace=True)
    return kept, query


def _http_changes(
    parameters: Mapping[str, str], around: Surroundings, headers: Headers, query: str
) -> tuple[Headers, str]:
    """`append:header.x`, `overwrite:querystring.y`, `remove:header.z`."""
    for target, source in parameters.items():
        verb, _, place = target.partition(":")
        kind, _, name = place.partition(".")
        value = around.of_http(source) if verb != "remove" else None
        if kind == "header":
            lowered = name.lower()
            if verb != "append":
                headers = [(n, v) for n, v in headers if n.replace("_", "-") != lowered.replace("_", "-")]
            if value:
                headers = [*headers, (lowered, value)]
        elif kind == "querystring":
            query = _with_parameter(query, name, value, replace=verb != "append")
    return headers, query


def _with_parameter(query: str, name: str, value: str | None, *, replace: bool) -> str:
    parts = [part for part in query.split("&") if part and not (replace and part.partition("=")[0] == quote(name))]
    if value is not None:
        parts.append(f"{quote(name)}={quote(value, safe='')}")
    return "&".join(parts)


def overwritten_path(integration: Integration, around: Surroundings) -> str | None:
    """What an HTTP API's `overwrite:path` says."""
    source = integration.parameters.get("overwrite:path")
    return None if source is None else around.of_http(source)


def _broken(detail: str) -> GatewayRefused:
    return GatewayRefused(ResponseType.API_CONFIGURATION_ERROR, detail)
