"""One test for each parameter of /oauth2/authorize and /login, named after it. Source: facts/oauth.md §1."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from halfday.protocol.pkce import challenge_of
from halfday.server.domain.sign_in.claim_overrides import ClaimChanges, TokenChanges, change_access_claims
from page_forms import go_on, open_page, press, shown
from world import CALLBACK, PASSWORD, Browser, Pool, World, code_in, query_in

SHEET = Path(__file__).parents[2] / "docs" / "facts" / "oauth.md"
Client = dict[str, Any]


@pytest.fixture
def client(pool: Pool) -> Client:
    pool.user()
    return pool.client()


def tokens_of(browser: Browser, client: Client, answer: requests.Response, **further: str) -> dict[str, dict[str, Any]]:
    """The claims of the access and ID tokens that the code of this redirect is redeemed for."""
    form = {"grant_type": "authorization_code", "code": code_in(answer), "redirect_uri": CALLBACK, **further}
    sent = {**form, "client_id": client["ClientId"]}
    members = requests.post(f"{browser.origin}/oauth2/token", data=sent, timeout=10).json()
    return {
        name: jwt.decode(members[name], options={"verify_signature": False})
        for name in members
        if "_token" in name and name != "refresh_token"
    }


def fragment_of(answer: requests.Response) -> dict[str, str]:
    fragment = answer.headers["Location"].partition("#")[2]
    return dict(pair.split("=", 1) for pair in fragment.split("&"))


def with_provider(pool: Pool, name: str = "Corp", **given: Any) -> Client:
    details = {
        "client_id": "id",
        "authorize_scopes": "openid",
        "attributes_request_method": "GET",
        "oidc_issuer": "https://corp.example",
        "authorize_url": "https://corp.example/authorize",
    }
    pool.world.idp.create_identity_provider(
        UserPoolId=pool.pool_id, ProviderName=name, ProviderType="OIDC", ProviderDetails=details, **given
    )
    return pool.client(SupportedIdentityProviders=["COGNITO", name])


def parameters_of_the_sheet() -> list[str]:
    table = SHEET.read_text(encoding="utf-8").partition("## 1. GET /oauth2/authorize")[2].partition("Behaviour")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


@pytest.mark.parametrize("parameter", parameters_of_the_sheet())
def test_every_parameter_of_the_sheet_has_a_test_here(parameter: str) -> None:
    group = globals().get(f"Test{parameter.title().replace('_', '')}")
    assert f"test_{parameter}" in globals() or (group and any(name.startswith("test_") for name in vars(group)))


def test_response_type(pool: Pool, browser: Browser, client: Client) -> None:
    """`code` and `token`, each where the client may; nothing else, and never nothing."""
    assert "code" in query_in(browser.sign_in(client, response_type="code"))
    refused = browser.authorize(client, response_type="token").headers["Location"]
    assert refused == f"{CALLBACK}#state=st4te&error=unauthorized_client"
    for unknown in (None, "", "code token", "id_token", "none"):
        assert query_in(browser.authorize(client, response_type=unknown))["error"] == "invalid_request"
    implicit = pool.client(AllowedOAuthFlows=["implicit"])
    told = fragment_of(browser.sign_in(implicit, response_type="token"))
    assert {"access_token", "id_token", "token_type", "expires_in", "state"} == told.keys()
    assert query_in(browser.authorize(implicit, response_type="code"))["error"] == "unauthorized_client"


def test_client_id(browser: Browser, client: Client) -> None:
    """One that is unknown, or none, stays on our own page."""
    for unknown in ("", "unknown", client["ClientId"].upper()):
        location = browser.authorize({"ClientId": unknown}).headers["Location"]
        assert location.startswith("/error?error=invalid_request&client_id=")
    assert browser.authorize(client).headers["Location"].startswith("/login?")


def test_redirect_uri(world: World, pool: Pool, browser: Browser) -> None:
    """Letter for letter; left out where there is one, or a default beside a single provider."""
    pool.user()
    first, second = CALLBACK, "http://localhost:8080/second"
    one = pool.client()
    assert browser.sign_in(one, redirect_uri=None).headers["Location"].startswith(f"{first}?code=")
    several = pool.client(CallbackURLs=[first, second])
    location = browser.authorize(several, redirect_uri=None).headers["Location"]
    assert location.startswith("/error?error=redirect_mismatch")
    default = pool.client(CallbackURLs=[first, second], DefaultRedirectURI=second)
    assert browser.authorize(default, redirect_uri=None).headers["Location"].startswith(f"{second}?code=")
    for other in (f"{first}/", first.upper(), f"{first}?a=b", f"{first}#f", ""):
        location = browser.authorize(one, redirect_uri=other).headers["Location"]
        assert location.startswith("/error?error=redirect_mismatch"), other


@pytest.mark.parametrize("state", ["st4te", "", "a b+c&d=e", "é漢", '{"a": 1}', "x" * 2000])
def test_state(browser: Browser, client: Client, state: str) -> None:
    """Back as it was sent: with a code and with an error, in the query and in the fragment."""
    assert query_in(browser.sign_in(client, state=state)).get("state", "") == state
    told = browser.authorize(client, state=state, scope="unknown")
    assert query_in(told).get("state", "") == state
    assert "state" not in query_in(browser.authorize(client, state=None))


def test_scope(browser: Browser, client: Client) -> None:
    """Those of the client, all where none is named; `email` and the like only beside `openid`."""
    granted = tokens_of(browser, client, browser.sign_in(client, scope="openid email"))
    assert granted["access_token"]["scope"] == "openid email"
    assert "email" in granted["id_token"]
    alone = tokens_of(browser, client, browser.authorize(client, scope="aws.cognito.signin.user.admin"))
    assert alone.keys() == {"access_token"}
    everything = tokens_of(browser, client, browser.authorize(client, scope=None))
    assert everything["access_token"]["scope"].split() == client["AllowedOAuthScopes"]
    for wrong in ("openid unknown", "email", "offline_access openid"):
        told = query_in(browser.authorize(client, scope=wrong))
        assert (told["error"], told["error_description"]) == ("invalid_request", "invalid_scope")


def test_identity_provider(pool: Pool, browser: Browser) -> None:
    """Straight to it, or to the pool's own page for COGNITO; to none that the client does not name."""
    client = with_provider(pool)
    away = browser.authorize(client, identity_provider="Corp")
    assert away.headers["Location"].startswith("https://corp.example/authorize?")
    assert browser.authorize(client, identity_provider="COGNITO").headers["Location"].startswith("/login?")
    for unknown in ("Google", "corp", ""):
        location = browser.authorize(client, identity_provider=unknown).headers["Location"]
        assert location.startswith("/error?error=invalid_request"), unknown


