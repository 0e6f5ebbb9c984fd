"""Tags, which templates have as lists of Key and Value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.server.templates.kinds.kind import Site


def tags_of(given: Any) -> Any:
    """A list of Key and Value as a map; a map stays one."""
    return {one["Key"]: one["Value"] for one in given} if isinstance(given, list) else given


async def retag(site: Site, service: str, tag: str, untag: str, which: Mapping[str, Any], old: Any, new: Any) -> None:
    """The resource has the new tags after the call, and none of the old that are not among them."""
    before, after = tags_of(old or {}), tags_of(new or {})
    added = [{"Key": key, "Value": value} for key, value in after.items() if before.get(key) != value]
    gone = [key for key in before if key not in after]
    if gone:
        await site.call(service, untag, {**which, "TagKeys": gone})
    if added:
        await site.call(service, tag, {**which, "Tags": added})
