"""Which operation of which service a request calls, by the service's protocol. What can be read in two ways is refused.

JSON: X-Amz-Target and an object in the body. Query: a form, or a GET's query. REST: method and path. The name in the
signature says which services may be meant, and what is found in the request has to be one of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from halfday.protocol.sigv4 import Pairs
from halfday.server.domain.calls.arns import Place
from halfday.server.domain.calls.forms import FORM, fields_once, read_form
from halfday.server.domain.calls.json_documents import Members, read_object
from halfday.server.domain.calls.paths import labels_of, split_template, write_path
from halfday.server.domain.calls.refusals import CallRefused, not_built
from halfday.server.front_door.catalogue import Binding, Service, signed_for
from halfday.server.front_door.services.calls import ServiceCall

UNKNOWN = "UnknownOperationException"
_JSON_KINDS = ("application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/json")
_REST_HEADERS = ("content-type", "accept")


@dataclass(frozen=True, slots=True)
class Sent:
    """A request whose signature is proven. `query` is decoded, without the signature; header names are lower-case."""

    method: str
    path: str
    query: Pairs = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def read_call(signing: str, sent: Sent, place: Place, origin: str) -> ServiceCall:
    """Raises CallRefused."""
    services = signed_for(signing)
    if not services:
        raise not_built(f"the service {signing[:64]!r}")
    if "smithy-protocol" in sent.headers:
        raise not_built(f"{sent.headers['smithy-protocol'][:64]}, in which {signing} was called")
    if "content-encoding" in sent.headers:
        raise not_built(f"a body with the Content-Encoding {sent.headers['content-encoding'][:64]}")
    if "x-amz-target" in sent.headers:
        return _read_json(services, sent, place, origin)
    query = [one for one in services if {"query", "ec2"} & set(one.protocols)]
    if query and (sent.kind == FORM or any(name == "Action" for name, _ in sent.query)):
        return _read_query(query, sent, place, origin)
    return _read_rest(services, sent, place, origin)


def protocol_of(signing: str, headers: Mapping[str, str]) -> str:
    """The protocol in which a caller is refused whose call was not understood."""
    services = signed_for(signing)
    if "x-amz-target" in headers or not services:
        return "json"
    spoken = services[0].protocols
    return next((one for one in spoken if one in ("rest-json", "rest-xml", "query", "ec2")), "json")


def _read_json(services: tuple[Service, ...], sent: Sent, place: Place, origin: str) -> ServiceCall:
    target, _, operation = sent.headers["x-amz-target"].rpartition(".")
    service = next((one for one in services if target and one.target == target), None)
    if service is None or operation not in service.operations:
        raise CallRefused(UNKNOWN, "X-Amz-Target names no operation of the service that was signed for.")
    if sent.method != "POST" or sent.query:
        raise CallRefused(UNKNOWN, "Calls by X-Amz-Target are POSTs without a query.")
    if sent.kind not in _JSON_KINDS:
        raise _wrong_kind(sent)
    return ServiceCall(service, operation, "json", place, origin, read_object(sent.body), path=sent.path)


def _wrong_kind(sent: Sent) -> CallRefused:
    return CallRefused("SerializationException", f"The Content-Type {sent.kind[:64]!r} is not that of the service.")


def _read_query(services: list[Service], sent: Sent, place: Place, origin: str) -> ServiceCall:
    form = read_form(sent.body) if sent.kind == FORM else []
    if sent.method not in ("GET", "POST") or (sent.query and (form or sent.body)):
        raise CallRefused("InvalidAction", "The call has to be a form, or a GET's query: not both.", status=400)
    fields = fields_once(form or sent.query)
    action, version = fields.get("Action", ""), fields.get("Version", "")
    for service in services:
        if action in service.operations and version in ("", service.api_version):
            protocol = "ec2" if "ec2" in service.protocols else "query"
            whole = {"Action": action, "Version": service.api_version, **fields}
            return ServiceCall(service, action, protocol, place, origin, whole, path=sent.path)
    raise CallRefused("InvalidAction", f"The action {action[:64]} is not valid for this web service.")


def _read_rest(services: tuple[Service, ...], sent: Sent, place: Place, origin: str) -> ServiceCall:
    found = [
        (service, binding, labels)
        for service in services
        for binding in service.bindings
        if binding.method == sent.method and (labels := labels_of(binding.path, sent.path)) is not None
        if split_template(binding.path)[1].items() <= dict(sent.query).items()
    ]
    if not found:
        raise CallRefused(UNKNOWN, f"There is no operation at {sent.method} of this path.", status=404)
    service, binding, labels = min(found, key=lambda one: (one[1].path.count("{"), -len(one[1].path)))
    rest = next(protocol for protocol in service.protocols if protocol.startswith("rest-"))
    members, body = _read_body(binding, rest, sent)
    return ServiceCall(
        service,
        binding.operation,
        rest,
        place,
        origin,
        members,
        sent.method,
        write_path(binding.path, labels),
        _read_fields(binding, sent.query),
        _read_headers(binding, sent.headers),
        body,
        labels,
    )


def _read_body(binding: Binding, protocol: str, sent: Sent) -> tuple[Members, bytes | None]:
    """The members of a JSON body, or the body that nobody looks into."""
    if protocol == "rest-json" and binding.body_is_json:
        if sent.kind not in ("", *_JSON_KINDS):
            raise CallRefused(
                "SerializationException", f"The Content-Type {sent.kind[:64]!r} is not that of the service."
            )
        return read_object(sent.body), None
    if sent.kind == FORM:
        raise CallRefused("SerializationException", "A form is no body of this operation.")
    return {}, sent.body


def _read_fields(binding: Binding, query: Pairs) -> tuple[tuple[str, str], ...]:
    own = split_template(binding.path)[1]
    unknown = [name for name, _ in query if name not in binding.fields and name not in own]
    if unknown and not binding.any_field:
        raise CallRefused("ValidationException", f"The parameter {unknown[0][:64]!r} is none of {binding.operation}.")
    return tuple(query)


def _read_headers(binding: Binding, headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in binding.headers or name in _REST_HEADERS}
