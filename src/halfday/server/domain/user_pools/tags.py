"""Tags that AWS would not keep. Source: developer guide, Tagging resources; the sentences are [inferred]."""

from __future__ import annotations

from collections.abc import Mapping

MOST_TAGS = 50
_RESERVED = "aws:"


def objection(tags: Mapping[str, str]) -> str | None:
    """Checks all tags that the resource would have."""
    if any(key.lower().startswith(_RESERVED) for key in tags):
        return f"Tag keys beginning with {_RESERVED} are reserved for AWS."
    if len(tags) > MOST_TAGS:
        return f"A resource has {MOST_TAGS} tags at most."
    return None
