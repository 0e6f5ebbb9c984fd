"""What AWS lets a session be: how long, with which tags, and with how much policy.

Sentences marked [seen] were recorded from AWS by others, see facts/identity.md §9. Source: STS API reference.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Mapping, Sequence

from halfday.server.domain.aws.policies.documents import characters
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.refusals import Refused

ROLE_SESSION_S, OWN_SESSION_S, ROOTS_SESSION_S = 3600, 43_200, 3600
"""How long a session lasts that nobody gave a length: of a role, of a user, of the root (who gets no longer one)."""
CHAINED_SESSION_S = 3600
MOST_SESSION_POLICIES = 10
MOST_POLICY_CHARACTERS = 2_048
PACKED_BYTES = 600
"""What is 100 % of PackedPolicySize. [inferred] from sizes that others were told: 16 % for a short policy, 82 % for one
of 736 characters, 157 % for one of 1,690. AWS's own packing is not published; here it is DEFLATE (RFC 1951).
"""
LONGEST_TOKEN = 4_096
"""Characters of a session token: what SessionTokenUtilization is a share of [inferred]."""

_NAME = re.compile(r"[a-zA-Z_0-9+=,.@-]{2,64}")


def invalid_parameter(sentence: str) -> Refused:
    return Refused("InvalidParameterValue", sentence)


def check_role_duration(role: Role, lifetime_s: int, *, chained: bool) -> None:
    """Both sentences [seen]. Roles that were assumed with temporary credentials last an hour at most."""
    if chained and lifetime_s > CHAINED_SESSION_S:
        sentence = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        raise Refused("ValidationError", sentence)
    if lifetime_s > role.max_session_duration_s:
        sentence = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise Refused("ValidationError", sentence)


def own_duration(asked_s: int | None, *, root: bool) -> int:
    """Of GetSessionToken and GetFederationToken. What the root asks for beyond an hour is an hour."""
    if root:
        return min(asked_s or ROOTS_SESSION_S, ROOTS_SESSION_S)
    return OWN_SESSION_S if asked_s is None else asked_s


def read_tags(given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The tags of a request. The sentence of duplicates is [seen], that of the reserved prefix [inferred]."""
    tags = {tag["Key"]: tag["Value"] for tag in given}
    if len({key.lower() for key in tags}) != len(given):
        raise invalid_parameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.lower().startswith("aws:") for key in tags):
        raise invalid_parameter("System tags starting with 'aws:' are not allowed for external use.")
    return tags


def check_transitive(tags: Collection[str], transitive: Collection[str], inherited: Collection[str]) -> None:
    """Transitive keys are among the tags that are passed, which replace none that were inherited. Both [seen]."""
    passed = {key.lower() for key in tags}
    if passed & {key.lower() for key in inherited}:
        raise invalid_parameter(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from "
            "the calling session."
        )
    if not {key.lower() for key in transitive} <= passed:
        raise invalid_parameter("The specified transitive tag key must be included in the requested tags.")


def is_name(text: str) -> bool:
    """Whether it can be a session's name or a source identity."""
    return _NAME.fullmatch(text) is not None


def check_source_identity(name: str | None, inherited: str | None) -> str | None:
    """The session's source identity, which is never changed. The sentence is [inferred]."""
    if name is not None and name.lower().startswith("aws:"):
        raise invalid_parameter("SourceIdentity must not begin with 'aws:'.")
    if name is not None and inherited is not None and name != inherited:
        raise Refused("AccessDenied", "SourceIdentity cannot be changed once it is set.")
    return inherited if name is None else name


def packed_size(policies: Sequence[str], arns: Sequence[str], tags: Mapping[str, str]) -> int:
    """Per cent. Raises Refused beyond 100; the sentence is [seen], that of the plain text [inferred]."""
    if len(arns) > MOST_SESSION_POLICIES or sum(map(characters, policies)) + sum(map(len, arns)) > _MOST_PLAIN:
        raise Refused("PackedPolicyTooLarge", "Policies exceed the allowed size in plain text")
    plain = "\n".join((*policies, *arns, *(f"{key}\t{value}" for key, value in tags.items())))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    size = len(packer.compress(plain.encode()) + packer.flush()) if plain else 0
    percent = size * 100 // PACKED_BYTES
    if percent > 100:
        raise Refused("PackedPolicyTooLarge", f"Packed policy consumes {percent}% of allotted space")
    return percent


_MOST_PLAIN = MOST_POLICY_CHARACTERS + MOST_SESSION_POLICIES * 2_048