def test_idp_identifier(pool: Pool, browser: Browser) -> None:
    """Another name of a provider, such as a domain of addresses; identity_provider wins over it."""
    client = with_provider(pool, IdpIdentifiers=["corp.example"])
    away = browser.authorize(client, idp_identifier="corp.example")
    assert away.headers["Location"].startswith("https://corp.example/authorize?")
    both = browser.authorize(client, idp_identifier="corp.example", identity_provider="COGNITO")
    assert both.headers["Location"].startswith("/login?")
    location = browser.authorize(client, idp_identifier="other.example").headers["Location"]
    assert location.startswith("/error?error=invalid_request")


def test_code_challenge(browser: Browser, client: Client) -> None:
    """The code is redeemed by its verifier alone."""
    verifier = "v" * 43
    pkce = {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256"}
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "client_id": client["ClientId"]}
    form["code"] = code_in(browser.sign_in(client, **pkce))
    for wrong in ({}, {"code_verifier": "w" * 43}):
        refused = requests.post(f"{browser.origin}/oauth2/token", data={**form, **wrong}, timeout=10)
        assert refused.json() == {"error": "invalid_grant"}
    right = requests.post(f"{browser.origin}/oauth2/token", data={**form, "code_verifier": verifier}, timeout=10)
    assert right.status_code == 200


