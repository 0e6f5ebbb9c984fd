"""One connection: which sign-in page, which app client, which identity pool, and where their APIs answer.

The region is derived from the ids, because people often get it wrong (facts/failures.md 3.10). Endpoints are derived
from the region unless they are set. `settings_loading` makes these records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from halfday.client.configuration.setting_sources import credentials_place
from halfday.client.errors import SettingsError
from halfday.protocol.endpoints import Domain, api_url, split_prefix_host
from halfday.protocol.identifiers import region_of_identity, region_of_pool
from halfday.protocol.urls import parse_url

CredentialsFlow = Literal["enhanced", "basic"]
TokenStore = Literal["disk", "keyring", "none"]

DEFAULT_REDIRECT_URIS = ("http://localhost:8080", "http://localhost:8080/callback", "http://127.0.0.1:8080/callback")
"""Tried in turn by a browser sign-in when no redirect_uri is set: Cognito wants every port registered."""

LOGIN_TIMEOUT_S = 600.0
"""So long a browser sign-in waits for the person."""
LONGEST_TIMEOUT_S = 3600.0
"""The longest `timeout` for one answer."""

EXAMPLES = {
    "domain": "https://PREFIX.auth.REGION.amazoncognito.com",
    "client_id": "the app client's id",
    "identity_pool_id": "REGION:UUID",
    "user_pool_id": "REGION_NAME",
    "redirect_uri": "http://localhost:8080, letter for letter as registered",
    "region": "us-east-1",
    "role_arn": "arn:aws:iam::ACCOUNT:role/NAME",
}


@dataclass(frozen=True)
class Settings:
    """A connection's settings, each of them checked. A call asks for a setting that it needs with `require`."""

    domain: Domain | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    identity_pool_id: str | None = None
    user_pool_id: str | None = None
    region: str | None = None
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    endpoint_url: str | None = None
    role_arn: str | None = None
    credentials_flow: CredentialsFlow = "enhanced"
    duration_s: int | None = None
    token_store: TokenStore | None = None
    logout_uri: str | None = None
    callback_certificate: str | None = None
    callback_key: str | None = None
    timeout_s: float | None = None
    """How long a whole answer may take, in seconds; None for what is usual (`transport.blocking`)."""
    aws_endpoints: Mapping[str, str] = field(default_factory=dict)
    """AWS's own standard: AWS_ENDPOINT_URL_<SERVICE> and AWS_ENDPOINT_URL, by service name; '' is every service."""
    key: str = ""
    profile: str = "default"
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    made_of: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What was read to make these settings (`setting_sources.made_of`). The same makes settings as sound as these."""

    def require(self, name: str) -> str:
        """The setting as text. Raises SettingsError naming the four places where it can be set."""
        value = getattr(self, name)
        if not value:
            hint = (
                f"give {name}= or --{name.replace('_', '-')}, set HALFDAY_{name.upper()}, or write "
                f"halfday_{name} = {EXAMPLES.get(name, '…')} into the AWS profile {self.profile}"
            )
            raise SettingsError(f"{name} is not set", hint=hint)
        return str(value)

    def require_domain(self) -> Domain:
        self.require("domain")
        assert self.domain is not None
        return self.domain

    @property
    def stand_in(self) -> str | None:
        """The origin of a domain by plain http, or on this machine: no domain of AWS's, so it answers for every API."""
        if self.domain is None:
            return None
        url = parse_url(self.domain.origin)
        return self.domain.origin if url.scheme == "http" or url.is_loopback else None

    @property
    def sdk_endpoint(self) -> str | None:
        """The endpoint that other AWS SDKs have to use for all services; None for AWS's own."""
        return self.endpoint_url or self.aws_endpoints.get("") or self.stand_in

    @property
    def user_pool_region(self) -> str | None:
        if self.user_pool_id:
            return region_of_pool(self.user_pool_id)
        prefixed = split_prefix_host(parse_url(self.domain.origin).host) if self.domain else None
        return prefixed[1] if prefixed else self.region or self._identity_pool_region

    @property
    def sdk_region(self) -> str | None:
        """The region that people's own AWS calls default to."""
        return self.region or self._identity_pool_region or self.user_pool_region

    @property
    def _identity_pool_region(self) -> str | None:
        return region_of_identity(self.identity_pool_id) if self.identity_pool_id else None

    def idp_endpoint(self, pool_id: str | None = None) -> str:
        """Where the user pool's JSON API and its key set answer, without a trailing slash."""
        region = region_of_pool(pool_id) if pool_id else self.user_pool_region
        return self._endpoint("cognito-idp", region, "user_pool_id")

    def credentials_place(self) -> str:
        """What AWS credentials are good for: `sources.credentials_place` of these settings."""
        return credentials_place(self.values)

    def sts_endpoint(self) -> str:
        """Where STS answers, in the identity pool's region."""
        return self._endpoint("sts", self._identity_pool_region or self.region, "region")

    def signin_endpoint(self) -> str | None:
        """Where the console's sign-in answers; None when AWS's own is meant, which depends on the partition."""
        return self.aws_endpoints.get("signin") or self.sdk_endpoint

    def identity_endpoint(self) -> str:
        """Where the identity pool answers."""
        return self._endpoint("cognito-identity", self._identity_pool_region, "identity_pool_id")

    def _endpoint(self, service: str, region: str | None, missing: str) -> str:
        chosen = self.endpoint_url or self.aws_endpoints.get(service) or self.sdk_endpoint
        if chosen:
            return chosen.rstrip("/")
        if not region:
            self.require(missing)
        return api_url(service, str(region))
