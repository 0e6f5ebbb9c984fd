"""Pages of a listing. A token names the last record shown, so that what is inserted meanwhile moves nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

from halfday.protocol.encoding import b64url_decode, b64url_encode
from halfday.server.domain.refusals import invalid
from halfday.server.operations.framework.registry import Call

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
MOST_BY_DEFAULT = 60


class Fetch(Protocol[T_co]):
    """At most `limit` records that follow the one which `after` names, in the listing's order."""

    def __call__(self, *, limit: int, after: Any) -> Awaitable[Sequence[T_co]]: ...


async def listing(
    call: Call,
    name: str,
    fetch: Fetch[T],
    *,
    key: Callable[[T], str],
    shape: Callable[[T], Any],
    most: int = MOST_BY_DEFAULT,
    token: str = "NextToken",
    read_token: Callable[[str | None], Any] | None = None,
) -> dict[str, Any]:
    """One page as an operation's answer: member `name` with the shapes, member `token` if there are more.

    `key` is what the token says of the last record shown, `read_token` reads it again (`after`, unless given). `most`
    are on a page for which the call has neither Limit nor MaxResults. Raises Refused for a made-up token.
    """
    limit = call.input.get("Limit") or call.input.get("MaxResults") or most
    records = await fetch(limit=limit + 1, after=(read_token or after)(call.input.get(token)))
    shown, following = cut(records, limit, key)
    return {name: [shape(record) for record in shown], token: following}


def among(records: Sequence[T], key: Callable[[T], str]) -> Fetch[T]:
    """The pages of a list that is there as a whole, in the order of its keys."""

    async def fetch(*, limit: int, after: str) -> Sequence[T]:
        return [record for record in records if key(record) > after][:limit]

    return fetch


def after(token: str | None) -> str:
    """The key after which the next page begins; empty for the first page. Raises Refused for a made-up token."""
    if token is None:
        return ""
    try:
        return b64url_decode(token).decode()
    except ValueError as problem:
        raise invalid("Invalid pagination token") from problem


def place(token: str | None) -> tuple[str, str] | None:
    """Of a listing in another order than its keys': the place of the last one shown and its key; None at first."""
    if token is None:
        return None
    where, separator, key = after(token).partition("\0")
    if not separator:
        raise invalid("Invalid pagination token")
    return where, key


def moment(token: str | None) -> tuple[float, str] | None:
    """Of a listing from new to old: when the last one shown was made and its key; None at first."""
    text = after(token)
    if not text:
        return None
    made_at, _, key = text.partition(" ")
    try:
        return float(made_at), key
    except ValueError as problem:
        raise invalid("Invalid pagination token") from problem


def cut(records: Sequence[T], limit: int, key: Callable[[T], str]) -> tuple[Sequence[T], str | None]:
    """At most `limit` of the records, and the token of the next page if there are more. Ask the store for limit + 1."""
    if len(records) <= limit:
        return records, None
    return records[:limit], b64url_encode(key(records[limit - 1]).encode())
