"""What handlers of management share: an answer, a refusal, and what a query or a body says."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from halfday.server.http.requests.body_budget import NoRoom, held_by
from halfday.server.http.requests.parameters import BodyTooLarge, body_within

SMALL_BYTES = 64 * 1024
"""Of a body that is no document."""

Handler = Callable[[Request], Awaitable[Response]]


class Refused(ValueError):
    """A parameter is unknown, or has an impossible value; or the server is not one for that (`status` 409)."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


def refuse_unknown(asked: Iterable[str], known: Collection[str]) -> None:
    if unknown := sorted(set(asked) - set(known)):
        raise Refused(f"{unknown[0]}: there is no such parameter; there are: {', '.join(sorted(known)) or 'none'}")


def number(request: Request, name: str, default: float, most: float) -> float:
    """A number of the query, from 0 to `most`."""
    text = request.query_params.get(name)
    return default if text is None else checked_number(name, text, most)


def checked_number(name: str, given: object, most: float) -> float:
    try:
        found = float(given) if isinstance(given, (str, int, float)) and not isinstance(given, bool) else float("nan")
    except (ValueError, OverflowError):
        found = float("nan")
    if not 0 <= found <= most:
        raise Refused(f"{name}: must be a number from 0" + ("." if most == float("inf") else f" to {most}."))
    return found


async def body_of(request: Request, known: Collection[str], *, limit_bytes: int = SMALL_BYTES) -> Mapping[str, Any]:
    """The object in a request's body; an empty body is an empty one. Raises Refused."""
    try:
        held_by(request).belongs_to("management")  # whoever asks was let in
        raw = await body_within(request, limit_bytes)
    except BodyTooLarge as problem:
        raise Refused(f"The request cannot be taken: {problem}.", 413) from problem
    except NoRoom as problem:
        raise Refused("Too much is read at once: ask again.", 503) from problem
    try:
        found = json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refused("The body must be a JSON object.")
    refuse_unknown([*found, *request.query_params], known)
    return found


def answer(content: object, status: int = 200) -> Response:
    """A JSON answer that no cache keeps and no page of another origin may include."""
    headers = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return _Ascii(content, status, headers)


class _Ascii(JSONResponse):
    """Functions may put half of a surrogate pair in their answers and words, which UTF-8 has no bytes for."""

    def render(self, content: object) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode("ascii")
