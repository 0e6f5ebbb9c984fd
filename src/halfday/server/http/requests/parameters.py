"""Reading what OAuth requests carry: queries and form bodies, in which no parameter stands twice (RFC 6749 §3.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from urllib.parse import unquote_plus

from starlette.requests import Request

from halfday.protocol.errors import OAuthError
from halfday.server.http.requests.body_budget import held_by
from halfday.server.http.requests.received import Received

FORM = "application/x-www-form-urlencoded"
FORM_LIMIT_BYTES = 256 * 1024
MOST_FIELDS = 200
LONGEST_FIELD = 16 * 1024
"""Characters of a field's name or value. The longest useful one is a token."""


class BodyTooLarge(Exception):
    """A body is longer than its entrance takes."""


async def body_within(request: Request, limit_bytes: int) -> bytes:
    """The whole body. No more than the limit is ever held.

    Raises BodyTooLarge, before anything is read where the length is declared; NoRoom.
    """
    if isinstance(request, Received):
        check_length(len(request.content), limit_bytes)
        return request.content
    body, held = bytearray(), held_by(request)
    async for piece in pieces_within(request, limit_bytes):
        held.grow(len(piece))
        body += piece
    return bytes(body)


async def pieces_within(request: Request, limit_bytes: int) -> AsyncIterator[bytes]:
    """Yields the body as it comes, for callers that do not hold it. Raises BodyTooLarge, as `body_within` does."""
    check_length(declared_bytes(request), limit_bytes)
    came = 0
    async for piece in request.stream():
        came += len(piece)
        check_length(came, limit_bytes)
        yield piece


def check_length(length_bytes: int, limit_bytes: int) -> None:
    """Compares a body's length, declared or received, with a limit; nothing else does. Raises BodyTooLarge."""
    if length_bytes > limit_bytes:
        raise BodyTooLarge(f"the body is longer than {limit_bytes} bytes")


def declared_bytes(request: Request) -> int:
    """The Content-Length; 0 where none is declared, as for a body in chunks."""
    declared = request.headers.get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else 0


def raw_path(request: Request) -> bytes:
    """The path as on the wire, percent-encoded."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.partition(b"?")[0]


def query_of(request: Request) -> dict[str, str]:
    """Raises OAuthError for a parameter that stands twice."""
    return _once(request.query_params.multi_items()) if request.scope["query_string"] else {}


def in_query(request: Request, name: str) -> str | None:
    """The last parameter of that name in the query. Most requests have no query, and none is read then."""
    return request.query_params.get(name) if request.scope["query_string"] else None


async def form_of(request: Request, *, longest_field: int = LONGEST_FIELD) -> dict[str, str]:
    """The body's parameters. Raises OAuthError when it is not form-encoded."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        known = kind if kind in ("", "application/json", "text/plain", "multipart/form-data") else "another"
        detail = f"the Content-Type is {known or 'missing'}, and must be {FORM}"
        raise OAuthError("invalid_request", detail=detail)
    try:
        text = (await body_within(request, FORM_LIMIT_BYTES)).decode()
    except BodyTooLarge as problem:
        raise OAuthError("invalid_request", detail=str(problem)) from problem
    except UnicodeDecodeError as problem:
        raise OAuthError("invalid_request", detail="the body is not UTF-8") from problem
    return _fields(text, longest_field)


def _fields(text: str, longest_field: int) -> dict[str, str]:
    """Raises OAuthError for more of them, and longer ones, than any form has a use for."""
    try:
        fields = _once(_pairs(text))
    except ValueError as problem:
        raise OAuthError("invalid_request", detail=f"the form has more than {MOST_FIELDS} fields") from problem
    if any(len(part) > longest_field for field in fields.items() for part in field):
        raise OAuthError("invalid_request", detail=f"a field is longer than {longest_field} characters")
    return fields


def _pairs(text: str) -> list[tuple[str, str]]:
    """As `parse_qsl` reads a form, blank values too; most parts have nothing to be decoded. Raises ValueError."""
    if text.count("&") >= MOST_FIELDS:
        raise ValueError("too many fields")
    parts = [part.partition("=")[::2] for part in text.split("&") if part]
    return [(_decoded(name), _decoded(value)) for name, value in parts]


def _decoded(text: str) -> str:
    return unquote_plus(text) if "%" in text or "+" in text else text


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise OAuthError("invalid_request", detail="a parameter was sent twice")
        found[name] = value
    return found
