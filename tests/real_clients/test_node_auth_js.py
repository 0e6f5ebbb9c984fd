"""@auth/core with its Cognito provider: next-auth v5 without Next.js. In by code, on after the hour, and out.

Auth.js leaves renewal to a callback of the application; node/auth_js.mjs has one, as the guide describes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from real_clients.javascript import Node, Opened
from real_clients.test_node_openid_client import come_back
from world import Browser, Pool, World

ORIGIN = "http://localhost:3000"
CALLBACK = f"{ORIGIN}/auth/callback/cognito"
BYE = "http://localhost:8080/bye"
HOUR_S = 3600 + 60


class Visitor:
    """Somebody's browser at an application with Auth.js, and both their clocks."""

    def __init__(self, world: World, node: Node, pool: Pool, client: dict[str, Any], options: dict[str, Any]) -> None:
        self.world = world
        self.client_id = client["ClientId"]
        self.app: Opened = node.open(
            "auth_js",
            origin=ORIGIN,
            issuer=f"{world.origin}/{pool.pool_id}",
            tokenEndpoint=f"{world.origin}/oauth2/token",
            clientId=client["ClientId"],
            clientSecret=client.get("ClientSecret"),
            options=options,
        )

    def sign_in(self, browser: Browser) -> dict[str, Any]:
        assert self.app.comeBack(come_back(browser, self.app.signIn())) == ORIGIN
        session: dict[str, Any] = self.app.session()
        return session

    def advance(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        self.app.setAhead(self.world.clock.ahead_s)

    @property
    def user(self) -> str:
        """Who the API says that the session's access token is of."""
        name: str = self.world.idp.get_user(AccessToken=self.app.session()["access_token"])["Username"]
        return name


@pytest.fixture
def visit(world: World, node: Node, pool: Pool) -> Iterator[Any]:
    """A visitor of an application with such a client and such options of the provider."""
    pool.user()
    visitors: list[Visitor] = []

    def visitor(*, secret: bool = True, **options: Any) -> Visitor:
        client = pool.client(CallbackURLs=[CALLBACK], GenerateSecret=secret)
        scopes = {"authorization": {"params": {"scope": "openid email aws.cognito.signin.user.admin"}}}
        visitors.append(Visitor(world, node, pool, client, {**scopes, **options}))
        return visitors[-1]

    yield visitor
    for one in visitors:
        one.app.setAhead(0)


@pytest.mark.parametrize("checks", [["pkce"], ["state", "nonce"], ["pkce", "state", "nonce"]])
def test_in_by_code_with_each_of_its_checks(visit: Any, browser: Browser, checks: list[str]) -> None:
    session = visit(checks=checks).sign_in(browser)
    assert session["user"]["email"] == "ada@example.com"


@pytest.mark.parametrize("secret", [True, False])
def test_the_user_goes_on_after_the_access_token_s_end(visit: Any, browser: Browser, secret: bool) -> None:
    public = {} if secret else {"client": {"token_endpoint_auth_method": "none"}}
    visitor = visit(secret=secret, **public)
    seen = {visitor.sign_in(browser)["access_token"]}
    for _ in range(3):
        visitor.advance(HOUR_S)
        assert visitor.user == "ada"
        seen.add(visitor.app.session()["access_token"])
    assert len(seen) == 4


def test_the_session_says_so_once_the_refresh_token_is_revoked(world: World, visit: Any, browser: Browser) -> None:
    visitor = visit(secret=False, client={"token_endpoint_auth_method": "none"})
    session = visitor.sign_in(browser)
    world.idp.revoke_token(Token=session["refresh_token"], ClientId=visitor.client_id)
    visitor.advance(HOUR_S)
    assert visitor.app.session()["error"] == "invalid_grant"


def test_sign_out_of_both_asks_for_the_password_again(visit: Any, browser: Browser) -> None:
    """Auth.js forgets its own session; where the pages' session ends, its documentation leaves to the application."""
    visitor = visit()
    visitor.sign_in(browser)
    assert visitor.app.signOut() == ORIGIN
    assert visitor.app.session() is None
    leave = {"client_id": visitor.client_id, "logout_uri": BYE}
    left = browser.session.get(f"{browser.origin}/logout", params=leave, allow_redirects=False)
    assert left.headers["Location"] == BYE
    assert visitor.sign_in(browser)["user"]["email"] == "ada@example.com", "come_back fails where no form is shown"
