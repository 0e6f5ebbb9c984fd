"""A provider's metadata (SAML metadata §2.3, §2.4): who it is, where people are sent, and what it signs with.

Source: facts/federation.md §5.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from halfday.protocol.endpoints import LOOPBACK_HOSTS
from halfday.server.outside.saml.documents import (
    METADATA,
    PROTOCOL,
    SIGNATURE,
    Element,
    Unreadable,
    children,
    named,
    parse,
    seconds_of,
    text_of,
)

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
LONGEST_BYTES = 1024 * 1024
LONGEST_CERTIFICATE = 4096
"""Characters (developer guide, Things to know about SAML IdPs)."""
KEPT_FOR_S = 6 * 3600
_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:\.\d+)?S)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What one identity provider publishes. Any certificate may sign. `kept_for_s`: until it is read again."""

    entity_id: str
    sign_in: str
    sign_out: str | None
    certificates: tuple[Certificate, ...]
    valid_until: float | None = None
    kept_for_s: float = KEPT_FOR_S

    def is_over(self, now: float) -> bool:
        return self.valid_until is not None and now >= self.valid_until

    def lasting_s(self, now: float) -> float:
        """For how long it may be used before it is read again."""
        return self.kept_for_s if self.valid_until is None else min(self.kept_for_s, self.valid_until - now)

    def objection(self, now: float) -> str | None:
        """Why a pool cannot be configured with it now."""
        if self.is_over(now):
            return "it is no longer valid"
        if all(certificate.not_valid_after_utc.timestamp() <= now for certificate in self.certificates):
            return "its signing certificate is expired"
        return None


def parse_metadata(document: bytes) -> Metadata:
    """Raises Unreadable."""
    entity = _entity(parse(document, longest_bytes=LONGEST_BYTES, with_comments=True))
    role = _role(entity)
    certificates = tuple(_certificates(role))
    if not certificates:
        raise Unreadable("it has no signing certificate")
    sign_in = _location(role, "SingleSignOnService")
    if sign_in is None:
        raise Unreadable("it has no SingleSignOnService with the HTTP-Redirect binding")
    ends = [seconds_of(value) for each in (entity, role) if (value := each.get("validUntil"))]
    kept = [_seconds(value) for each in (entity, role) if (value := each.get("cacheDuration"))]
    return Metadata(
        entity_id=entity.get("entityID", ""),
        sign_in=sign_in,
        sign_out=_location(role, "SingleLogoutService"),
        certificates=certificates,
        valid_until=min(ends, default=None),
        kept_for_s=min([*kept, KEPT_FOR_S]),
    )


def _entity(root: Element) -> Element:
    """The entity, which may be the only identity provider of several entities."""
    entities = (
        [root] if root.tag == named(METADATA, "EntityDescriptor") else children(root, METADATA, "EntityDescriptor")
    )
    found = [entity for entity in entities if children(entity, METADATA, "IDPSSODescriptor")]
    if len(found) != 1:
        raise Unreadable("it does not describe exactly one identity provider")
    if not found[0].get("entityID"):
        raise Unreadable("it has no entityID")
    return found[0]


def _role(entity: Element) -> Element:
    for role in children(entity, METADATA, "IDPSSODescriptor"):
        if PROTOCOL in role.get("protocolSupportEnumeration", "").split():
            return role
    raise Unreadable("its identity provider does not speak SAML 2.0")


def _certificates(role: Element) -> Iterator[Certificate]:
    """Of keys for signing, and of those for everything."""
    for key in children(role, METADATA, "KeyDescriptor"):
        if key.get("use", "signing") == "signing":
            for certificate in key.iter(named(SIGNATURE, "X509Certificate")):
                yield _certificate("".join(text_of(certificate).split()))


def _certificate(text: str) -> Certificate:
    from cryptography import x509

    if len(text) > LONGEST_CERTIFICATE:
        raise Unreadable(f"a signing certificate is longer than {LONGEST_CERTIFICATE} characters")
    try:
        return x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise Unreadable("a signing certificate cannot be read") from None


def _location(role: Element, service: str) -> str | None:
    """The address of the service's HTTP-Redirect binding, by https or on this machine."""
    for each in children(role, METADATA, service):
        if each.get("Binding") == REDIRECT:
            location: str = each.get("Location", "")
            if not _can_be_gone_to(location):
                raise Unreadable(f"the Location of {service} is no https URL")
            return location
    return None


def _can_be_gone_to(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return (parts.scheme == "https" and bool(parts.hostname)) or (
        parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS
    )


def _seconds(duration: str) -> float:
    """An xs:duration of days and less. Months and years are more than six hours, as are all that are no duration."""
    found = _DURATION.fullmatch(duration)
    if found is None:
        return KEPT_FOR_S
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return days * 86_400 + hours * 3600 + minutes * 60 + seconds
