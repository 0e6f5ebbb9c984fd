"""RFC 9700, Best Current Practice for OAuth 2.0 Security: one test for each of its recommendations, named after it.

What it says to authorization servers is asked of the server, what it says to clients of Halfday's own. Where Cognito
does not follow it, neither does the server: the test says so, and holds what there is instead.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import pytest
import requests

from asking import refusal
from halfday import Cognito
from halfday.client.browser.final_page import failure_page, stray_page, success_page
from halfday.client.errors import HalfdayError
from halfday.protocol.pkce import challenge_of
from halfday.server.http.app import PAGES
from halfday.web.http_messages import own_path
from page_forms import go_on, open_page
from world import CALLBACK, PASSWORD, Browser, Pool, World, code_in, query_in

VERIFIER = "v" * 43
PKCE = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
Client = dict[str, Any]


@pytest.fixture
def client(pool: Pool) -> Client:
    pool.user()
    return pool.client()


@pytest.fixture
def own(world: World, pool: Pool, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cognito:
    """Halfday's own client of this server."""
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = {"domain": world.origin, "client_id": client["ClientId"], "redirect_uri": CALLBACK}
    return Cognito(**settings, user_pool_id=pool.pool_id, endpoint_url=world.origin)


def redeem(world: World, client: Client, **form: str) -> requests.Response:
    given = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "client_id": client["ClientId"], **form}
    return requests.post(f"{world.origin}/oauth2/token", data=given, timeout=10)


def refresh(world: World, client: Client, token: str, **form: str) -> requests.Response:
    return redeem(world, client, grant_type="refresh_token", refresh_token=token, **form)


def user_info(world: World, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{world.origin}/oauth2/userInfo", headers=headers, timeout=10).status_code


def asked_by(cognito: Cognito) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(cognito.begin().url).query))


