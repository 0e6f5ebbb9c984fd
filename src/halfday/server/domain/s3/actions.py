"""S3 requests: which bucket and key they name, and the actions that must all be allowed for them.

What S3 is asked is decided by method, by what is addressed (the service, a bucket, an object) and by one selecting
query parameter. A request that is not listed here is refused by name. The upstream gets the request rebuilt from what
was understood here, so that what was allowed and what is done cannot differ. Source: Service authorization reference,
Amazon S3; S3 API reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from halfday.server.domain.s3.addresses import check_names, locate
from halfday.server.domain.s3.bulk_delete import DeletedKey
from halfday.server.domain.s3.headers import BYPASS_HEADER, goes_on, read_headers
from halfday.server.domain.s3.refusals import S3NotBuilt, S3RequestRefused
from halfday.server.domain.s3.table import (
    AUTHORIZED_HEADERS,
    BYPASS_ACTION,
    CONTEXT_HEADERS,
    CONTEXT_PARAMETERS,
    PLAIN_PARAMETERS,
    SELECTORS,
    SINGLE_ACTIONS,
    TAKE_A_VERSION,
    VERSIONED,
    Target,
)
from halfday.server.domain.s3.values import check_answered, check_number, with_readable_values

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class S3Request:
    """An S3 request as it was understood. Names in `headers` are lower-case. An empty `bucket` or `key` is not
    addressed.
    """

    method: str
    bucket: str
    key: str
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def target(self) -> Target:
        return Target.OBJECT if self.key else Target.BUCKET if self.bucket else Target.SERVICE

    @property
    def selector(self) -> str:
        """The query parameter that selects the operation; empty for the plain one."""
        found = [name for name, _ in self.query if name in SELECTORS[self.target]]
        if len(found) > 1:
            raise S3NotBuilt(f"{self.method} with {' and '.join(found)} together")
        return found[0] if found else ""

    @property
    def path(self) -> str:
        """Path style, encoded."""
        parts = [part for part in (self.bucket, quote(self.key, safe="/~", errors="surrogateescape")) if part]
        return "/" + "/".join(parts)

    def parameter(self, name: str) -> str | None:
        return next((value for key, value in self.query if key == name), None)


@dataclass(frozen=True, slots=True)
class Need:
    """One action on one resource that has to be allowed. `context` holds the service's condition keys."""

    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


def understand(method: str, host: str, path: str, query: Pairs, headers: Pairs, *, domains: Iterable[str]) -> S3Request:
    """What this HTTP request asks of S3. `path` is still encoded, `query` is decoded and without a signature.

    `domains` are host names of ours: a bucket may stand in front of them. Raises S3RequestRefused.
    """
    bucket, key = locate(host, path, domains)
    query = tuple(query)
    parameters = tuple((name, value) for name, value in query if not name.lower().startswith("x-amz-"))
    moved = [(name, value) for name, value in query if name.lower().startswith("x-amz-")]
    read = with_readable_values(read_headers(headers, moved))
    request = S3Request(method.upper(), bucket, key, parameters, read)
    _check_parameters(request)
    return request


def is_bulk_delete(request: S3Request) -> bool:
    return request.method == "POST" and request.target is Target.BUCKET and request.selector == "delete"


def needs(request: S3Request, deleted: Iterable[DeletedKey] = ()) -> tuple[Need, ...]:
    """All actions that have to be allowed; at least one. Raises S3RequestRefused.

    `deleted`: the keys in the body, for a DeleteObjects.
    """
    if is_bulk_delete(request):
        wanted = [need for item in deleted for need in _delete_needs(request, item)]
    else:
        context = _context(request)
        wanted = [Need(action, _resource(request), context) for action in _actions(request)]
        if "x-amz-copy-source" in request.headers:
            wanted.append(_copy_need(request, context))
    if not wanted:
        raise S3NotBuilt(f"{request.method} of {request.target.value} without an action")
    return tuple(wanted)


def object_arn(bucket: str, key: str) -> str:
    return f"arn:aws:s3:::{bucket}/{key}"


