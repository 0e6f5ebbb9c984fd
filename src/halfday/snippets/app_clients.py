"""What a configuration is made of: a pool, one of its app clients, and where both are served."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from halfday.protocol.endpoints import Domain, aws_issuers, discovery_url, jwks_url
from halfday.protocol.identifiers import region_of_pool


@dataclass(frozen=True, slots=True)
class Pool:
    """A user pool. `origin` is where it is asked: its APIs, its pages and its OAuth endpoints."""

    origin: str
    pool_id: str
    name: str
    issuer: str
    sign_in_with: tuple[str, ...] = ()
    verify: tuple[str, ...] = ()

    @property
    def region(self) -> str:
        return region_of_pool(self.pool_id)

    @property
    def host(self) -> str:
        """The host with its port, without a scheme."""
        return urlsplit(self.origin).netloc

    @property
    def is_https(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def has_aws_issuer(self) -> bool:
        """Whether its tokens are issued in AWS's name, which does not resolve here."""
        return self.issuer in aws_issuers(self.pool_id)

    @property
    def domain(self) -> Domain:
        return Domain(self.origin)

    @property
    def authority(self) -> str:
        """The address below which the pool's discovery document lies."""
        return f"{self.origin}/{self.pool_id}"

    @property
    def discovery_url(self) -> str:
        return discovery_url(self.origin, self.pool_id)

    @property
    def jwks_url(self) -> str:
        return jwks_url(self.origin, self.pool_id)


@dataclass(frozen=True, slots=True)
class AppClient:
    """An app client of the pool. `client_secret` None: a public client. `confidential` tells where it is not shown."""

    pool: Pool
    client_id: str
    name: str
    client_secret: str | None = field(default=None, repr=False)
    callback_urls: tuple[str, ...] = ()
    logout_urls: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    auth_flows: tuple[str, ...] | None = None
    identity_pool_id: str | None = None

    @property
    def confidential(self) -> bool:
        return self.client_secret is not None


def origin_of(issuer: str, pool_id: str, asked: str) -> str:
    """Where the pool is asked: where its issuer says, which a library compares; `asked` where that is AWS's name."""
    below = f"/{pool_id}"
    return issuer.removesuffix(below) if issuer.endswith(below) and issuer not in aws_issuers(pool_id) else asked
