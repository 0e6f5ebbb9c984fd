"""/oauth2/authorize: what is let through, and where each refusal ends. Source: facts/oauth.md §1."""

from __future__ import annotations

import hashlib

import pytest
import requests

from halfday.protocol.pkce import challenge_of
from world import CALLBACK, Browser, Pool, World, code_in, query_in


def test_nobody_signed_in_is_sent_to_the_login_page_with_the_same_query(pool: Pool, browser: Browser) -> None:
    answer = browser.authorize(pool.client())
    assert answer.status_code == 302
    location = answer.headers["Location"]
    assert location.startswith("/login?response_type=code&client_id=")
    assert "state=st4te" in location


def test_signing_in_ends_at_the_callback_with_code_and_state(pool: Pool, browser: Browser) -> None:
    pool.user()
    answer = browser.sign_in(pool.client())
    assert answer.headers["Location"].startswith(f"{CALLBACK}?code=")
    assert query_in(answer)["state"] == "st4te"


def test_a_browser_that_is_signed_in_gets_its_code_at_once(pool: Pool, browser: Browser) -> None:
    client = pool.client()
    pool.user()
    first = browser.code(client)
    again = browser.authorize(client)
    assert code_in(again) != first


def test_a_session_ends_an_hour_after_the_sign_in(world: World, pool: Pool, browser: Browser) -> None:
    client = pool.client()
    pool.user()
    browser.code(client)
    world.clock.advance(3599)
    assert "code" in query_in(browser.authorize(client))
    world.clock.advance(2)
    assert browser.authorize(client).headers["Location"].startswith("/login?")


def test_a_session_is_good_for_the_pool_s_other_clients_but_for_no_other_pool(world: World, browser: Browser) -> None:
    one, other = world.pool(), world.pool()
    one.user()
    browser.code(one.client())
    assert "code" in query_in(browser.authorize(one.client(ClientName="second")))
    assert browser.authorize(other.client()).headers["Location"].startswith("/login?")


def test_prompt_login_asks_again_and_prompt_none_never_asks(pool: Pool, browser: Browser) -> None:
    client = pool.client()
    pool.user()
    silent = browser.authorize(client, prompt="none")
    assert silent.headers["Location"] == f"{CALLBACK}?state=st4te&error=login_required"
    browser.code(client)
    assert browser.authorize(client, prompt="login").headers["Location"].startswith("/login?")
    assert "code" in query_in(browser.authorize(client, prompt="none"))


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://localhost:8080/",
        "http://localhost:8081",
        "http://127.0.0.1:8080",
        "https://localhost:8080",
        "http://localhost:8080?x=1",
        "http://evil.example/",
    ],
)
def test_a_redirect_uri_that_is_not_registered_letter_for_letter_stays_here(
    pool: Pool, browser: Browser, redirect_uri: str
) -> None:
    client = pool.client()
    answer = browser.authorize(client, redirect_uri=redirect_uri)
    assert answer.headers["Location"] == f"/error?error=redirect_mismatch&client_id={client['ClientId']}"
    page = browser.session.get(browser.origin + answer.headers["Location"])
    assert page.status_code == 400
    assert "An error was encountered with the requested page." in page.text
    assert "redirect_mismatch" in page.text


def test_an_unknown_client_stays_here_too(browser: Browser) -> None:
    answer = browser.authorize({"ClientId": "YOUR_CLIENT_ID"})
    assert answer.headers["Location"] == "/error?error=invalid_request&client_id=YOUR_CLIENT_ID"


@pytest.mark.parametrize(
    "host", ["nosuch.auth.localhost", "nosuch.auth.us-east-1.localhost", "nosuch.auth.us-east-1.amazoncognito.com"]
)
def test_a_domain_that_no_pool_has_serves_none(world: World, pool: Pool, host: str) -> None:
    client = pool.client()
    asked = {"client_id": client["ClientId"], "response_type": "code", "redirect_uri": CALLBACK}
    answer = requests.get(
        f"{world.origin}/login", params=asked, headers={"Host": host}, allow_redirects=False, timeout=10
    )
    assert answer.headers["Location"].startswith("/error?error=invalid_request")


def test_the_redirect_uri_may_be_left_out_where_there_is_only_one(pool: Pool, browser: Browser) -> None:
    client = pool.client()
    pool.user()
    answer = browser.sign_in(client, redirect_uri=None)
    assert answer.headers["Location"].startswith(f"{CALLBACK}?code=")