@pytest.mark.parametrize("method", [None, "plain", "s256", ""])
def test_code_challenge_method(browser: Browser, client: Client, method: str | None) -> None:
    """S256 alone."""
    told = query_in(browser.authorize(client, code_challenge=challenge_of("v" * 43), code_challenge_method=method))
    assert told["error"] == "invalid_request"


def test_nonce(pool: Pool, browser: Browser, client: Client) -> None:
    """In the ID token as it was sent, of both flows; in none where none was sent."""
    claims = tokens_of(browser, client, browser.sign_in(client, nonce="n-0S6_WzA2Mj"))
    assert claims["id_token"]["nonce"] == "n-0S6_WzA2Mj"
    assert "nonce" not in claims["access_token"]
    assert "nonce" not in tokens_of(browser, client, browser.authorize(client))["id_token"]
    implicit = pool.client(AllowedOAuthFlows=["implicit"])
    told = fragment_of(browser.authorize(implicit, response_type="token", nonce="abc"))
    assert jwt.decode(told["id_token"], options={"verify_signature": False})["nonce"] == "abc"


def test_lang(browser: Browser, client: Client) -> None:
    """The pages speak it, and keep it through the sign-in."""
    page = go_on(browser, browser.authorize(client, lang="de"))
    assert '<html lang="de"' in page.text
    assert "lang=de" in page.url
    answer = browser.post(page, username="ada", password="wrong")
    assert '<html lang="de"' in answer.text
    assert "code" in query_in(browser.post(answer, username="ada", password=PASSWORD))
    assert '<html lang="en"' in open_page(Browser(browser.origin), "/login", client, lang="tlh").text


def test_login_hint(pool: Pool, browser: Browser, client: Client) -> None:
    """Stands in the form, as text; a provider is told it too."""
    page = go_on(browser, browser.authorize(client, login_hint='ada"><script>'))
    assert 'value="ada&#34;&gt;&lt;script&gt;"' in page.text
    away = browser.authorize(with_provider(pool), identity_provider="Corp", login_hint="ada@example.com")
    assert query_in(away)["login_hint"] == "ada@example.com"


class TestPrompt:
    def test_none_never_asks(self, pool: Pool, browser: Browser, client: Client) -> None:
        told = query_in(browser.authorize(client, prompt="none"))
        assert told == {"error": "login_required", "state": "st4te"}
        corp = with_provider(pool)
        assert query_in(browser.authorize(corp, prompt="none", identity_provider="Corp"))["error"] == "login_required"
        browser.sign_in(client)
        assert "code" in query_in(browser.authorize(client, prompt="none"))

    @pytest.mark.parametrize("prompt", ["none login", "login none", "none select_account"])
    def test_none_stands_alone(self, browser: Browser, client: Client, prompt: str) -> None:
        browser.sign_in(client)
        assert query_in(browser.authorize(client, prompt=prompt))["error"] == "invalid_request"

    def test_login_asks_again_and_ends_nothing(self, browser: Browser, client: Client) -> None:
        browser.sign_in(client)
        before = browser.session.cookies["cognito"]
        answer = browser.authorize(client, prompt="login")
        assert answer.headers["Location"].startswith("/login?")
        assert "code" in query_in(browser.authorize(client)), "whoever turns back is signed in still"
        assert "code" in query_in(browser.post(go_on(browser, answer), username="ada", password=PASSWORD))
        assert browser.session.cookies["cognito"] != before

    def test_select_account_asks_who_goes_on(self, browser: Browser, client: Client) -> None:
        browser.sign_in(client)
        page = go_on(browser, browser.authorize(client, prompt="select_account"))
        assert "ada@example.com" in shown(page)
        assert "code" in query_in(press(browser, page, "continue"))

    @pytest.mark.parametrize("prompt", ["login", "select_account", "consent", "login consent", "something"])
    def test_a_provider_is_told_all_but_none(self, pool: Pool, browser: Browser, prompt: str) -> None:
        away = browser.authorize(with_provider(pool), identity_provider="Corp", prompt=prompt)
        assert query_in(away)["prompt"] == prompt


