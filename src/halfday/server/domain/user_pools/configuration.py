"""How a pool's pages look, and settings that are kept and shown and have no effect here: risk, log delivery, replicas.

Their documents stay in the API's own words. Times are epoch seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

ALL_CLIENTS = "ALL"
"""The ClientId of the classic pages' style for every app client without a style of its own."""

MOST_STYLES = 20
MOST_TERMS = 40

ReplicaStatus = Literal["CREATING", "ACTIVE", "INACTIVE", "DELETING"]


@dataclass(frozen=True, slots=True)
class UiCustomization:
    """The classic pages' style. `image` is base64."""

    pool_id: str
    client_id: str
    css: str | None
    css_version: str
    image: str | None
    created_at: float
    modified_at: float


@dataclass(frozen=True, slots=True)
class Branding:
    """A managed login style of one app client. `settings` and `assets` are the API's documents, images as base64."""

    pool_id: str
    branding_id: str
    client_id: str
    cognito_values: bool
    created_at: float
    modified_at: float
    settings: dict[str, Any] = field(default_factory=dict)
    assets: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """Links to a document of terms, by language."""

    pool_id: str
    terms_id: str
    client_id: str
    name: str
    source: str
    enforcement: str
    links: dict[str, str]
    created_at: float
    modified_at: float


@dataclass(frozen=True, slots=True)
class RiskConfiguration:
    """What was asked for about risky sign-ins, of a pool (`client_id` empty) or of one app client."""

    pool_id: str
    client_id: str
    document: dict[str, Any]
    modified_at: float


@dataclass(frozen=True, slots=True)
class LogDelivery:
    pool_id: str
    configurations: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Replica:
    """A replica of the pool in another region, as a record: nothing is replicated here."""

    pool_id: str
    region: str
    status: ReplicaStatus
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProvisionedLimit:
    """Requests a second that an account has provisioned for a category of operations, in one region."""

    account: str
    region: str
    category: str
    value: int
