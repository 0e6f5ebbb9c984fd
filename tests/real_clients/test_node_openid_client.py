"""openid-client v6, a certified relying party in JavaScript: found by discovery, in by code, PKCE and nonce."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from real_clients.javascript import Node, Opened, Refused
from world import PASSWORD, Browser, Pool, World

CALLBACK = "http://localhost:8080/callback"
WAYS = ["None", "ClientSecretBasic", "ClientSecretPost"]
ASKED = {"redirect_uri": CALLBACK, "scope": "openid email"}


def relying_party(node: Node, pool: Pool, client: dict[str, Any], way: str = "ClientSecretBasic") -> Opened:
    given = {"clientId": client["ClientId"], "clientSecret": client.get("ClientSecret"), "authentication": way}
    return node.open("openid", issuer=f"{pool.world.origin}/{pool.pool_id}", **given)


def come_back(browser: Browser, address: str) -> str:
    """Where the browser ends up, once ada has signed in at this address."""
    page = browser.session.get(address)
    return browser.post(page, username="ada", password=PASSWORD).headers["Location"]


@pytest.mark.parametrize("way", WAYS)
def test_in_by_code_on_by_refresh_out_by_revocation(
    world: World, node: Node, pool: Pool, browser: Browser, way: str
) -> None:
    pool.user()
    client = pool.client(CallbackURLs=[CALLBACK], GenerateSecret=way != "None")
    party = relying_party(node, pool, client, way)
    tokens = party.exchange(come_back(browser, party.authorize(ASKED)))
    assert tokens["claims"]["cognito:username"] == "ada"
    subject = tokens["claims"]["sub"]
    assert party.userInfo(tokens["access_token"], subject)["email"] == "ada@example.com"
    renewed = party.refresh(tokens["refresh_token"])
    assert (renewed["claims"]["sub"], renewed["claims"]["auth_time"]) == (subject, tokens["claims"]["auth_time"])
    party.revoke(tokens["refresh_token"])
    with pytest.raises(Refused, match="ResponseBodyError: invalid_grant"):
        party.refresh(tokens["refresh_token"])
    with pytest.raises(Refused, match="unexpected HTTP response status code"):
        party.userInfo(renewed["access_token"], subject)


@pytest.mark.parametrize("changed", ["pkceCodeVerifier", "expectedState", "expectedNonce"])
def test_an_answer_that_was_meant_for_another_is_refused(
    node: Node, pool: Pool, browser: Browser, changed: str
) -> None:
    pool.user()
    party = relying_party(node, pool, pool.client(CallbackURLs=[CALLBACK]))
    returned = come_back(browser, party.authorize(ASKED))
    with pytest.raises(Refused) as caught:
        party.exchange(returned, {changed: "x" * 43})
    assert caught.value.name == ("ResponseBodyError" if changed == "pkceCodeVerifier" else "ClientError")


def test_a_code_works_once(node: Node, pool: Pool, browser: Browser) -> None:
    pool.user()
    party = relying_party(node, pool, pool.client(CallbackURLs=[CALLBACK]))
    returned = come_back(browser, party.authorize(ASKED))
    party.exchange(returned)
    with pytest.raises(Refused, match="ResponseBodyError: invalid_grant"):
        party.exchange(returned)


def test_a_machine_gets_its_scopes_by_its_secret(world: World, node: Node, pool: Pool) -> None:
    world.idp.create_resource_server(
        UserPoolId=pool.pool_id,
        Identifier="engine",
        Name="engine",
        Scopes=[{"ScopeName": "turn", "ScopeDescription": "turn the crank"}],
    )
    given = {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["engine/turn"], "CallbackURLs": []}
    client = pool.client(GenerateSecret=True, LogoutURLs=[], **given)
    tokens = relying_party(node, pool, client).clientCredentials("engine/turn")
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 3600)
    with pytest.raises(Refused, match="ResponseBodyError: invalid_client"):
        relying_party(node, pool, {**client, "ClientSecret": "x" * 51}).clientCredentials("engine/turn")


def test_the_end_of_a_session_is_where_discovery_says(node: Node, pool: Pool) -> None:
    """openid-client names the client itself; Cognito wants logout_uri beside it."""
    address = relying_party(node, pool, pool.client()).logout({"logout_uri": "http://localhost:8080/bye"})
    answer = requests.get(address, allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://localhost:8080/bye")
