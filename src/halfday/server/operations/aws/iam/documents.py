"""Policy documents on the wire: read as text, answered percent-encoded (RFC 3986), as IAM does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from halfday.server.domain.aws.managed_policies import MOST_OF_A_POLICY
from halfday.server.domain.aws.policies import Kind, check_policy
from halfday.server.domain.aws.policies.documents import MOST_OF_A_TRUST_POLICY, characters
from halfday.server.domain.aws.policies.loading import malformed
from halfday.server.domain.refusals import Refused


def encoded(document: Mapping[str, Any]) -> str:
    return quote(json.dumps(document), safe="")


def trust_policy(text: str) -> dict[str, Any]:
    """Raises Refused; nothing is read of a text that is too long."""
    if characters(text) > MOST_OF_A_TRUST_POLICY:
        raise Refused("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {MOST_OF_A_TRUST_POLICY}")
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        raise malformed("This policy contains invalid Json") from None
    return _read(text, Kind.TRUST)


def managed_policy(text: str) -> dict[str, Any]:
    """Raises Refused; nothing is read of a text that is too long."""
    if characters(text) > MOST_OF_A_POLICY:
        raise Refused("LimitExceeded", f"Cannot exceed quota for PolicySize: {MOST_OF_A_POLICY}")
    return _read(text, Kind.IDENTITY, managed=True)


def inline_policy(text: str) -> dict[str, Any]:
    """Raises Refused. How long it may be depends on the others of the role or user."""
    return _read(text, Kind.IDENTITY)


def _read(text: str, kind: Kind, *, managed: bool = False) -> dict[str, Any]:
    check_policy(text, kind=kind, managed=managed)
    document: dict[str, Any] = json.loads(text)
    return document
