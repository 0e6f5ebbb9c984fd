"""Short ways to an app client's style, and to a page in it."""

from __future__ import annotations

from typing import Any

import requests

from world import CALLBACK, Pool, World


def domain(pool: Pool, version: int | None) -> None:
    given = {} if version is None else {"ManagedLoginVersion": version}
    name = f"b{pool.pool_id[-9:].lower()}"
    pool.world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=name, **given)


def style(pool: Pool, client: dict[str, Any], **given: Any) -> dict[str, Any]:
    given = given or {"UseCognitoProvidedValues": True}
    named = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"]}
    return pool.world.idp.create_managed_login_branding(**named, **given)["ManagedLoginBranding"]


def see(world: World, client: dict[str, Any], path: str = "/login", **given: str) -> requests.Response:
    asked = {"response_type": "code", "client_id": client["ClientId"], "redirect_uri": CALLBACK, **given}
    return requests.get(f"{world.origin}{path}", params=asked, timeout=10)


def terms(pool: Pool, client: dict[str, Any], name: str) -> None:
    links = {"cognito:default": f"https://app.example/{name}", "cognito:french": f"https://app.example/fr/{name}"}
    given = {"TermsName": name, "TermsSource": "LINK", "Enforcement": "NONE", "Links": links}
    pool.world.idp.create_terms(UserPoolId=pool.pool_id, ClientId=client["ClientId"], **given)


def with_google(pool: Pool) -> dict[str, Any]:
    """A client whose people sign in with Google too."""
    details = {"client_id": "c", "client_secret": "s", "authorize_scopes": "openid email"}
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Google", "ProviderType": "Google"}
    pool.world.idp.create_identity_provider(**named, ProviderDetails=details)
    return pool.client(SupportedIdentityProviders=["COGNITO", "Google"])
