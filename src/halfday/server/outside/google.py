"""Google: OpenID Connect, and its People API for what is mapped and not in the ID token.

Source: Google, OpenID Connect; Google, People API, people.get; facts/federation.md §1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from halfday.protocol.claims import VerifiedClaims
from halfday.server.outside.oauth_client import access_token_of
from halfday.server.outside.oidc import OidcProvider

# Google's ID tokens have an `iss` with or without the scheme (Google, OpenID Connect: "iss is always …  or …").
_ISSUERS = ("https://accounts.google.com", "accounts.google.com")

PERSON_FIELDS = frozenset(
    (
        "addresses ageRanges biographies birthdays calendarUrls clientData coverPhotos emailAddresses events "
        "externalIds genders imClients interests locales locations memberships metadata miscKeywords names nicknames "
        "occupations organizations phoneNumbers photos relations sipAddresses skills urls userDefined"
    ).split()
)
"""What personFields may name (People API, people.get). Other claims come from the ID token."""

_TEXT_OF = {"names": "displayName", "phoneNumbers": "canonicalForm", "photos": "url", "addresses": "formattedValue"}
"""The member of an entry that is its text, where that is not `value`."""


class GoogleProvider(OidcProvider):
    """attributes_url is the People API, not userInfo: it is asked for the mapped fields, and only if there are any."""

    mappable_tokens: ClassVar[tuple[str, ...]] = ("access_token",)
    tells: ClassVar[tuple[str, ...]] = ("error",)

    def _issuers(self) -> str | tuple[str, ...]:
        return _ISSUERS if self._issuer in _ISSUERS else self._issuer

    async def _added_claims(
        self, identity: VerifiedClaims, tokens: Mapping[str, Any], answer: Mapping[str, str]
    ) -> dict[str, Any]:
        """The primary entry of each mapped person field, as text. That it is the primary one is [inferred]."""
        url, mapped = self._details.get("attributes_url"), set(self._provider.attribute_mapping.values())
        fields = sorted((mapped & PERSON_FIELDS) - set(identity))
        if not url or not fields:
            return {}
        person = await self._oauth.attributes(url + ",".join(fields), access_token_of(tokens))
        return {name: text for name in fields if (text := _primary(name, person.get(name))) is not None}


def _primary(name: str, entries: Any) -> Any:
    """The text of the entry that Google marks as primary, else of the first; None where there is none."""
    known = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    if not known:
        return None
    entry = next((one for one in known if _is_primary(one)), known[0])
    if name == "birthdays":
        return _date(entry.get("date"))
    return entry.get(_TEXT_OF.get(name, "value"), entry.get("value"))


def _is_primary(entry: dict[str, Any]) -> bool:
    metadata = entry.get("metadata")
    return isinstance(metadata, dict) and metadata.get("primary") is True


def _date(parts: Any) -> str | None:
    """YYYY-MM-DD; None for a date without its year, which many people hide."""
    members = parts if isinstance(parts, dict) else {}
    year, month, day = (members.get(name) for name in ("year", "month", "day"))
    if not (isinstance(year, int) and isinstance(month, int) and isinstance(day, int)):
        return None
    return f"{year:04}-{month:02}-{day:02}"