def upstream_headers(request: S3Request) -> dict[str, str]:
    """The headers that are passed on. The source of a copy is written anew."""
    headers = {name: value for name, value in request.headers.items() if goes_on(name)}
    if "x-amz-copy-source" in headers:
        bucket, key, version_id = _copy_source(request)
        version = f"?versionId={quote(version_id, safe='')}" if version_id else ""
        headers["x-amz-copy-source"] = f"/{bucket}/{quote(key, safe='/~', errors='surrogateescape')}{version}"
    return headers


def _check_parameters(request: S3Request) -> None:
    _ = request.selector  # two of them are refused here, before anybody asks what is meant
    names = [name for name, _ in request.query]
    known = SELECTORS[request.target] | PLAIN_PARAMETERS
    for name in names:
        if name not in known:
            raise S3NotBuilt(f"{request.method} of {request.target.value} with the parameter {name!r}")
        if names.count(name) > 1:
            raise S3RequestRefused("InvalidArgument", f"The parameter {name!r} is given more than once")
    for name, value in request.query:
        check_number(name, value)
        check_answered(name, value)
    for name in ("uploadId", "versionId"):
        if request.parameter(name) == "":
            raise S3RequestRefused("InvalidArgument", f"The parameter {name!r} cannot be the empty string")
    if request.method == "PUT" and ("uploadId" in names) != ("partNumber" in names):
        raise S3RequestRefused("InvalidArgument", "A part needs both uploadId and partNumber")


def _actions(request: S3Request) -> list[str]:
    selector = request.selector
    action = SINGLE_ACTIONS.get((request.method, request.target, selector))
    if action is None:
        raise S3NotBuilt(f"{request.method} of {request.target.value}" + (f" with ?{selector}" if selector else ""))
    extras = AUTHORIZED_HEADERS.get(action, {})
    actions = [action, *(extra for header, extra in extras.items() if header in request.headers)]
    if action == "s3:GetObjectAttributes":
        actions.append("s3:GetObject")
    if request.parameter("versionId") is not None:
        if action not in TAKE_A_VERSION:
            raise S3RequestRefused("InvalidArgument", "This operation does not accept a version-id.")
        actions = [VERSIONED.get(name, name) for name in actions]
    if BYPASS_HEADER in request.headers:
        actions.append(BYPASS_ACTION)
    return list(dict.fromkeys(actions))


def _delete_needs(request: S3Request, item: DeletedKey) -> list[Need]:
    check_names(request.bucket, item.key)
    resource = object_arn(request.bucket, item.key)
    action = VERSIONED["s3:DeleteObject"] if item.version_id else "s3:DeleteObject"
    return [
        Need(name, resource) for name in ([action, BYPASS_ACTION] if BYPASS_HEADER in request.headers else [action])
    ]


def _resource(request: S3Request) -> str:
    if request.target is Target.SERVICE:
        return "arn:aws:s3:::*"
    return object_arn(request.bucket, request.key) if request.key else f"arn:aws:s3:::{request.bucket}"


def _copy_need(request: S3Request, context: Mapping[str, str]) -> Need:
    if request.method != "PUT" or request.target is not Target.OBJECT or request.selector not in ("", "uploadId"):
        raise S3NotBuilt(f"{request.method} of {request.target.value} with x-amz-copy-source")
    bucket, key, version_id = _copy_source(request)
    action = VERSIONED["s3:GetObject"] if version_id else "s3:GetObject"
    return Need(action, object_arn(bucket, key), context)


def _copy_source(request: S3Request) -> tuple[str, str, str]:
    """(bucket, key, versionId or nothing)."""
    path, _, query = request.headers["x-amz-copy-source"].partition("?")
    name, _, version_id = query.partition("=")
    bucket, _, key = unquote(path, errors="surrogateescape").removeprefix("/").partition("/")
    if not key or bucket.startswith("arn:") or (query and name != "versionId"):
        sentence = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        raise S3RequestRefused("InvalidArgument", sentence)
    check_names(bucket, key)
    return bucket, key, unquote(version_id)


def _context(request: S3Request) -> dict[str, str]:
    listing = request.target is Target.BUCKET and request.selector in ("", "list-type", "versions")
    names = CONTEXT_PARAMETERS if listing else {"versionId": "s3:VersionId"}
    context = {key: value for name, key in names.items() if (value := request.parameter(name)) is not None}
    return context | {f"s3:{name}": request.headers[name] for name in CONTEXT_HEADERS if name in request.headers}
