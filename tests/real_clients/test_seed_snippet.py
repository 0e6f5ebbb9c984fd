"""The seed's own lines, run as they stand: its Python (with the lines that the copy had lost) and its curl.

Nothing is changed but the URL and the ids. Source: shared/mission/seed.txt.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import find
from world import PASSWORD, Browser, World, running

POOL = "us-east-1_Seed00001"
CLIENT_ID, CLIENT_SECRET = "seedclient", "dssaKJHSAKJHDSsjdhksjHSKJDskdjhsa"
CALLBACK = "http://localhost:8001/accounts/amazon-cognito/login/callback/"

DOCUMENT: dict[str, Any] = {
    "user_pool": [
        {
            "id": POOL,
            "client": [{"id": CLIENT_ID, "secret": CLIENT_SECRET, "callback_urls": [CALLBACK], "flows": ["code"]}],
            "user": [{"username": "ada", "password": PASSWORD, "attributes": {"email": "ada@example.com"}}],
        }
    ]
}

# From "Ok, this is tagged as JavaScript but since we also suffer in Python" on; restored: `import sys`, the values from
# outside in place of the placeholders, the closing brace, and `requests.post(token_url, data=params` of `=, auth=auth`.
SNIPPET = """
import sys
import requests

# In: General Settings > App clients > Show details
client_id = "{client_id}"
client_secret = "{client_secret}"

# URL in your application that receives the code post-authentication
# (Cognito lets you use localhost for testing purposes)
callback_uri = "{callback}"

# Find this in: App Integration > Domain
cognito_app_url = "{origin}"

code = sys.argv[1]

token_url = f"{{cognito_app_url}}/oauth2/token"
auth = requests.auth.HTTPBasicAuth(client_id, client_secret)

params = {{
    "grant_type": "authorization_code",
    "client_id": client_id,
    "code": code,
    "redirect_uri": callback_uri
}}

response = requests.post(token_url, auth=auth, data=params)

print(response.json()) # don't judge me, this is an example
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with running(tmp_path_factory.mktemp("data"), DOCUMENT) as up:
        yield up


@pytest.fixture
def code(world: World) -> str:
    return Browser(world.origin).code({"ClientId": CLIENT_ID}, redirect_uri=CALLBACK)


def test_the_python_snippet_prints_the_tokens(world: World, code: str, tmp_path: Path) -> None:
    assert set(_run_snippet(world, code, CALLBACK, tmp_path)) == {
        "id_token",
        "access_token",
        "refresh_token",
        "token_type",
        "expires_in",
    }


def test_the_python_snippet_with_a_wrong_redirect_uri_prints_the_totally_unhelpful_message(
    world: World, code: str, tmp_path: Path
) -> None:
    assert _run_snippet(world, code, "http://localhost:8001/", tmp_path) == {"error": "invalid_grant"}


def test_the_curl_lines_return_tokens_and_a_wrong_redirect_uri_exactly_invalid_grant(world: World, code: str) -> None:
    assert _curl(world, code, "http://localhost:8001/") == '{"error":"invalid_grant"}'
    members = json.loads(_curl(world, code, CALLBACK))
    assert members["token_type"] == "Bearer"
    assert members["id_token"].count(".") == 2


def _run_snippet(world: World, code: str, callback: str, folder: Path) -> dict[str, Any]:
    script = folder / "snippet.py"
    text = SNIPPET.format(origin=world.origin, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, callback=callback)
    script.write_text(text)
    done = subprocess.run([sys.executable, script, code], capture_output=True, text=True, check=True, timeout=60)
    printed: dict[str, Any] = json.loads(done.stdout.replace("'", '"'))
    return printed


def _curl(world: World, code: str, redirect_uri: str) -> str:
    basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    command = [
        *(find("curl"), "--silent", "--location", "--request", "POST", f"{world.origin}/oauth2/token"),
        *("--header", "Content-Type: application/x-www-form-urlencoded"),
        *("--header", f"Authorization: Basic {basic}"),
        *("--data-urlencode", "grant_type=authorization_code"),
        *("--data-urlencode", f"client_id={CLIENT_ID}"),
        *("--data-urlencode", f"code={code}"),
        *("--data-urlencode", f"redirect_uri={redirect_uri}"),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
