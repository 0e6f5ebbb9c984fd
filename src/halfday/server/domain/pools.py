"""User pools: what one is set up to be, and what follows from that for usernames and issuers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from halfday.protocol import endpoints, identifiers
from halfday.server.domain.attributes import SchemaAttribute
from halfday.server.domain.passwords import PasswordPolicy

IssuerKind = Literal["local", "aws"]


@dataclass(frozen=True, slots=True)
class Pool:
    """A user pool. `issuer_kind` chooses the `iss` of its tokens; times are epoch seconds."""

    pool_id: str
    name: str
    issuer_kind: IssuerKind
    created_at: float
    modified_at: float
    password_policy: PasswordPolicy = field(default_factory=PasswordPolicy)
    schema: tuple[SchemaAttribute, ...] = ()
    username_attributes: tuple[str, ...] = ()
    alias_attributes: tuple[str, ...] = ()
    auto_verified_attributes: tuple[str, ...] = ()
    case_sensitive: bool = True
    admin_create_user_only: bool = False
    deletion_protection: bool = False
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def region(self) -> str:
        return identifiers.region_of_pool(self.pool_id)

    def arn(self, account: str) -> str:
        return identifiers.user_pool_arn(self.pool_id, account)

    def issuer(self, origin: str) -> str:
        """The `iss` claim of this pool's tokens. `origin` is where this server is reached."""
        if self.issuer_kind == "aws":
            return endpoints.aws_issuer(self.pool_id)
        return f"{origin}/{self.pool_id}"

    def fold(self, username: str) -> str:
        """A username as it is stored and compared: folded unless the pool is case sensitive."""
        return username if self.case_sensitive else username.lower()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One RSA key. `owner` is a pool id, or the identity service's name; `purpose` is id, access or openid."""

    owner: str
    purpose: str
    kid: str
    private_pem: str = field(repr=False)
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class PoolDomain:
    """A prefix, or a host of the owner's, under which a pool shows its pages."""

    domain: str
    pool_id: str
    managed_login_version: int
    created_at: float


@dataclass(frozen=True, slots=True)
class ResourceServer:
    """An API of one's own with its scopes: `identifier/scope` in tokens."""

    pool_id: str
    identifier: str
    name: str
    scopes: dict[str, str] = field(default_factory=dict)

    @property
    def scope_names(self) -> tuple[str, ...]:
        return tuple(f"{self.identifier}/{scope}" for scope in self.scopes)
