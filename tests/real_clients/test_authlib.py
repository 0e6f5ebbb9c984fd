"""Authlib's Flask integration, set up as AWS's quick start does it: in by code, on after the hour, and out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask

from real_clients.elapsed import Elapsed
from real_clients.test_node_openid_client import come_back
from world import Browser, Pool, World

CALLBACK = "http://localhost:5000/authorize"
BYE = "http://localhost:8080/bye"
HOUR_S = 3600 + 60
AUTHORIZED = {"CallbackURLs": [CALLBACK], "GenerateSecret": True}


@dataclass
class Application:
    """A Flask application that keeps its one user's tokens, and lets Authlib renew them."""

    provider: Any
    http: Any
    tokens: dict[str, Any] = field(default_factory=dict)
    renewals: int = 0

    def keep(self, name: str, token: dict[str, Any], **replaced: str) -> None:
        self.renewals += 1
        self.tokens.update(token)

    def sign_in(self, browser: Browser) -> dict[str, Any]:
        """What the callback answers: the claims of the ID token."""
        returned = come_back(browser, self.http.get("/login").headers["Location"])
        answer = self.http.get(returned.removeprefix("http://localhost:5000"))
        assert answer.status_code == 200, answer.text
        claims: dict[str, Any] = answer.json
        return claims


def application(pool: Pool, client: dict[str, Any]) -> Application:
    app = Flask("quick-start")
    app.secret_key = "anything"
    running = Application(None, app.test_client())
    oauth = OAuth(app, update_token=running.keep)
    running.provider = oauth.register(
        name="oidc",
        authority=f"{pool.world.origin}/{pool.pool_id}",
        client_id=client["ClientId"],
        client_secret=client["ClientSecret"],
        server_metadata_url=f"{pool.world.origin}/{pool.pool_id}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile"},
    )
    app.add_url_rule("/login", view_func=lambda: running.provider.authorize_redirect(CALLBACK), endpoint="login")

    @app.route("/authorize")
    def authorize() -> Any:
        running.tokens = running.provider.authorize_access_token()
        return running.tokens["userinfo"]

    @app.route("/me")
    def me() -> Any:
        return running.provider.userinfo(token=running.tokens)

    @app.route("/leave")
    def leave() -> Any:
        session: OAuth2Session = running.provider._get_oauth_client()
        address = running.provider.load_server_metadata()["revocation_endpoint"]
        return {"status": session.revoke_token(address, running.tokens["refresh_token"]).status_code}

    return running


@pytest.fixture
def signed_in(pool: Pool, browser: Browser, elapsed: Elapsed) -> Application:
    pool.user()
    app = application(pool, pool.client(**AUTHORIZED))
    assert app.sign_in(browser)["cognito:username"] == "ada"
    return app


def test_the_user_goes_on_after_the_access_token_s_end(signed_in: Application, elapsed: Elapsed) -> None:
    """Authlib repeats the scopes of the sign-in when it renews (RFC 6749 §6)."""
    first = signed_in.tokens["access_token"]
    for hours in range(1, 4):
        elapsed.advance(HOUR_S)
        assert signed_in.http.get("/me").json["email"] == "ada@example.com"
        assert signed_in.renewals == hours
    assert signed_in.tokens["access_token"] != first


def test_the_token_that_has_ended_is_refused(signed_in: Application, elapsed: Elapsed) -> None:
    elapsed.advance(HOUR_S)
    kept_too_long = {"access_token": signed_in.tokens["access_token"], "token_type": "Bearer"}
    answer = signed_in.provider.get(signed_in.provider.server_metadata["userinfo_endpoint"], token=kept_too_long)
    assert answer.status_code == 401


def test_a_renewed_id_token_passes_authlib_s_own_check(signed_in: Application, elapsed: Elapsed) -> None:
    before = signed_in.tokens["userinfo"]
    elapsed.advance(HOUR_S)
    signed_in.http.get("/me")
    claims = signed_in.provider.parse_id_token(signed_in.tokens, nonce=before["nonce"])
    assert (claims["sub"], claims["auth_time"]) == (before["sub"], before["auth_time"])
    assert claims["iat"] >= before["exp"]


def test_after_the_refresh_token_s_end_the_user_signs_in_again(
    signed_in: Application, browser: Browser, elapsed: Elapsed
) -> None:
    elapsed.advance(31 * 86400)
    with pytest.raises(OAuthError, match="invalid_grant"):
        signed_in.provider.userinfo(token=signed_in.tokens)
    assert signed_in.sign_in(browser)["cognito:username"] == "ada"
    assert signed_in.http.get("/me").json["email"] == "ada@example.com"


def test_sign_out_ends_the_pages_session_and_the_revoked_token_renews_nothing(
    signed_in: Application, browser: Browser, elapsed: Elapsed
) -> None:
    """The address is put together by hand: Authlib's create_logout_url drops Cognito's `logout_uri`."""
    assert signed_in.http.get("/leave").json == {"status": 200}
    leave = {"client_id": signed_in.provider.client_id, "logout_uri": BYE}
    address = signed_in.provider.server_metadata["end_session_endpoint"]
    assert browser.session.get(address, params=leave, allow_redirects=False).headers["Location"] == BYE
    assert "/login?" in browser.session.get(signed_in.http.get("/login").headers["Location"]).url
    elapsed.advance(HOUR_S)
    with pytest.raises(OAuthError, match="invalid_grant"):
        signed_in.provider.userinfo(token=signed_in.tokens)


def test_a_session_without_a_framework_renews_by_itself(
    world: World, pool: Pool, browser: Browser, elapsed: Elapsed
) -> None:
    """OAuth2Session, a public client with PKCE: `token_endpoint` and `update_token` as its documentation sets them."""
    pool.user()
    client = pool.client(CallbackURLs=[CALLBACK])
    kept: list[dict[str, Any]] = []
    session = OAuth2Session(
        client["ClientId"],
        scope="openid email",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
        token_endpoint=f"{world.origin}/oauth2/token",
        update_token=lambda token, **_: kept.append(token),
    )
    verifier = "v" * 48
    address, _ = session.create_authorization_url(f"{world.origin}/oauth2/authorize", code_verifier=verifier)
    session.fetch_token(authorization_response=come_back(browser, address), code_verifier=verifier)
    elapsed.advance(HOUR_S)
    assert session.get(f"{world.origin}/oauth2/userInfo").json()["email"] == "ada@example.com"
    assert len(kept) == 1
