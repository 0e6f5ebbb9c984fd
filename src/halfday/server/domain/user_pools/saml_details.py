"""ProviderDetails of a SAML provider (facts/federation.md §1, §5). AWS's sentences for them are not known."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from halfday.protocol.endpoints import LOOPBACK_HOSTS

REQUEST_SIGNING = "rsa-sha256"
FLAGS = ("IDPSignout", "IDPInit", "EncryptedResponses")
_PORTS = {"http": 80, "https": 443}


def saml_objection(details: Mapping[str, str], own_host: str | None) -> str | None:
    """What is wrong with them. Empty values count as missing; `own_host` is this server's."""
    url, file = details.get("MetadataURL"), details.get("MetadataFile")
    if bool(url) == bool(file):
        return "Either MetadataURL or MetadataFile is required, and not both."
    if url and not _can_be_read(url, own_host):
        return "MetadataURL must be an https or http URL on TCP port 443 or 80."
    for name in FLAGS:
        if details.get(name, "false") not in ("true", "false"):
            return f"{name} must be true or false."
    if details.get("RequestSigningAlgorithm") not in (None, "", REQUEST_SIGNING):
        return f"RequestSigningAlgorithm must be {REQUEST_SIGNING}."
    return None


def incomplete_profile(names: Collection[str]) -> str:
    """What AWS says of attributes that are required and did not come (facts/federation.md §6)."""
    return f"Invalid user attributes: {' '.join(f'{name}: The attribute is required.' for name in names)} "


def _can_be_read(url: str, own_host: str | None) -> bool:
    """AWS reads metadata on the usual ports only. On this machine, which AWS could not reach, any port will do."""
    try:
        parts = urlsplit(url)
        usual = _PORTS.get(parts.scheme)
        local = parts.hostname in (*LOOPBACK_HOSTS, own_host)
        return usual is not None and bool(parts.hostname) and (local or parts.port in (None, usual))
    except ValueError:
        return False
