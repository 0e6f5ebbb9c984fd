"""flask-cognito-lib: decorated routes, tokens in cookies, its own refresh route after the hour, and its sign-out.

Its issuer is AWS's name in any case. `Config`, which an application may give, says here where the pool is.
"""

from __future__ import annotations

from typing import Any

import flask_cognito_lib.utils
import pytest
from flask import Flask, session
from flask_cognito_lib import CognitoAuth
from flask_cognito_lib.config import Config
from flask_cognito_lib.decorators import (
    auth_required,
    cognito_login,
    cognito_login_callback,
    cognito_logout,
    cognito_refresh_callback,
)
from flask_cognito_lib.exceptions import CognitoError

from real_clients.elapsed import Elapsed
from real_clients.test_node_openid_client import come_back
from world import Browser, Pool

APPLICATION = "https://localhost:5000"  # its cookies are Secure
BYE = "http://localhost:8080/bye"
HOUR_S = 3600 + 60
AUTHORIZED = {"CallbackURLs": [f"{APPLICATION}/postlogin"], "LogoutURLs": [BYE], "GenerateSecret": True}


def application(pool: Pool, client: dict[str, Any]) -> Any:
    """The routes of the library's own example, and whoever visits them."""

    class Here(Config):
        issuer = f"{pool.world.origin}/{pool.pool_id}"

    app = Flask("example")
    app.config |= {
        "SECRET_KEY": "anything",
        "TESTING": True,
        "AWS_REGION": "us-east-1",
        "AWS_COGNITO_USER_POOL_ID": pool.pool_id,
        "AWS_COGNITO_DOMAIN": pool.world.origin,
        "AWS_COGNITO_USER_POOL_CLIENT_ID": client["ClientId"],
        "AWS_COGNITO_USER_POOL_CLIENT_SECRET": client["ClientSecret"],
        "AWS_COGNITO_REDIRECT_URL": f"{APPLICATION}/postlogin",
        "AWS_COGNITO_LOGOUT_URL": BYE,
        "AWS_COGNITO_COOKIE_AGE_SECONDS": 86400,
        "AWS_COGNITO_REFRESH_FLOW_ENABLED": True,
    }
    CognitoAuth(app, cfg=Here())
    app.route("/login", endpoint="login")(cognito_login(lambda: None))
    app.route("/logout", endpoint="logout")(cognito_logout(lambda: None))
    done = {"view_func": cognito_login_callback(lambda: app.make_response(session["user_info"]))}
    app.add_url_rule("/postlogin", endpoint="postlogin", **done)
    renewed = {"view_func": cognito_refresh_callback(lambda: app.make_response(session["claims"]))}
    app.add_url_rule("/refresh", endpoint="refresh", **renewed)
    app.add_url_rule("/claims", endpoint="claims", view_func=auth_required()(lambda: session["claims"]))
    engineers = auth_required(groups=["engineers"])
    app.add_url_rule("/engine", endpoint="engine", view_func=engineers(lambda: session["claims"]))
    return app.test_client()


def sign_in(visitor: Any, browser: Browser) -> Any:
    """The answer of /postlogin."""
    at_the_application = {"base_url": APPLICATION}
    address = visitor.get("/login", **at_the_application).headers["Location"]
    returned = come_back(browser, address)
    return visitor.get(returned.removeprefix(APPLICATION), **at_the_application)


def visit(visitor: Any, path: str) -> Any:
    return visitor.get(path, base_url=APPLICATION)


@pytest.fixture
def visitor(pool: Pool, elapsed: Elapsed) -> Any:
    """Somebody at the application; the pool knows ada, an engineer."""
    pool.user()
    who = {"UserPoolId": pool.pool_id, "GroupName": "engineers"}
    pool.world.idp.create_group(**who)
    pool.world.idp.admin_add_user_to_group(**who, Username="ada")
    return application(pool, pool.client(**AUTHORIZED))


def test_in_by_code_on_by_refresh_for_hours(visitor: Any, browser: Browser, elapsed: Elapsed) -> None:
    assert visit(visitor, "/claims").status_code == 403
    signed_in = sign_in(visitor, browser)
    assert signed_in.json["cognito:username"] == "ada"
    for _ in range(3):
        assert visit(visitor, "/claims").json["username"] == "ada"
        assert visit(visitor, "/engine").json["cognito:groups"] == ["engineers"]
        elapsed.advance(HOUR_S)
        assert visit(visitor, "/claims").status_code == 403, "the cookie's token has ended"
        assert visit(visitor, "/refresh").json["sub"] == signed_in.json["sub"]
    assert visit(visitor, "/claims").json["username"] == "ada"


def test_a_code_verifier_shorter_than_the_rfc_wants_signs_in(
    visitor: Any, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library drops `-` and `_` from its verifiers, so most are shorter than 43. Of these bytes, 27 are left."""
    monkeypatch.setattr(flask_cognito_lib.utils, "urandom", lambda length: b"\xff" * 12 + bytes(length - 12))
    assert len(flask_cognito_lib.utils.generate_code_verifier()) == 27
    assert sign_in(visitor, browser).json["cognito:username"] == "ada"


def test_sign_out_revokes_the_refresh_token_and_ends_the_pages_session(
    visitor: Any, browser: Browser, elapsed: Elapsed
) -> None:
    sign_in(visitor, browser)
    kept = visitor.get_cookie("cognito_refresh_token").value
    address = visit(visitor, "/logout").headers["Location"]
    assert browser.session.get(address, allow_redirects=False).headers["Location"] == BYE
    assert visit(visitor, "/claims").status_code == 403
    assert "/login?" in browser.session.get(visit(visitor, "/login").headers["Location"]).url
    visitor.set_cookie("cognito_refresh_token", kept, secure=True)
    with pytest.raises(CognitoError, match="invalid_grant"):
        visit(visitor, "/refresh")


def test_after_the_refresh_token_s_end_the_user_signs_in_again(
    visitor: Any, browser: Browser, elapsed: Elapsed
) -> None:
    sign_in(visitor, browser)
    elapsed.advance(31 * 86400)
    with pytest.raises(CognitoError, match="invalid_grant"):
        visit(visitor, "/refresh")
    assert sign_in(visitor, browser).status_code == 200
    assert visit(visitor, "/claims").json["username"] == "ada"