def claims_in(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def here(browser: Browser, address: str) -> requests.Response:
    """The answer at the end of this server's own redirects."""
    answer = browser.session.get(f"{browser.origin}{address}", headers={"Accept": "text/html"}, allow_redirects=False)
    location = answer.headers.get("Location", "")
    return here(browser, location) if location.startswith("/") else answer


def pages_of(world: World, browser: Browser, client: Client) -> list[requests.Response]:
    """Every page that a GET shows, of this client's sign-in."""
    asked = {"client_id": client["ClientId"], "response_type": "code", "redirect_uri": CALLBACK}
    paths = [path for method, path, _ in PAGES if method == "GET" and "{" not in path and "well-known" not in path]
    found = [here(browser, f"{path}?{urlencode(asked)}") for path in paths]
    return [page for page in found if page.headers.get("Content-Type", "").startswith("text/html")]


class TestSection2_1_RedirectBasedFlows:
    @pytest.mark.parametrize(
        "uri",
        [
            f"{CALLBACK}/",
            f"{CALLBACK}/..",
            f"{CALLBACK}?a",
            f"{CALLBACK}#",
            "http://localhost:8080.evil.example",
            "http://localhost:8080@evil.example",
            "http://LOCALHOST:8080",
            "http://localhost:8081",
            "https://localhost:8080",
        ],
    )
    def test_redirect_uris_are_compared_by_exact_string_matching(
        self, browser: Browser, client: Client, uri: str
    ) -> None:
        """Ports of loopback addresses too, which the RFC would let vary: Cognito does not."""
        assert browser.authorize(client, redirect_uri=uri).headers["Location"].startswith("/error?")

    def test_the_server_is_no_open_redirector(self, world: World, browser: Browser, client: Client) -> None:
        """§4.11.2. Nowhere but to what is registered, whatever an address asks for."""
        evil = "https://evil.example/"
        browser.sign_in(client)
        asked = {"client_id": client["ClientId"], "response_type": "code", "redirect_uri": evil, "logout_uri": evil}
        for method, path, _ in PAGES:
            if method == "GET" and "{" not in path:
                answer = browser.session.get(f"{world.origin}{path}", params=asked, allow_redirects=False)
                assert not answer.headers.get("Location", "/").startswith(("http", "//")), path

    def test_the_client_is_no_open_redirector(self) -> None:
        """§4.11.1. The web adapters' way back is a path of their own site (tests/web/test_attacks.py has all of it)."""
        for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
            assert own_path(elsewhere) == "/"

    def test_clients_prevent_csrf_by_state_nonce_and_pkce(self, own: Cognito) -> None:
        first, second = asked_by(own), asked_by(own)
        for name in ("state", "nonce", "code_challenge"):
            assert len(first[name]) >= 22
            assert first[name] != second[name]

    def test_clients_do_not_mix_up_authorization_servers(self, world: World, browser: Browser, own: Cognito) -> None:
        """§4.4. A code goes to the one server of the settings, and its ID token has to be of that server's pool."""
        other = world.pool()
        other.user()
        theirs = other.client()
        began = own.begin()
        foreign = code_in(browser.sign_in(theirs, **PKCE))
        with pytest.raises(HalfdayError):
            own.exchange(f"{CALLBACK}?code={foreign}&state={began.state}")

    def test_the_server_redirects_by_302_and_forwards_no_credentials(self, browser: Browser, client: Client) -> None:
        """§4.12. By 307 or 308 the browser would post the password on to the app."""
        answer = browser.sign_in(client)
        assert (answer.status_code, "code" in query_in(answer)) == (302, True)
        assert PASSWORD not in answer.headers["Location"]


class TestSection2_1_1_AuthorizationCodeGrant:
    def test_clients_use_pkce_with_s256_and_a_new_verifier_each_time(self, own: Cognito) -> None:
        first, second = own.begin(), own.begin()
        asked = dict(parse_qsl(urlsplit(first.url).query))
        assert (asked["code_challenge"], asked["code_challenge_method"]) == (challenge_of(first.code_verifier), "S256")
        assert first.code_verifier != second.code_verifier

    def test_clients_hold_the_nonce_against_the_id_token(self, browser: Browser, client: Client, own: Cognito) -> None:
        began = own.begin()
        asked = dict(parse_qsl(urlsplit(began.url).query))
        answer = browser.sign_in(client, **{**asked, "nonce": "another"})
        with pytest.raises(HalfdayError, match="nonce"):
            own.exchange(answer.headers["Location"])

    def test_the_server_supports_pkce_and_enforces_the_verifier(
        self, world: World, browser: Browser, client: Client
    ) -> None:
        code = code_in(browser.sign_in(client, **PKCE))
        assert redeem(world, client, code=code).json() == {"error": "invalid_grant"}
        assert redeem(world, client, code=code, code_verifier="w" * 43).json() == {"error": "invalid_grant"}
        assert redeem(world, client, code=code, code_verifier=VERIFIER).status_code == 200

    def test_the_server_prevents_a_downgrade_of_pkce(self, world: World, browser: Browser, client: Client) -> None:
        """§4.8.2. A verifier for a code that was asked for without a challenge is refused."""
        code = code_in(browser.sign_in(client))
        assert redeem(world, client, code=code, code_verifier=VERIFIER).json() == {"error": "invalid_grant"}

    def test_the_server_takes_no_method_that_shows_the_verifier(self, browser: Browser, client: Client) -> None:
        plain = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}
        assert query_in(browser.authorize(client, **plain))["error"] == "invalid_request"
        assert query_in(browser.authorize(client, code_challenge=VERIFIER))["error"] == "invalid_request"

    def test_pkce_can_be_detected_by_its_documentation_only(self, world: World, pool: Pool) -> None:
        """Not followed, as on AWS: discovery has no code_challenge_methods_supported (facts/oauth.md §6)."""
        url = f"{world.origin}/{pool.pool_id}/.well-known/openid-configuration"
        assert "code_challenge_methods_supported" not in requests.get(url, timeout=10).json()


class TestSection2_1_2_ImplicitGrant:
    def test_clients_ask_for_codes_and_no_tokens(self, own: Cognito) -> None:
        assert asked_by(own)["response_type"] == "code"

    def test_the_server_gives_tokens_in_a_redirect_to_clients_that_were_allowed_it_alone(
        self, pool: Pool, browser: Browser, client: Client
    ) -> None:
        refused = browser.sign_in(client, response_type="token").headers["Location"]
        assert refused.endswith("error=unauthorized_client")
        assert "access_token" not in refused

    def test_no_redirect_has_tokens_in_its_query_or_a_refresh_token(self, pool: Pool, browser: Browser) -> None:
        pool.user()
        location = browser.sign_in(pool.client(AllowedOAuthFlows=["implicit"]), response_type="token").headers[
            "Location"
        ]
        assert urlsplit(location).query == ""
        assert "refresh_token" not in location


