"""A pool before OpenID providers that others have written: panva's oidc-provider, and oauth2-mock-server.

Signed in is who they say, by every algorithm that a pool takes; and where they lie, nobody is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
import requests

from ports import free_port
from real_clients.javascript import Node
from world import CALLBACK, Browser, World, query_in, running

POOL = "us-east-1_Independent"
CLIENT = {"ClientId": "independentclient"}
SECRET = "a secret of forty characters or even more"
MAPPING = {
    "email": "email",
    "email_verified": "email_verified",
    "name": "name",
    "custom:groups": "groups",
    "address": "address",
}
ALGORITHMS = ["RS256", "PS256", "ES256", "HS256"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    pool = {
        "id": POOL,
        "attributes": {"groups": {}},
        "client": [
            {"id": CLIENT["ClientId"], "callback_urls": [CALLBACK], "flows": ["code"], "scopes": ["openid", "email"]}
        ],
    }
    with running(tmp_path_factory.mktemp("data"), {"user_pool": [pool]}) as up:
        yield up


def declare(world: World, name: str, issuer: str, **details: str) -> None:
    """The provider of this name, and the app client that offers it."""
    world.idp.create_identity_provider(
        UserPoolId=POOL,
        ProviderName=name,
        ProviderType="OIDC",
        ProviderDetails={
            "client_id": "halfday",
            "client_secret": SECRET,
            "authorize_scopes": "openid email profile",
            "oidc_issuer": issuer,
            "attributes_request_method": "GET",
            **details,
        },
        AttributeMapping=MAPPING,
    )
    client = world.idp.describe_user_pool_client(UserPoolId=POOL, **CLIENT)["UserPoolClient"]
    kept = {"AllowedOAuthFlows", "AllowedOAuthScopes", "AllowedOAuthFlowsUserPoolClient", "CallbackURLs"}
    known = {name: value for name, value in client.items() if name in kept}
    providers = [*client.get("SupportedIdentityProviders", ()), name]
    world.idp.update_user_pool_client(UserPoolId=POOL, **CLIENT, **known, SupportedIdentityProviders=providers)


def leave(world: World, name: str, browser: Browser) -> str:
    answer = browser.authorize(CLIENT, identity_provider=name)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def followed(browser: Browser, url: str, login: str) -> requests.Response:
    """What the app hears, once the forms of oidc-provider were filled in: login, then consent."""
    answer = browser.session.get(url, allow_redirects=False)
    for _ in range(12):
        where = answer.headers.get("Location", "")
        if where.startswith(CALLBACK):
            return answer
        if answer.is_redirect:
            answer = browser.session.get(urljoin(answer.url, where), allow_redirects=False)
            continue
        action = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
        assert action, answer.text
        prompt = "login" if 'value="login"' in answer.text else "consent"
        form = {"prompt": prompt, "login": login, "password": "any"}
        answer = browser.session.post(urljoin(answer.url, action[1]), data=form, allow_redirects=False)
    raise AssertionError(f"lost at {answer.url}")


def attributes_of(world: World, username: str) -> dict[str, str]:
    user = world.idp.admin_get_user(UserPoolId=POOL, Username=username)
    return {pair["Name"]: pair["Value"] for pair in user["UserAttributes"]}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_person_of_oidc_provider_signs_in(world: World, node: Node, algorithm: str, method: str) -> None:
    """Its claims come by userInfo alone, as OpenID Connect has it where a code is exchanged."""
    issuer, name = f"http://127.0.0.1:{free_port()}", f"{algorithm}{method}"
    given = {"clientId": "halfday", "clientSecret": SECRET, "redirectUri": f"{world.origin}/oauth2/idpresponse"}
    provider = node.open("oidc_provider", issuer=issuer, algorithm=algorithm, **given)
    try:
        declare(world, name, issuer, attributes_request_method=method)
        browser = Browser(world.origin)
        answer = followed(browser, leave(world, name, browser), "wile")
        assert provider.errors() == []
        assert "code" in query_in(answer), answer.headers["Location"]
    finally:
        provider.close()
    attributes = attributes_of(world, f"{name}_wile")
    assert attributes["email"] == "wile@example.com"
    assert attributes["email_verified"] == "true"
    assert attributes["name"] == "Wile E. Coyote"
    assert attributes["custom:groups"] == "[acme, road+runners]"
    assert json.loads(attributes["address"]) == {"country": "US", "locality": "Tucson"}


@pytest.fixture(scope="module")
def mock(world: World, node: Node) -> Iterator[Any]:
    server = node.open("oauth2_mock_server", claims={"sub": "mocked", "aud": "halfday", "email": "m@example.com"})
    declare(world, "Mock", server.issuer())
    yield server
    server.close()


def with_mock(world: World, mock: Any, **changes: Any) -> dict[str, str]:
    """What the app hears when the mock changes its tokens and answers so."""
    mock.change(changes)
    browser = Browser(world.origin)
    back = browser.session.get(leave(world, "Mock", browser), allow_redirects=False).headers["Location"]
    return query_in(browser.session.get(back, allow_redirects=False))


def test_a_person_of_oauth2_mock_server_signs_in(world: World, mock: Any) -> None:
    assert "code" in with_mock(world, mock)
    assert attributes_of(world, "Mock_mocked")["email"] == "m@example.com"


def test_endpoints_can_be_given_in_place_of_discovery(world: World, mock: Any) -> None:
    issuer = mock.issuer()
    paths = {"authorize_url": "authorize", "token_url": "token", "jwks_uri": "jwks", "attributes_url": "userinfo"}
    declare(world, "Manual", issuer, **{detail: f"{issuer}/{path}" for detail, path in paths.items()})
    documents = world.running.services.provider_documents
    documents.forget(f"{issuer}/.well-known/openid-configuration")
    mock.change({})
    browser = Browser(world.origin)
    back = browser.session.get(leave(world, "Manual", browser), allow_redirects=False).headers["Location"]
    assert "code" in query_in(browser.session.get(back, allow_redirects=False))
    assert f"{issuer}/.well-known/openid-configuration" not in documents._kept, "nothing was discovered"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"claims": {"aud": "another"}}, "Bad id_token aud"),
        ({"claims": {"exp": 1_700_000_000}}, "Bad id_token exp"),
        ({"claims": {"nonce": "another"}}, "Invalid nonce in id_token"),
        ({"claims": {"iss": "https://evil.example"}}, "Bad id_token issuer https://evil.example"),
        ({"claims": {"azp": "another"}}, "Bad id_token azp"),
        ({"header": {"kid": "another"}}, "Bad id_token kid"),
        ({"response": {"statusCode": 400, "body": {"error": "invalid_grant"}}}, "Mock Error - 400 error getting token"),
        ({"response": {"body": {"access_token": "at"}}}, "Bad id_token token"),
        ({"response": {"body": {"id_token": "a" * 70_000, "access_token": "at"}}}, "Bad id_token token"),
        ({"userInfo": {"sub": "another"}}, "Bad userInfo subject"),
    ],
)
def test_where_it_lies_nobody_is_signed_in(world: World, mock: Any, changes: dict[str, Any], sentence: str) -> None:
    victim = {"sub": "victim"}
    lies = {"claims": {**victim, **changes.get("claims", {})}, "userInfo": {**victim, **changes.get("userInfo", {})}}
    told = with_mock(world, mock, **{**changes, **lies})
    assert (told["error"], told["error_description"]) == ("invalid_request", sentence)
    users = world.idp.list_users(UserPoolId=POOL, Filter='username = "Mock_victim"')["Users"]
    assert users == []
