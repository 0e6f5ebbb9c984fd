"""What a configuration is made of: a pool, one of its app clients, and where both are served."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from halfday.protocol.endpoints import Domain, api_url, aws_issuers, discovery_url, jwks_url
from halfday.protocol.identifiers import region_of_pool


@dataclass(frozen=True, slots=True)
class Pool:
    """A user pool. `origin` is where it is asked: its APIs, its pages and its OAuth endpoints.

    `aws_names`: it is asked at the host names that it would have at AWS, which a proxy leads here. `prefix` is that of
    its domain.
    """

    origin: str
    pool_id: str
    name: str
    issuer: str
    sign_in_with: tuple[str, ...] = ()
    verify: tuple[str, ...] = ()
    prefix: str | None = None
    aws_names: bool = False

    @property
    def region(self) -> str:
        return region_of_pool(self.pool_id)

    @property
    def api(self) -> str:
        """The address of its API."""
        return api_url("cognito-idp", self.region) if self.aws_names else self.origin

    @property
    def domain(self) -> Domain:
        """The origin of its pages and OAuth endpoints; at AWS one of a made-up prefix, where the pool has none yet."""
        prefix = self.prefix or prefix_for(self.name)
        return Domain(f"https://{prefix}.auth.{self.region}.amazoncognito.com" if self.aws_names else self.origin)

    @property
    def host(self) -> str:
        """The domain's host with its port, without a scheme."""
        return urlsplit(self.domain.origin).netloc

    @property
    def is_https(self) -> bool:
        return self.domain.origin.startswith("https://")

    @property
    def has_aws_issuer(self) -> bool:
        """Whether its tokens are issued in AWS's name."""
        return self.issuer in aws_issuers(self.pool_id)

    @property
    def authority(self) -> str:
        """The address below which the pool's discovery document lies."""
        return f"{self.api}/{self.pool_id}"

    @property
    def discovery_url(self) -> str:
        return discovery_url(self.api, self.pool_id)

    @property
    def jwks_url(self) -> str:
        return jwks_url(self.api, self.pool_id)


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


def prefix_for(name: str) -> str:
    """A prefix for the domain of a pool of this name: lower-case letters, digits and hyphens between them."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:63].strip("-") or "demo"
