"""Principal tags: which claims of a login become tags of the session. Pure.

Source: facts/identity.md §5; developer guide, Using attributes for access control, Default provider mappings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from halfday.server.domain.aws.logins import AMAZON, LoginKind, ProvenLogin
from halfday.server.domain.aws.role_mapping import as_text

TAGS_CLAIM = "https://aws.amazon.com/tags"
"""The claim of an OpenID token by which STS is told them."""
MOST_TAGS, LONGEST_VALUE = 50, 256

_ALLOWED = re.compile(r"[\w\s.:/=+\-@]*")
"""What a session tag's value may hold: letters, spaces, numbers and _.:/=+-@ (STS API reference, Tag)."""
_SAML = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"


@dataclass(frozen=True, slots=True)
class PrincipalTagMap:
    """Of one provider: its usual tags, or `tags`, each with the claim that it is taken from."""

    use_defaults: bool = False
    tags: tuple[tuple[str, str], ...] = ()

    def claims_for(self, login: ProvenLogin) -> dict[str, str]:
        """Tag → claim. The usual ones are an app's and a person's id."""
        if not self.use_defaults:
            return dict(self.tags)
        if login.kind is LoginKind.SAML:
            return {"client": f"{_SAML}nameidentifier", "username": f"{_SAML}name"}
        return {"client": "aud", "username": "user_id" if login.provider == AMAZON else "sub"}


def principal_tags(maps: Mapping[str, PrincipalTagMap], shown: Sequence[ProvenLogin]) -> dict[str, str]:
    """The tags of a session of who has shown these logins. A claim that is missing makes no tag [inferred].

    An identity pool's own token brings the tags that are in it. Of several logins the first to make a tag does.
    """
    tags: dict[str, str] = {}
    for login in shown:
        for tag, value in _of_login(maps, login).items():
            tags.setdefault(tag, value)
    return tags


def objection_to(tags: Mapping[str, str]) -> str | None:
    """Why STS does not take these tags, or None. It names no value: they are people's."""
    for tag, value in tags.items():
        if len(value) > LONGEST_VALUE:
            return f"the value of tag {tag} is longer than {LONGEST_VALUE} characters"
        if not _ALLOWED.fullmatch(value):
            return f"the value of tag {tag} has characters that no session tag may have"
    return f"there are more than {MOST_TAGS} tags" if len(tags) > MOST_TAGS else None


def tags_claim(tags: Mapping[str, str]) -> dict[str, Any]:
    """The claim, where there are tags (IAM user guide, Pass session tags in AWS STS)."""
    return {TAGS_CLAIM: {"principal_tags": {tag: [value] for tag, value in tags.items()}}} if tags else {}


def tags_in(claims: Mapping[str, Any]) -> dict[str, str]:
    """The tags of an OpenID token of ours."""
    told = claims.get(TAGS_CLAIM, {}).get("principal_tags", {})
    return {tag: values[0] for tag, values in told.items()}


def _of_login(maps: Mapping[str, PrincipalTagMap], login: ProvenLogin) -> dict[str, str]:
    if login.kind is LoginKind.OPENID_TOKEN:
        return tags_in(login.claims)
    if (found := maps.get(login.provider) or maps.get(login.arn)) is None:
        return {}
    wanted = found.claims_for(login)
    return {tag: as_text(login.claims[claim]) for tag, claim in wanted.items() if claim in login.claims}
