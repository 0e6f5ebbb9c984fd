"""IAM's pages: MaxItems, IsTruncated, Marker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from halfday.protocol.encoding import b64url_decode, b64url_encode
from halfday.server.domain.refusals import Refused
from halfday.server.operations.framework.registry import Call

T = TypeVar("T")
USUAL_PAGE = 100


def page(
    call: Call, name: str, records: Iterable[T], *, key: Callable[[T], str], shape: Callable[[T], Any]
) -> dict[str, Any]:
    """One page as an operation's answer, in the order of the keys. A marker names the last record shown, so that what
    is made meanwhile moves nothing. Raises Refused.
    """
    after = _read(call.input.get("Marker"))
    following = sorted((record for record in records if key(record) > after), key=key)
    most = call.input.get("MaxItems", USUAL_PAGE)
    shown, more = following[:most], len(following) > most
    marker = b64url_encode(key(shown[-1]).encode()) if more else None
    return {name: [shape(record) for record in shown], "IsTruncated": more, "Marker": marker}


def page_of_tags(call: Call, tags: dict[str, str]) -> dict[str, Any]:
    """Of at most fifty, so that a marker is the number of those that were shown: a key may be longer than a marker."""
    places = {key: f"{place:02}" for place, key in enumerate(sorted(tags))}
    return page(call, "Tags", places, key=places.__getitem__, shape=lambda one: {"Key": one, "Value": tags[one]})


def _read(marker: str | None) -> str:
    try:
        return b64url_decode(marker).decode() if marker else ""
    except ValueError as problem:
        raise Refused("ValidationError", "Invalid Marker.") from problem
