"""Tags of user pools and identity pools. Source: developer guide, Tagging resources; the sentences are [inferred]."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from halfday.server.domain.refusals import invalid

MOST_TAGS = 50
_RESERVED = "aws:"


def objection(tags: Mapping[str, str]) -> str | None:
    """Checks all tags that the resource would have."""
    if any(key.lower().startswith(_RESERVED) for key in tags):
        return f"Tag keys beginning with {_RESERVED} are reserved for AWS."
    if len(tags) > MOST_TAGS:
        return f"A resource has {MOST_TAGS} tags at most."
    return None


def merged(known: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Raises Refused for tags that AWS would not keep."""
    changed = {**known, **given}
    if (said := objection(changed)) is not None:
        raise invalid(said)
    return changed


def without(known: Mapping[str, str], keys: Collection[str]) -> dict[str, str]:
    return {key: value for key, value in known.items() if key not in keys}