class TestSection2_2_TokenReplay:
    def test_access_tokens_are_bound_to_no_sender(self, world: World, browser: Browser, client: Client) -> None:
        """§2.2.1, not followed, as on AWS: no DPoP, no mTLS. They are short-lived, and end when they are revoked."""
        tokens = redeem(world, client, code=code_in(browser.sign_in(client))).json()
        claims = claims_in(tokens["access_token"])
        assert "cnf" not in claims
        assert claims["exp"] - claims["iat"] == 3600
        assert user_info(world, tokens["access_token"]) == 200
        form = {"token": tokens["refresh_token"], "client_id": client["ClientId"]}
        requests.post(f"{world.origin}/oauth2/revoke", data=form, timeout=10)
        assert user_info(world, tokens["access_token"]) == 401

    def test_refresh_tokens_of_public_clients_can_be_rotated(self, world: World, pool: Pool, browser: Browser) -> None:
        """§2.2.2, §4.14.2. Cognito leaves it to the app client; a token that was rotated out ends the family."""
        pool.user()
        rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
        client = pool.client(ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"], RefreshTokenRotation=rotation)
        old = redeem(world, client, code=code_in(browser.sign_in(client))).json()["refresh_token"]
        new = refresh(world, client, old).json()["refresh_token"]
        assert new != old
        assert refresh(world, client, old).json() == {"error": "invalid_grant"}

    def test_a_code_is_redeemed_once(self, world: World, browser: Browser, client: Client) -> None:
        """§4.2.4, §4.5: codes leak by histories and logs."""
        code = code_in(browser.sign_in(client))
        assert redeem(world, client, code=code).status_code == 200
        assert redeem(world, client, code=code).json() == {"error": "invalid_grant"}


class TestSection2_3_PrivilegesOfAccessTokens:
    def test_access_tokens_have_the_scopes_that_were_asked_for(
        self, world: World, browser: Browser, client: Client
    ) -> None:
        tokens = redeem(world, client, code=code_in(browser.sign_in(client, scope="openid"))).json()
        assert claims_in(tokens["access_token"])["scope"] == "openid"
        refused = refusal(world.idp.get_user, AccessToken=tokens["access_token"])
        assert refused == ("NotAuthorizedException", "Access Token does not have required scopes")

    def test_access_tokens_are_restricted_to_a_resource_that_was_named(
        self, world: World, browser: Browser, client: Client
    ) -> None:
        """By `resource` (RFC 8707)."""
        code = code_in(browser.sign_in(client, resource="https://api.example.com"))
        assert claims_in(redeem(world, client, code=code).json()["access_token"])["aud"] == "https://api.example.com"


class TestSection2_4_PasswordGrant:
    def test_the_password_grant_is_not_there(self, world: World, client: Client) -> None:
        answer = redeem(world, client, grant_type="password", username="ada", password=PASSWORD)
        assert answer.json() == {"error": "unsupported_grant_type"}


class TestSection2_5_ClientAuthentication:
    def test_a_client_with_a_secret_has_to_show_it(self, world: World, pool: Pool, browser: Browser) -> None:
        pool.user()
        client = pool.client(GenerateSecret=True)
        code = code_in(browser.sign_in(client))
        for given in ({}, {"client_secret": ""}, {"client_secret": "wrong"}):
            assert redeem(world, client, code=code, **given).json()["error"] == "invalid_client"
        assert redeem(world, client, code=code, client_secret=client["ClientSecret"]).status_code == 200

    def test_asymmetric_methods_are_not_there(self, world: World, pool: Pool) -> None:
        """Not followed, as on AWS: no private_key_jwt, no mTLS."""
        url = f"{world.origin}/{pool.pool_id}/.well-known/openid-configuration"
        methods = requests.get(url, timeout=10).json()["token_endpoint_auth_methods_supported"]
        assert methods == ["client_secret_basic", "client_secret_post"]


class TestSection2_6_OtherRecommendations:
    def test_the_server_publishes_metadata_and_the_client_works_from_the_domain(self, world: World, pool: Pool) -> None:
        document = requests.get(f"{world.origin}/{pool.pool_id}/.well-known/openid-configuration", timeout=10).json()
        assert {
            "issuer",
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "revocation_endpoint",
        } <= document.keys()

    def test_no_client_can_take_the_name_of_a_user(self, world: World, pool: Pool) -> None:
        """§4.15. A machine's `sub` is its client id, which it does not choose, and which no user has for a `sub`."""
        scopes = [{"ScopeName": "r", "ScopeDescription": "r"}]
        world.idp.create_resource_server(UserPoolId=pool.pool_id, Identifier="api", Name="api", Scopes=scopes)
        flows = {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["api/r"], "CallbackURLs": []}
        machine = pool.client(GenerateSecret=True, **flows)
        secret = {"grant_type": "client_credentials", "client_secret": machine["ClientSecret"]}
        claims = claims_in(redeem(world, machine, **secret).json()["access_token"])
        assert claims["sub"] == machine["ClientId"]
        assert "username" not in claims
        assert user_info(world, redeem(world, machine, **secret).json()["access_token"]) == 401

    def test_authorization_responses_go_over_tls_or_stay_on_the_machine(self, pool: Pool) -> None:
        told = refusal(pool.client, CallbackURLs=["http://app.example.com/callback"])
        assert told == ("InvalidParameterException", "http://app.example.com/callback cannot use the HTTP protocol.")
        assert pool.client(CallbackURLs=["http://localhost:1", "http://127.0.0.1:1", "https://app.example.com"])

    def test_the_authorization_endpoint_has_no_cors(self, world: World, browser: Browser, client: Client) -> None:
        """And the endpoints that scripts call have it."""
        headers = {"Origin": "https://app.example.com"}
        for page in [*pages_of(world, browser, client), browser.authorize(client)]:
            assert "Access-Control-Allow-Origin" not in page.headers, page.url
        url = f"{world.origin}/oauth2/authorize"
        asked = requests.options(url, headers={**headers, "Access-Control-Request-Method": "GET"}, timeout=10)
        assert "Access-Control-Allow-Origin" not in asked.headers
        assert redeem(world, client, code="x").headers["Access-Control-Allow-Origin"] == "*"


class TestSection4_2_RefererHeaders:
    def test_no_page_tells_its_address_elsewhere_or_loads_anything_from_there(
        self, world: World, browser: Browser, client: Client
    ) -> None:
        pages = pages_of(world, browser, client)
        assert len(pages) > 5
        for page in pages:
            assert page.headers["Referrer-Policy"] in ("no-referrer", "same-origin"), page.url
            loaded = re.findall(r'<(?:img|script|link|iframe)[^>]* (?:src|href)="([^"]+)"', page.text)
            assert not [url for url in loaded if url.startswith(("http", "//"))], page.url

    def test_clients_end_on_a_page_without_the_code_in_its_address(self) -> None:
        """The client's last page loads nothing and leads nowhere; what more it does: tests/client/test_browser.py."""
        for page in (success_page("ada"), failure_page("It did not work.", "Try again."), stray_page()):
            assert not re.findall(r'(?:src|href)="(?:https?:|//)', page)
            assert 'history.replaceState(null, "", location.pathname)' in page


class TestSection4_3_BrowserHistory:
    def test_no_endpoint_takes_an_access_token_in_its_query(
        self, world: World, browser: Browser, client: Client
    ) -> None:
        token = redeem(world, client, code=code_in(browser.sign_in(client))).json()["access_token"]
        url = f"{world.origin}/oauth2/userInfo?access_token={token}"
        assert requests.get(url, timeout=10).status_code == 400

    def test_a_code_is_worth_nothing_without_its_client_and_redirect_uri(
        self, world: World, pool: Pool, browser: Browser, client: Client
    ) -> None:
        code = code_in(browser.sign_in(client))
        assert redeem(world, pool.client(), code=code).json() == {"error": "invalid_grant"}
        assert redeem(world, client, code=code, redirect_uri=f"{CALLBACK}/").json() == {"error": "invalid_grant"}
        assert redeem(world, client, code=code).status_code == 200

    def test_a_code_lives_for_five_minutes(self, world: World, browser: Browser, client: Client) -> None:
        code = code_in(browser.sign_in(client))
        world.clock.advance(301)
        assert redeem(world, client, code=code).json() == {"error": "invalid_grant"}


class TestSection4_5_CodeInjection:
    def test_a_stolen_code_is_worth_nothing_in_a_sign_in_of_another_s(
        self, browser: Browser, client: Client, own: Cognito
    ) -> None:
        """Its challenge is of another verifier. The client does not even ask: the state is not its own."""
        stolen = code_in(browser.sign_in(client, **PKCE))
        began = own.begin()
        with pytest.raises(HalfdayError):
            own.exchange(f"{CALLBACK}?code={stolen}&state={began.state}")


class TestSection4_6_TokenInjection:
    def test_an_id_token_is_bound_to_the_access_token_beside_it(
        self, world: World, browser: Browser, client: Client
    ) -> None:
        tokens = redeem(world, client, code=code_in(browser.sign_in(client))).json()
        assert claims_in(tokens["id_token"])["at_hash"]


class TestSection4_7_Csrf:
    def test_a_state_is_good_for_one_answer(self, browser: Browser, client: Client, own: Cognito) -> None:
        began = own.begin()
        asked = dict(parse_qsl(urlsplit(began.url).query))
        location = browser.sign_in(client, **asked).headers["Location"]
        assert own.exchange(location).claims["cognito:username"] == "ada"
        with pytest.raises(HalfdayError):
            own.exchange(location)

    def test_no_other_site_signs_somebody_in_by_a_form(self, browser: Browser, client: Client) -> None:
        page = open_page(browser, "/login", client)
        browser.session.headers["Origin"] = "https://evil.example"
        answer = browser.post(page, username="ada", password=PASSWORD)
        assert answer.status_code == 200
        assert "cognito" not in browser.session.cookies


class TestSection4_9_ResourceServers:
    def test_clients_send_tokens_to_the_apis_that_they_are_told_and_to_no_other(
        self, browser: Browser, client: Client, own: Cognito
    ) -> None:
        """§4.9.1 (docs/decisions/0016)."""
        began = own.begin()
        asked = dict(parse_qsl(urlsplit(began.url).query))
        session = own.exchange(browser.sign_in(client, **asked).headers["Location"])
        auth = session.requests_auth("https://api.example.com")
        mine = requests.Request("GET", "https://api.example.com/things", auth=auth).prepare()
        assert mine.headers["Authorization"]
        for other in ("https://api.example.com.evil.example/", "https://evil.example/", "http://api.example.com/"):
            with pytest.raises(HalfdayError):
                requests.Request("GET", other, auth=auth).prepare()

    def test_resource_servers_refuse_a_token_of_another_use_or_client(
        self, world: World, pool: Pool, browser: Browser, client: Client, own: Cognito
    ) -> None:
        tokens = redeem(world, client, code=code_in(browser.sign_in(client))).json()
        assert own.verify(tokens["access_token"], token_use="access").subject
        with pytest.raises(HalfdayError):
            own.verify(tokens["id_token"], token_use="access")
        other = pool.client()
        foreign = redeem(world, other, code=code_in(browser.authorize(other))).json()["access_token"]
        with pytest.raises(HalfdayError):
            own.verify(foreign, token_use="access")


class TestSection4_13_ProxiesThatEndTls:
    @pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"])
    def test_headers_that_anybody_can_write_are_not_believed(
        self, browser: Browser, client: Client, header: str
    ) -> None:
        """Only of a proxy that the settings trust."""
        lie = {"X-Forwarded-For": "10.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
        browser.session.headers[header] = lie.get(header, "for=10.0.0.1;proto=https;host=evil.example")
        page = go_on(browser, browser.authorize(client))
        assert "secure" not in page.headers["Set-Cookie"].lower()
        assert "evil.example" not in page.text


class TestSection4_14_RefreshTokens:
    def test_they_are_bound_to_their_client_and_scopes(
        self, world: World, pool: Pool, browser: Browser, client: Client
    ) -> None:
        token = redeem(world, client, code=code_in(browser.sign_in(client, scope="openid"))).json()["refresh_token"]
        assert refresh(world, pool.client(), token).json() == {"error": "invalid_grant"}
        assert refresh(world, client, token, scope="openid email").json() == {"error": "invalid_scope"}
        assert claims_in(refresh(world, client, token).json()["access_token"])["scope"] == "openid"

    def test_they_end_with_a_sign_out_everywhere_a_disabled_user_and_their_time(
        self, world: World, pool: Pool, browser: Browser, client: Client
    ) -> None:
        where = {"UserPoolId": pool.pool_id, "Username": "ada"}
        token = redeem(world, client, code=code_in(browser.sign_in(client))).json()["refresh_token"]
        world.idp.admin_user_global_sign_out(**where)
        assert refresh(world, client, token).json() == {"error": "invalid_grant"}
        token = redeem(world, client, code=code_in(browser.authorize(client))).json()["refresh_token"]
        world.clock.advance(30 * 86400 + 1)
        assert refresh(world, client, token).json() == {"error": "invalid_grant"}


class TestSection4_16_Clickjacking:
    def test_no_page_can_be_framed(self, world: World, browser: Browser, client: Client) -> None:
        for page in pages_of(world, browser, client):
            assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"], page.url
            assert page.headers["X-Frame-Options"] == "DENY", page.url


class TestSection4_17_InBrowserMessages:
    def test_no_page_sends_anything_to_another_window(self, world: World, browser: Browser, client: Client) -> None:
        browser.sign_in(client)
        for page in pages_of(world, browser, client):
            assert "postMessage" not in page.text, page.url
            assert "opener" not in page.text.replace("noopener", ""), page.url
