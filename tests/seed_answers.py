"""What a server answers of its configuration, which a seed file can say whole."""

from __future__ import annotations

from typing import Any

OF_PEOPLE = ("admin_get_user", "admin_list_groups", "list_users", "list_identities", "describe_identity")


def of_configuration(found: dict[str, Any]) -> dict[str, Any]:
    """Without people, whose subs and passwords no seed file has, and without the tags that pin its ids."""
    return {key: _unpinned(answer) for key, answer in found.items() if not key.startswith(OF_PEOPLE)}


def _unpinned(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _unpinned(each) for name, each in value.items() if not name.startswith("_")}
        return {name: each for name, each in kept.items() if each or not name.endswith("Tags")}
    return [_unpinned(each) for each in value] if isinstance(value, list) else value
