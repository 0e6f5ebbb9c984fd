"""A call that was allowed, on to the AWS behind: written anew from what was understood."""

from __future__ import annotations

from halfday.protocol.sigv4 import format_query
from halfday.server.domain.calls.forms import FORM, write_form
from halfday.server.domain.calls.json_documents import write_object
from halfday.server.front_door.services.calls import ServiceCall
from halfday.server.outside.upstreams import UpstreamCall


def upstream_call(call: ServiceCall) -> UpstreamCall:
    headers, body = _content(call)
    query = format_query(call.query)
    target = call.path if call.protocol.startswith("rest-") else "/"
    return UpstreamCall(
        call.service.name,
        call.service.signing,
        call.place.region,
        call.place.account,
        call.method,
        target + (f"?{query}" if query else ""),
        headers,
        body,
    )


def _content(call: ServiceCall) -> tuple[dict[str, str], bytes]:
    if call.protocol == "json":
        headers = {
            "content-type": f"application/x-amz-json-{call.service.json_version}",
            "x-amz-target": f"{call.service.target}.{call.operation}",
        }
        return headers, write_object(dict(call.parameters))
    if call.protocol in ("query", "ec2"):
        fields = {name: str(value) for name, value in call.parameters.items()}
        return {"content-type": f"{FORM}; charset=utf-8"}, write_form(fields)
    if call.body is not None:
        return dict(call.headers), call.body
    if not call.parameters and call.method in ("GET", "DELETE", "HEAD"):
        return dict(call.headers), b""
    return {"content-type": "application/json", **call.headers}, write_object(dict(call.parameters))
