"""What `halfday snippet --aws-names` prints knows no server but AWS, and its libraries are led here all the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, session
from flask_cognito_lib import CognitoAuth
from flask_cognito_lib.decorators import auth_required, cognito_login, cognito_login_callback, cognito_refresh_callback

from real_clients.elapsed import Elapsed
from real_clients.javascript import NODE
from real_clients.printed import as_module, beside_node_modules, printed
from real_clients.test_node_openid_client import come_back
from world import Browser, Pool, World, running

HOUR_S = 3600 + 60
VERIFY = """
import { accessTokens, idTokens } from "./verifier.js";
const [id, access] = process.argv.slice(2);
const verified = [await idTokens.verify(id), await accessTokens.verify(access)];
console.log(JSON.stringify(verified.map((claims) => claims["cognito:username"] ?? claims.username)));
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running(tmp_path / "data", aws_names=0, issuer="aws") as world:
        yield world


@pytest.fixture
def pool(world: World) -> Pool:
    pool = world.pool()
    pool.user()
    world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain="snippets")
    return pool


@pytest.fixture
def led_here(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables of `halfday aws-names`, set."""
    command = [sys.executable, "-m", "halfday.cli", "aws-names", "--format", "json", "--data", str(world.data)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    variables: dict[str, str] = json.loads(told)["variables"]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


def test_flask_cognito_lib(pool: Pool, tmp_path: Path, elapsed: Elapsed, led_here: dict[str, str]) -> None:
    """With its own Config: the issuer that it writes, and the keys that it fetches there."""
    callback = "https://localhost:5000/postlogin"
    client = pool.client(CallbackURLs=[callback], GenerateSecret=True)
    cognito = as_module(printed(pool.world, tmp_path, "flask-cognito-lib", client, "--aws-names"))
    app = Flask("application")
    app.config.update(cognito.SETTINGS, SECRET_KEY="anything")
    CognitoAuth(app)
    app.add_url_rule("/login", "login", cognito_login(lambda: None))
    signed_in = cognito_login_callback(lambda: app.make_response(session["user_info"]))
    app.add_url_rule("/postlogin", "postlogin", signed_in)
    app.add_url_rule("/refresh", "refresh", cognito_refresh_callback(lambda: app.make_response(session["claims"])))
    app.add_url_rule("/claims", "claims", auth_required()(lambda: session["claims"]))
    visitor, there = app.test_client(), {"base_url": "https://localhost:5000"}
    address = visitor.get("/login", **there).headers["Location"]
    assert address.startswith("https://snippets.auth.us-east-1.amazoncognito.com/oauth2/authorize?")
    returned = come_back(Browser("https://snippets.auth.us-east-1.amazoncognito.com"), address)
    assert visitor.get(returned.removeprefix("https://localhost:5000"), **there).json["cognito:username"] == "ada"
    elapsed.advance(HOUR_S)
    assert visitor.get("/claims", **there).status_code == 403
    assert visitor.get("/refresh", **there).status_code == 200
    assert visitor.get("/claims", **there).json["username"] == "ada"


def test_aws_jwt_verify_as_it_is_by_default(pool: Pool, tmp_path: Path, led_here: dict[str, str]) -> None:
    client: dict[str, Any] = pool.client()
    project = tmp_path / "project"
    project.mkdir()
    printed(pool.world, beside_node_modules(project), "aws-jwt-verify", client, "--aws-names")
    (project / "verify.js").write_text(VERIFY)
    tokens = pool.tokens(client)
    command = [NODE, "verify.js", tokens["IdToken"], tokens["AccessToken"]]
    done = subprocess.run(
        command, cwd=project, env=dict(os.environ), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["ada", "ada"]
