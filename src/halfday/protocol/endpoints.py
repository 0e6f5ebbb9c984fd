"""The URLs of a user pool: issuer, domain, APIs, and the discovery document. Source: facts/oauth.md §0, §6."""

from __future__ import annotations

import re
from dataclasses import dataclass

from halfday.protocol.identifiers import region_of_pool
from halfday.protocol.urls import LOOPBACK_HOSTS as LOOPBACK_HOSTS
from halfday.protocol.urls import parse_url

_PREFIX_HOST = re.compile(r"^(?P<prefix>[a-z0-9-]+)\.auth\.(?P<region>[a-z0-9-]+)\.amazoncognito\.com$")
_ISSUER = re.compile(
    r"^https://(?:issuer-)?cognito-idp\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<pool>[\w-]+)$"
)


@dataclass(frozen=True, slots=True)
class Domain:
    """A user pool's domain: the origin of its pages and OAuth endpoints, without a trailing slash."""

    origin: str

    @property
    def authorize(self) -> str:
        return self.origin + "/oauth2/authorize"

    @property
    def login(self) -> str:
        return self.origin + "/login"

    @property
    def token(self) -> str:
        return self.origin + "/oauth2/token"

    @property
    def user_info(self) -> str:
        return self.origin + "/oauth2/userInfo"

    @property
    def revoke(self) -> str:
        return self.origin + "/oauth2/revoke"

    @property
    def logout(self) -> str:
        return self.origin + "/logout"

    @property
    def confirm_user(self) -> str:
        """Behind the link of a pool that confirms sign-ups by links (facts/oauth.md §2)."""
        return self.origin + "/confirmUser"

    @property
    def idp_response(self) -> str:
        """Where an external provider sends people back to; registered at Google, not at the app client."""
        return self.origin + "/oauth2/idpresponse"


def parse_domain(text: str) -> Domain:
    """A domain as people write it: a host, a URL, a URL with a path pasted from the address bar.

    A bare host becomes https, a bare loopback host http. Raises UrlError, a ValueError.
    """
    text = text.strip()
    if "://" not in text and parse_url(f"https://{text}").is_loopback:
        text = f"http://{text}"
    return Domain(parse_url(text if "://" in text else f"https://{text}").origin)


def split_prefix_host(host: str) -> tuple[str, str] | None:
    """(prefix, region) of PREFIX.auth.REGION.amazoncognito.com; None for any other host."""
    found = _PREFIX_HOST.match(host.lower())
    return (found["prefix"], found["region"]) if found else None


def prefix_host(prefix: str, region: str) -> str:
    """The host of a prefix domain, as AWS has it."""
    return f"{prefix}.auth.{region}.amazoncognito.com"


def api_url(service: str, region: str) -> str:
    """The public endpoint of an AWS API: `service` is cognito-idp, cognito-identity, sts …"""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://{service}.{region}.{suffix}"


def aws_issuer(pool_id: str, *, updated: bool = False) -> str:
    """How AWS names a pool as issuer: by its API's host, or in the UPDATED mode by a host for issuers."""
    host = "issuer-cognito-idp" if updated else "cognito-idp"
    return f"{api_url(host, region_of_pool(pool_id))}/{pool_id}"


def aws_issuers(pool_id: str) -> frozenset[str]:
    """Both forms in which AWS names a pool as issuer: its API's, and that of the UPDATED mode (facts/tokens.md)."""
    return frozenset({aws_issuer(pool_id), aws_issuer(pool_id, updated=True)})


def pool_of_issuer(issuer: str) -> str | None:
    """The pool id that an AWS issuer URL names; None when it is not AWS's."""
    found = _ISSUER.match(issuer)
    return found["pool"] if found else None


def jwks_url(idp_url: str, pool_id: str) -> str:
    return f"{idp_url}/{pool_id}/.well-known/jwks.json"


def discovery_url(idp_url: str, pool_id: str) -> str:
    return f"{idp_url}/{pool_id}/.well-known/openid-configuration"


def discovery_document(*, issuer: str, jwks_uri: str, domain: Domain) -> dict[str, object]:
    """What Cognito publishes, key for key. It advertises no PKCE although it does PKCE (facts/oauth.md §6)."""
    return {
        "authorization_endpoint": domain.authorize,
        "end_session_endpoint": domain.logout,
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": issuer,
        "jwks_uri": jwks_uri,
        "response_types_supported": ["code", "token"],
        "revocation_endpoint": domain.revoke,
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint": domain.token,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": domain.user_info,
    }
