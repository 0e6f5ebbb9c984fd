"""openid-client, Auth.js, Amplify and aws-jwt-verify in Node, each with what `halfday snippet` prints.

In, and on past the access token's end, where the library signs anybody in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from halfday.snippets import load
from real_clients.javascript import Node, Refused
from real_clients.printed import beside_node_modules, printed
from real_clients.test_node_openid_client import come_back
from world import PASSWORD, Browser, Pool, World

HOUR_S = 3600 + 60
AMPLIFY_S_SCOPES = ["openid", "email", "profile", "aws.cognito.signin.user.admin"]
GEN2 = "gen2.js"
"""The lines by which the outputs file is loaded, as they are printed beside it."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return beside_node_modules(tmp_path)


@pytest.fixture
def advance(world: World, node: Node) -> Iterator[Callable[[Any, float], None]]:
    """Turns the server's clock and that of Node, by the party that was opened there."""
    opened: list[Any] = []

    def advance(party: Any, seconds: float) -> None:
        opened.append(party)
        world.clock.advance(seconds)
        party.setAhead(world.clock.ahead_s)

    yield advance
    for party in opened:
        party.setAhead(0)


@pytest.mark.parametrize("secret", [True, False])
def test_openid_client(
    world: World, node: Node, pool: Pool, browser: Browser, project: Path, advance: Any, secret: bool
) -> None:
    pool.user()
    client = pool.client(CallbackURLs=["http://localhost:3000/callback"], GenerateSecret=secret)
    party = node.open("printed_openid", file=str(printed(world, project, "openid-client", client)))
    advance(party, 0)
    tokens = party.exchange(come_back(browser, party.authorize()))
    subject = tokens["claims"]["sub"]
    for _ in range(2):
        assert party.userInfo(tokens["access_token"], subject)["email"] == "ada@example.com"
        advance(party, HOUR_S)
        with pytest.raises(Refused, match="unexpected HTTP response status code"):
            party.userInfo(tokens["access_token"], subject)
        tokens = {**tokens, **party.refresh(tokens["refresh_token"])}
    assert party.userInfo(tokens["access_token"], subject)["email"] == "ada@example.com"


@pytest.mark.parametrize("secret", [True, False])
@pytest.mark.parametrize("mount", ["/api/auth", "/auth"])
def test_auth_js(
    world: World, node: Node, pool: Pool, browser: Browser, project: Path, advance: Any, secret: bool, mount: str
) -> None:
    pool.user()
    origin = "http://localhost:3000"
    callback = f"{origin}{mount}/callback/cognito"
    client = pool.client(CallbackURLs=[callback], GenerateSecret=secret)
    app = node.open("auth_js", origin=origin, file=str(printed(world, project, "auth-js", client)))
    advance(app, 0)
    assert app.comeBack(come_back(browser, app.signIn())) == origin
    seen = set()
    for _ in range(3):
        session = app.session()
        assert (session["user"]["email"], session.get("error")) == ("ada@example.com", None)
        seen.add(session["accessToken"])
        advance(app, HOUR_S)
    assert len(seen) == 3


@pytest.mark.parametrize("library", ["amplify-v6", "amplify-gen2"])
def test_amplify_by_its_api(world: World, node: Node, pool: Pool, project: Path, advance: Any, library: str) -> None:
    """Its redirect goes to https:// in any case: test_snippet_chromium."""
    pool.user()
    home = ["http://localhost:5173/"]
    client = pool.client(CallbackURLs=home, LogoutURLs=home, AllowedOAuthScopes=AMPLIFY_S_SCOPES)
    path = printed(world, project, library, client)
    if library == "amplify-gen2":
        path = loader(project)
    app = node.open("amplify", file=str(path))
    advance(app, 0)
    assert app.signIn({"username": "ada", "password": PASSWORD})["isSignedIn"]
    first = app.tokens({})
    advance(app, HOUR_S)
    renewed = app.tokens({})
    assert renewed["access"] != first["access"]
    assert app.fetchUserAttributes()["email"] == "ada@example.com"


def loader(project: Path) -> Path:
    """The lines that `halfday snippet amplify-gen2` says to load its file with. Node wants the attribute of JSON."""
    lines = load("amplify-gen2").then.replace("{{when:own_names}}", "").strip().splitlines()[1:]
    code = "\n".join(line.strip() for line in lines)
    path = project / GEN2
    path.write_text(code.replace('.json";', '.json" with { type: "json" };'))
    return path


@pytest.mark.parametrize("issuer", ["local", "aws"])
def test_aws_jwt_verify(world: World, node: Node, project: Path, issuer: str) -> None:
    pool = world.pool(UserPoolTags={"_issuer_": issuer})
    pool.user()
    client, other = pool.client(), pool.client()
    verifier = node.open("printed_verifier", file=str(printed(world, project, "aws-jwt-verify", client)))
    tokens, foreign = pool.tokens(client), pool.tokens(other)
    assert verifier.verifyId(tokens["IdToken"])["cognito:username"] == "ada"
    assert verifier.verifyAccess(tokens["AccessToken"])["username"] == "ada"
    for verify, refused in [
        (verifier.verifyId, (tokens["AccessToken"], foreign["IdToken"])),
        (verifier.verifyAccess, (tokens["IdToken"], foreign["AccessToken"])),
    ]:
        for token in refused:
            with pytest.raises(Refused):
                verify(token)
