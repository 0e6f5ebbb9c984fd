"""A library's configuration for an app client, as text."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from halfday.snippets.app_clients import AppClient
from halfday.snippets.catalogue import Library
from halfday.snippets.filling import Value, fill, gaps
from halfday.snippets.fitting import redirect_uri_of
from halfday.snippets.needs import Need, home_of, needs_of

HIDDEN = "…"
"""What stands in place of a client secret that is not shown."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """`text` goes into the library's `file` as it stands, unless its secret is hidden. `then`: what else to do."""

    library: Library
    client: AppClient
    text: str
    then: str
    needs: tuple[Need, ...]
    hides_secret: bool

    @property
    def command(self) -> str:
        """What prints it whole, on a terminal too."""
        return f"halfday snippet {self.library.name} --client {self.client.client_id} --show"


def print_for(library: Library, client: AppClient, redirect_uri: str | None = None, *, show: bool) -> Snippet:
    """The library's configuration for this app client. `show`: with the client secret, if there is one.

    Raises NoCallback for a redirect URI at which the library cannot wait.
    """
    uri = redirect_uri_of(library, client, redirect_uri)
    hides = client.confidential and not show and "client_secret" in gaps(library.text)
    values, facts = _values(library, client, uri, show=show), _facts(client)
    text, then = (fill(each, values, facts) for each in (library.text, library.then))
    return Snippet(library, client, text, then.strip(), tuple(needs_of(library, client, uri)), hides)


def _values(library: Library, client: AppClient, uri: str | None, *, show: bool) -> dict[str, Value]:
    return {
        **_pool_values(client),
        **_callback_values(library, uri),
        "client_id": client.client_id,
        "client_secret": HIDDEN if client.confidential and not show else client.client_secret,
        "scopes": _scopes(library, client),
        "logout_uri": next(iter(client.logout_urls), home_of(uri) if uri else None),
        "identity_pool_id": client.identity_pool_id,
        "new_secret": secrets.token_hex(16),
    }


def _pool_values(client: AppClient) -> dict[str, Value]:
    pool = client.pool
    return {
        "api": pool.api,
        "domain_url": pool.domain.origin,
        "host": pool.host,
        "region": pool.region,
        "pool_id": pool.pool_id,
        "issuer": pool.authority if pool.aws_names else pool.issuer,
        "authority": pool.authority,
        "discovery_url": pool.discovery_url,
        "jwks_url": pool.jwks_url,
        "authorize_url": pool.domain.authorize,
        "token_url": pool.domain.token,
        "user_info_url": pool.domain.user_info,
        "logout_url": pool.domain.logout,
        "sign_in_with": pool.sign_in_with,
        "verify": pool.verify,
    }


def _callback_values(library: Library, uri: str | None) -> dict[str, Value]:
    """`callback_base` is what stands before the library's own path: where the application is mounted."""
    if uri is None:
        return dict.fromkeys(("redirect_uri", "callback_base", "callback_base_path", "callback_path", "app_port"))
    parts = urlsplit(uri)
    base = uri.removesuffix(library.callback_path or "")
    return {
        "redirect_uri": uri,
        "callback_base": base,
        "callback_base_path": urlsplit(base).path or "/",
        "callback_path": parts.path or "/",
        "app_port": str(parts.port or (443 if parts.scheme == "https" else 80)),
    }


def _scopes(library: Library, client: AppClient) -> tuple[str, ...]:
    """The library's own, then what else the app client has of the usual ones."""
    usual = (scope for scope in ("openid", "email", "profile") if scope in client.scopes)
    return tuple(dict.fromkeys((*library.scopes, *usual)))


def _facts(client: AppClient) -> dict[str, bool]:
    return {
        "public": not client.confidential,
        "confidential": client.confidential,
        "http": not client.pool.is_https,
        "https": client.pool.is_https,
        "aws_names": client.pool.aws_names,
        "own_names": not client.pool.aws_names,
        "aws_issuer": client.pool.has_aws_issuer and not client.pool.aws_names,
        "local_issuer": not client.pool.has_aws_issuer and not client.pool.aws_names,
    }
