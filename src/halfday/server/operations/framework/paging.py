"""Pages of a listing. A token names the last key shown, so that what is inserted meanwhile moves nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from halfday.protocol.encoding import b64url_decode, b64url_encode
from halfday.server.domain.refusals import Refused

T = TypeVar("T")


def after(token: str | None) -> str:
    """The key after which the next page begins; empty for the first page. Raises Refused for a made-up token."""
    if token is None:
        return ""
    try:
        return b64url_decode(token).decode()
    except ValueError as problem:
        raise Refused("InvalidParameterException", "Invalid pagination token") from problem


def place(token: str | None) -> tuple[str, str] | None:
    """Of a listing in another order than its keys': the place of the last one shown and its key; None at first."""
    if token is None:
        return None
    where, separator, key = after(token).partition("\0")
    if not separator:
        raise Refused("InvalidParameterException", "Invalid pagination token")
    return where, key


def cut(records: Sequence[T], limit: int, key: Callable[[T], str]) -> tuple[Sequence[T], str | None]:
    """At most `limit` of the records, and the token of the next page if there are more. Ask the store for limit + 1."""
    if len(records) <= limit:
        return records, None
    return records[:limit], b64url_encode(key(records[limit - 1]).encode())


def page(name: str, items: list[Any], token_name: str, token: str | None) -> dict[str, Any]:
    return {name: items, token_name: token}