@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        ({"scope": "openid phone"}, "error_description=invalid_scope&state=st4te&error=invalid_request"),
        ({"scope": "email"}, "error_description=invalid_scope&state=st4te&error=invalid_request"),
        ({"scope": "openid offline_access"}, "error_description=invalid_scope&state=st4te&error=invalid_request"),
        ({"response_type": None}, "state=st4te&error=invalid_request"),
        ({"response_type": "token"}, None),
        ({"code_challenge": "x" * 43}, "state=st4te&error=invalid_request"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "state=st4te&error=invalid_request"),
        ({"code_challenge_method": "S256"}, "state=st4te&error=invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "state=st4te&error=invalid_request"),
    ],
)
def test_refusals_that_may_travel_go_to_the_callback(
    pool: Pool, browser: Browser, parameters: dict[str, str | None], query: str | None
) -> None:
    location = browser.authorize(pool.client(), **parameters).headers["Location"]
    if query is None:
        assert location == f"{CALLBACK}#state=st4te&error=unauthorized_client"
    else:
        assert location == f"{CALLBACK}?{query}"


@pytest.mark.parametrize("name", ["lang", "login_hint", "response_mode", "ui_locales"])
def test_hints_that_classic_pages_do_not_look_at_are_no_reason_to_refuse(
    pool: Pool, browser: Browser, name: str
) -> None:
    assert browser.authorize(pool.client(), **{name: "x"}).headers["Location"].startswith("/login?")


def test_who_has_no_provider_has_no_sign_in_page(pool: Pool, browser: Browser) -> None:
    """Source: hashicorp/terraform-provider-aws#23374. The API signs people in all the same."""
    client = pool.client(SupportedIdentityProviders=[])
    location = browser.authorize(client).headers["Location"]
    assert location.startswith("/error?error=invalid_request")
    assert "has no SupportedIdentityProviders" in browser.session.get(f"{browser.origin}{location}").text
    pool.user()
    assert pool.tokens(client)["AccessToken"]


def test_a_provider_that_the_client_does_not_name_is_none_be_it_the_pool_itself(world: World, browser: Browser) -> None:
    """API reference, CreateUserPoolClient, SupportedIdentityProviders: what managed login shows."""
    pool = world.pool()
    details = {
        "client_id": "id",
        "authorize_scopes": "openid",
        "attributes_request_method": "GET",
        "oidc_issuer": "https://issuer.example",
    }
    world.idp.create_identity_provider(
        UserPoolId=pool.pool_id, ProviderName="Corp", ProviderType="OIDC", ProviderDetails=details
    )
    client = pool.client(SupportedIdentityProviders=["Corp"])
    for name in ("COGNITO", "Google", "corp"):
        location = browser.authorize(client, identity_provider=name).headers["Location"]
        assert location.startswith("/error?error=invalid_request"), name
    native = pool.client(SupportedIdentityProviders=["COGNITO"])
    assert browser.authorize(native, identity_provider="COGNITO").headers["Location"].startswith("/login?")


def test_a_client_without_oauth_says_so(pool: Pool, browser: Browser) -> None:
    client = pool.client(AllowedOAuthFlowsUserPoolClient=False)
    location = browser.authorize(client).headers["Location"]
    assert location.startswith(f"{CALLBACK}?error_description=Client+is+not+enabled+for+OAuth2.0+flows.")


def test_a_parameter_sent_twice_is_refused(pool: Pool, browser: Browser) -> None:
    client = pool.client()
    url = f"{browser.origin}/oauth2/authorize?client_id={client['ClientId']}&client_id=other"
    answer = browser.session.get(url, allow_redirects=False)
    assert answer.headers["Location"].startswith("/error?error=invalid_request")


def test_the_implicit_flow_puts_tokens_into_the_fragment_and_no_refresh_token(pool: Pool, browser: Browser) -> None:
    pool.user()
    location = browser.sign_in(pool.client(AllowedOAuthFlows=["implicit"]), response_type="token").headers["Location"]
    head, _, fragment = location.partition("#")
    assert head == CALLBACK
    for name in ("id_token=", "access_token=", "token_type=Bearer", "expires_in=3600", "state=st4te"):
        assert name in fragment
    assert "refresh_token" not in fragment


def test_a_pool_s_own_domain_serves_its_own_clients_only(world: World, browser: Browser) -> None:
    one, other = world.pool(), world.pool()
    world.idp.create_user_pool_domain(UserPoolId=one.pool_id, Domain="one")
    host = {"Host": "one.auth.us-east-1.amazoncognito.com"}
    mine, theirs = one.client(), other.client()
    parameters = {"response_type": "code", "redirect_uri": CALLBACK}
    url = f"{browser.origin}/oauth2/authorize"
    for client, wanted in ((mine, "/login?"), (theirs, "/error?error=invalid_request")):
        sent = {**parameters, "client_id": client["ClientId"]}
        answer = browser.session.get(url, params=sent, headers=host, allow_redirects=False)
        assert answer.headers["Location"].startswith(wanted)


def test_the_challenge_is_the_hash_of_the_verifier() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert hashlib.sha256(verifier.encode()).digest()[:2] == bytes([19, 211])
