"""Tags of what IAM keeps. Source: IAM user guide, Tags for IAM resources: keys of roles and users are not distinguished
by case, those of all else are; facts/iam.md §2, §3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from halfday.server.domain.refusals import Refused

MOST_TAGS = 50
_RESERVED = "aws:"

Tags = Mapping[str, str]
Pairs = Iterable[Mapping[str, str]]


def new_tags(pairs: Pairs, *, any_case: bool) -> dict[str, str]:
    """The tags of a request, as Key and Value. Raises Refused."""
    tags: dict[str, str] = {}
    for pair in pairs:
        key = pair["Key"]
        if key.lower().startswith(_RESERVED):  # the sentence is [inferred]
            raise Refused("InvalidInput", "Tag keys that begin with aws: are reserved for system use.")
        if any(_same(key, other, any_case) for other in tags):
            more = " Please note that Tag keys are case insensitive." if any_case else ""
            raise Refused("InvalidInput", f"Duplicate tag keys found.{more}")
        tags[key] = pair["Value"]
    return tags


def with_tags(known: Tags, added: Tags, *, any_case: bool) -> dict[str, str]:
    """Raises Refused for more tags than anything may have. A key in another case takes the place of the one before."""
    kept = without_tags(known, added, any_case=any_case)
    if len(kept) + len(added) > MOST_TAGS:
        raise Refused("LimitExceeded", "The number of tags has reached the maximum limit.")
    return {**kept, **added}


def without_tags(known: Tags, keys: Iterable[str], *, any_case: bool) -> dict[str, str]:
    """What is not there needs no removing."""
    gone = tuple(keys)
    return {key: value for key, value in known.items() if not any(_same(key, other, any_case) for other in gone)}


def _same(one: str, other: str, any_case: bool) -> bool:
    return one.lower() == other.lower() if any_case else one == other
