"""Authlib and flask-cognito-lib, each with what `halfday snippet` prints: in, and on past the access token's end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from authlib.integrations.flask_client import token_update
from flask import Flask, session
from flask_cognito_lib import CognitoAuth
from flask_cognito_lib.decorators import auth_required, cognito_login, cognito_login_callback, cognito_refresh_callback

from real_clients.elapsed import Elapsed
from real_clients.printed import as_module, printed
from real_clients.test_node_openid_client import come_back
from world import Browser, Pool

HOUR_S = 3600 + 60
AUTHLIB_CALLBACK, COGNITO_LIB_CALLBACK = "http://localhost:5000/authorize", "https://localhost:5000/postlogin"


@pytest.mark.parametrize("secret", [True, False])
def test_authlib(pool: Pool, browser: Browser, elapsed: Elapsed, tmp_path: Path, secret: bool) -> None:
    pool.user()
    client = pool.client(CallbackURLs=[AUTHLIB_CALLBACK], GenerateSecret=secret)
    cognito = as_module(printed(pool.world, tmp_path, "authlib", client))
    app = Flask("application")
    app.secret_key = "anything"
    cognito.oauth.init_app(app)
    tokens: dict[str, Any] = {}

    @app.route("/login")
    def login() -> Any:
        return cognito.oauth.cognito.authorize_redirect(cognito.REDIRECT_URI)

    @app.route("/authorize")
    def authorize() -> Any:
        tokens.update(cognito.oauth.cognito.authorize_access_token())
        return tokens["userinfo"]

    @app.route("/me")
    def me() -> Any:
        return cognito.oauth.cognito.userinfo(token=tokens)

    def keep(sender: Any, token: dict[str, Any], **replaced: Any) -> None:
        tokens.update(token)

    visitor = app.test_client()
    returned = come_back(browser, visitor.get("/login").headers["Location"])
    assert visitor.get(returned.removeprefix("http://localhost:5000")).json["cognito:username"] == "ada"
    seen = {tokens["access_token"]}
    with token_update.connected_to(keep, app):
        for _ in range(2):
            elapsed.advance(HOUR_S)
            assert visitor.get("/me").json["email"] == "ada@example.com"
            seen.add(tokens["access_token"])
    assert len(seen) == 3


def test_flask_cognito_lib(pool: Pool, browser: Browser, elapsed: Elapsed, tmp_path: Path) -> None:
    pool.user()
    client = pool.client(CallbackURLs=[COGNITO_LIB_CALLBACK], GenerateSecret=True)
    cognito = as_module(printed(pool.world, tmp_path, "flask-cognito-lib", client))
    app = Flask("application")
    app.config.update(cognito.SETTINGS, SECRET_KEY="anything")
    CognitoAuth(app, cfg=cognito.Here())
    app.add_url_rule("/login", "login", cognito_login(lambda: None))
    app.add_url_rule("/postlogin", "postlogin", cognito_login_callback(lambda: app.make_response(session["user_info"])))
    app.add_url_rule("/refresh", "refresh", cognito_refresh_callback(lambda: app.make_response(session["claims"])))
    app.add_url_rule("/claims", "claims", auth_required()(lambda: session["claims"]))
    visitor, there = app.test_client(), {"base_url": "https://localhost:5000"}
    returned = come_back(browser, visitor.get("/login", **there).headers["Location"])
    assert visitor.get(returned.removeprefix("https://localhost:5000"), **there).json["cognito:username"] == "ada"
    for _ in range(2):
        assert visitor.get("/claims", **there).json["username"] == "ada"
        elapsed.advance(HOUR_S)
        assert visitor.get("/claims", **there).status_code == 403, "the cookie's token has ended"
        assert visitor.get("/refresh", **there).status_code == 200
    assert visitor.get("/claims", **there).json["username"] == "ada"