class TestResource:
    @pytest.mark.parametrize(
        "resource",
        ["https://api.example.com", "https://api.example.com/mcp?x=1", "http://localhost:8000/mcp", "myapp://things"],
    )
    def test_it_is_the_access_token_s_audience(self, browser: Browser, client: Client, resource: str) -> None:
        claims = tokens_of(browser, client, browser.sign_in(client, resource=resource))
        assert claims["access_token"]["aud"] == resource
        assert claims["id_token"]["aud"] == client["ClientId"]

    def test_without_it_there_is_none(self, browser: Browser, client: Client) -> None:
        assert "aud" not in tokens_of(browser, client, browser.sign_in(client))["access_token"]

    @pytest.mark.parametrize(
        "resource",
        [
            "",
            "api",
            "//api.example.com",
            "http://api.example.com",
            "http://127.0.0.1:80",
            "https://",
            "https://a/#f",
            "javascript:alert(1)",
            "https://a b",
        ],
    )
    def test_what_is_no_url_is_refused(self, browser: Browser, client: Client, resource: str) -> None:
        told = query_in(browser.authorize(client, resource=resource))
        assert told == {"error": "invalid_target", "error_description": "Invalid resource", "state": "st4te"}

    def test_it_is_one(self, browser: Browser, client: Client) -> None:
        url = f"{browser.origin}/oauth2/authorize?client_id={client['ClientId']}&response_type=code"
        twice = f"{url}&redirect_uri={CALLBACK}&resource=https://a&resource=https://b"
        location = browser.session.get(twice, allow_redirects=False).headers["Location"]
        assert location.startswith("/error?error=invalid_request")

    def test_a_refresh_keeps_it(self, browser: Browser, client: Client) -> None:
        code = code_in(browser.sign_in(client, resource="https://api.example.com"))
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        token = self.redeem(browser, client, **form).json()["refresh_token"]
        renewing = {"grant_type": "refresh_token", "refresh_token": token}
        for more in ({}, {"resource": "https://api.example.com"}):
            answer = self.redeem(browser, client, **renewing, **more).json()
            assert (
                jwt.decode(answer["access_token"], options={"verify_signature": False})["aud"]
                == "https://api.example.com"
            )
        refused = self.redeem(browser, client, **renewing, resource="https://other.example.com")
        assert (refused.status_code, refused.json()) == (400, {"error": "invalid_target"})

    def test_the_token_endpoint_takes_no_other(self, browser: Browser, client: Client) -> None:
        """RFC 8707 §2.2: MCP's clients repeat it there. A refusal spends nothing."""
        form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK}
        form["code"] = code_in(browser.sign_in(client, resource="https://api.example.com"))
        refused = self.redeem(browser, client, **form, resource="https://other.example.com")
        assert refused.json() == {"error": "invalid_target"}
        assert self.redeem(browser, client, **form, resource="https://api.example.com").status_code == 200
        form["code"] = code_in(browser.authorize(client))
        refused = self.redeem(browser, client, **form, resource="https://api.example.com")
        assert refused.json() == {"error": "invalid_target"}, "which was bound to none"

    def test_a_machine_s_token_is_bound_to_none(self, world: World, pool: Pool, browser: Browser) -> None:
        world.idp.create_resource_server(
            UserPoolId=pool.pool_id, Identifier="api", Name="api", Scopes=[{"ScopeName": "r", "ScopeDescription": "r"}]
        )
        machine = pool.client(
            GenerateSecret=True, AllowedOAuthFlows=["client_credentials"], AllowedOAuthScopes=["api/r"], CallbackURLs=[]
        )
        secret = {"client_secret": machine["ClientSecret"], "grant_type": "client_credentials"}
        assert self.redeem(browser, machine, **secret).status_code == 200
        refused = self.redeem(browser, machine, **secret, resource="https://api.example.com")
        assert refused.json() == {"error": "invalid_target"}

    def test_the_implicit_flow_binds_too(self, pool: Pool, browser: Browser, client: Client) -> None:
        implicit = pool.client(AllowedOAuthFlows=["implicit"])
        told = fragment_of(browser.sign_in(implicit, response_type="token", resource="https://api.example.com"))
        claims = jwt.decode(told["access_token"], options={"verify_signature": False})
        assert claims["aud"] == "https://api.example.com"

    def test_such_a_token_opens_what_others_open(self, browser: Browser, client: Client) -> None:
        code = code_in(browser.sign_in(client, resource="https://api.example.com"))
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        token = self.redeem(browser, client, **form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert requests.get(f"{browser.origin}/oauth2/userInfo", headers=headers, timeout=10).status_code == 200

    def test_no_function_of_the_pool_unbinds_it(self) -> None:
        claims = {"aud": "https://api.example.com", "scope": "openid"}
        for changes in (TokenChanges(added={"aud": "client"}), TokenChanges(suppressed=frozenset({"aud"}))):
            changed = change_access_claims(claims, ClaimChanges(of_access=changes), client_id="client")
            assert changed["aud"] == "https://api.example.com"

    def redeem(self, browser: Browser, client: Client, **form: str) -> requests.Response:
        sent = {**form, "client_id": client["ClientId"]}
        return requests.post(f"{browser.origin}/oauth2/token", data=sent, timeout=10)


def test_acr_values(browser: Browser, client: Client) -> None:
    """The level that is reached is told; tests/oauth/test_step_up.py has the rest."""
    claims = tokens_of(browser, client, browser.sign_in(client, acr_values="urn:cognito:loa:1"))
    for each in claims.values():
        assert (each["acr"], each["amr"]) == ("urn:cognito:loa:1", ["pwd"])
    assert query_in(browser.authorize(client, acr_values="urn:none"))["error"] == "invalid_request"


def test_max_age(world: World, browser: Browser, client: Client) -> None:
    """Whoever signed in longer ago is asked again."""
    browser.sign_in(client)
    assert "code" in query_in(browser.authorize(client, max_age="60"))
    world.clock.advance(61)
    assert browser.authorize(client, max_age="60").headers["Location"].startswith("/login?")
    for wrong in ("", "-1", "soon", "1.5", "1" * 11):
        assert query_in(browser.authorize(client, max_age=wrong))["error"] == "invalid_request", wrong


@pytest.mark.parametrize("mode", ["form_post", "fragment", "query", "jwt"])
def test_response_mode(browser: Browser, client: Client, mode: str) -> None:
    """Not among AWS's parameters: a code comes in the query whatever is said."""
    assert "code" in query_in(browser.sign_in(client, response_mode=mode))


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"scope": "unknown"}, "invalid_request"),
        ({"resource": "api"}, "invalid_target"),
        ({"max_age": "x"}, "invalid_request"),
        ({"acr_values": "x"}, "invalid_request"),
        ({"code_challenge": "x"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
    ],
)
def test_login_takes_and_refuses_what_authorize_does(
    browser: Browser, client: Client, given: dict[str, str], error: str
) -> None:
    """Developer guide, Login endpoint: it supports all the parameters of the authorize endpoint."""
    asked = {"client_id": client["ClientId"], "response_type": "code", "redirect_uri": CALLBACK, **given}
    answer = browser.session.get(f"{browser.origin}/login", params=asked, allow_redirects=False)
    assert query_in(answer)["error"] == error
    told = browser.authorize(client, **given)
    assert query_in(told)["error"] == error


def test_a_page_of_login_ends_as_one_of_authorize(browser: Browser, client: Client) -> None:
    asked = {"nonce": "n", "resource": "https://api.example.com", "state": "s", "acr_values": "urn:cognito:loa:1"}
    page = open_page(browser, "/login", client, **asked)
    answer = browser.post(page, username="ada", password=PASSWORD)
    claims = tokens_of(browser, client, answer)
    assert (claims["id_token"]["nonce"], claims["access_token"]["aud"]) == ("n", "https://api.example.com")
    assert claims["id_token"]["acr"] == "urn:cognito:loa:1"
