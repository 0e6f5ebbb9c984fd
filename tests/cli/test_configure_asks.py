"""halfday configure at a terminal, without arguments: it asks, lists what it finds, tries it, and writes it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cognito_peer import CLIENT_ID, IDENTITY_POOL_ID, POOL_ID, Peer

from halfday.cli.commands import wizard
from halfday.cli.nearby import find_nearby

Answered = Callable[..., tuple[int, str]]
OUTPUTS = {
    "version": "1.3",
    "auth": {
        "user_pool_id": POOL_ID, "aws_region": "eu-west-1", "user_pool_client_id": "amplifyclient",
        "identity_pool_id": IDENTITY_POOL_ID,
        "oauth": {"domain": "demo.auth.eu-west-1.amazoncognito.com",
                  "redirect_sign_in_uri": ["https://app.example.com/", "http://localhost:3000/"]},
    },
}  # fmt: skip
EXPORTS = f"""// WARNING: DO NOT EDIT.
const awsmobile = {{
    "aws_project_region": "eu-west-1",
    "aws_cognito_identity_pool_id": "{IDENTITY_POOL_ID}",
    "aws_cognito_region": "eu-west-1",
    "aws_user_pools_id": "{POOL_ID}",
    "aws_user_pools_web_client_id": "exportsclient",
    "oauth": {{ "domain": "demo.auth.eu-west-1.amazoncognito.com", "redirectSignIn": "http://localhost:5173/" }},
}};
export default awsmobile;
"""
DOTENV = """# of the app
export HALFDAY_CLIENT_ID="dotenvclient"
HALFDAY_DOMAIN=demo   # a prefix
VITE_COGNITO_REGION='eu-west-1'
NEXT_PUBLIC_COGNITO_IDENTITY_POOL_ID=eu-west-1:11111111-2222-3333-4444-555555555555
COGNITO_NOISE=1
"""


@pytest.fixture
def place(tmp_path: Path, environ: dict[str, str]) -> Path:
    """A folder in which nothing is, of a person who has no profile."""
    Path(environ["AWS_CONFIG_FILE"]).unlink()
    environ.pop("AWS_PROFILE")
    place = tmp_path / "place"
    place.mkdir()
    return place


@pytest.fixture
def answered(environ: dict[str, str], place: Path) -> Answered:
    """Runs it at a terminal with these lines typed: (exit code, what was said)."""

    def answered(*lines: str, **more: str) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "halfday.cli", "configure"], stdin=theirs, stdout=theirs, stderr=theirs,
            cwd=place, env={**environ, **more},
        )  # fmt: skip
        os.close(theirs)
        os.write(ours, "".join(f"{line}\n" for line in lines).encode() + b"\x04")
        told = b""
        while True:
            try:
                part = os.read(ours, 65_536)
            except OSError:
                break
            if not part:
                break
            told += part
        os.close(ours)
        return process.wait(30), told.decode()

    return answered


def test_what_is_typed_is_tried_and_written(answered: Answered, peer: Peer, environ: dict[str, str]) -> None:
    code, told = answered(peer.origin, CLIENT_ID, IDENTITY_POOL_ID, "")
    assert code == 0, told
    assert "nothing was found here" in told
    assert "it answers as a user pool does" in told
    text = Path(environ["AWS_CONFIG_FILE"]).read_text()
    assert text.startswith("[profile halfday]\n")
    assert f"halfday_client_id = {CLIENT_ID}\n" in text
    assert f"halfday_domain = {peer.origin}\n" in text


def test_what_is_found_is_chosen_by_its_number(
    answered: Answered, place: Path, peer: Peer, environ: dict[str, str]
) -> None:
    (place / "amplify_outputs.json").write_text(json.dumps(OUTPUTS))
    code, told = answered(
        "1", "", "", "", "work",
        HALFDAY_DOMAIN=peer.origin, HALFDAY_CLIENT_ID=CLIENT_ID, HALFDAY_IDENTITY_POOL_ID=IDENTITY_POOL_ID,
    )  # fmt: skip
    assert code == 0, told
    assert f"1  HALFDAY_* variables: {peer.origin}, {CLIENT_ID}" in told
    assert f"2  amplify_outputs.json: demo.auth.eu-west-1.amazoncognito.com, {POOL_ID}, amplifyclient" in told
    assert "[profile work]\n" in Path(environ["AWS_CONFIG_FILE"]).read_text()


def test_what_does_not_work_is_told_and_asked_again(answered: Answered, peer: Peer, environ: dict[str, str]) -> None:
    typed = ("http://127.0.0.1:1", CLIENT_ID, IDENTITY_POOL_ID, "", peer.origin, "", "", "")
    code, told = answered(*typed)
    assert code == 0, told
    assert "problem" in told
    assert "nothing accepts connections" in told
    assert f"halfday_domain = {peer.origin}\n" in Path(environ["AWS_CONFIG_FILE"]).read_text()


def test_a_redirect_uri_that_is_not_registered_can_be_put_right(
    answered: Answered, peer: Peer, environ: dict[str, str]
) -> None:
    peer.redirect_uris = ["http://localhost:3000/callback"]
    first = (peer.origin, CLIENT_ID, IDENTITY_POOL_ID)
    code, told = answered(*first, "", "", "", "", "http://localhost:3000/callback", "")
    assert code == 0, told
    assert "redirect_uri http://localhost:8080 is not registered" in told
    assert "halfday_redirect_uri = http://localhost:3000/callback\n" in Path(environ["AWS_CONFIG_FILE"]).read_text()


@pytest.mark.parametrize(
    ("registered", "written"),
    [
        (("http://localhost:8080", "http://localhost:3000/"), None),
        (("https://app.example.com/", "http://localhost:3000/", "http://127.0.0.1:1/"),
         "http://localhost:3000/ http://127.0.0.1:1/"),
        (("https://app.example.com/",), None),
    ],
)  # fmt: skip
def test_an_app_client_of_a_server_brings_where_its_browser_comes_back_to(
    registered: tuple[str, ...], written: str | None
) -> None:
    assert wizard._redirect_uri(registered) == written


def test_whoever_ends_the_input_has_nothing_written(answered: Answered, environ: dict[str, str]) -> None:
    code, told = answered("demo")
    assert code == 1
    assert "nothing was written" in told
    assert not Path(environ["AWS_CONFIG_FILE"]).exists()


def test_without_a_terminal_nothing_is_asked(run, environ: dict[str, str], place: Path) -> None:
    done = run("configure", stdin="http://localhost:4242\n")
    assert done.returncode == 2
    assert "client_id is not set" in done.stderr


def test_files_of_other_tools_are_read(place: Path) -> None:
    (place / "amplify_outputs.json").write_text(json.dumps(OUTPUTS))
    (place / "aws-exports.js").write_text(EXPORTS)
    (place / ".env").write_text(DOTENV)
    found = {one.place: one.values for one in find_nearby(place, {"AWS_CONFIG_FILE": str(place / "none")})}
    common = {"region": "eu-west-1", "identity_pool_id": IDENTITY_POOL_ID}
    domain = {"user_pool_id": POOL_ID, "domain": "demo.auth.eu-west-1.amazoncognito.com"}
    assert found == {
        "amplify_outputs.json": {
            **common, **domain, "client_id": "amplifyclient", "redirect_uri": "http://localhost:3000/"
        },
        "aws-exports.js": {**common, **domain, "client_id": "exportsclient", "redirect_uri": "http://localhost:5173/"},
        ".env": {**common, "client_id": "dotenvclient", "domain": "demo"},
    }  # fmt: skip


def test_what_a_file_would_set_beside_what_is_asked_is_told_on_one_line(place: Path) -> None:
    """Who clones somebody's repository may find a .env in it, whose endpoint_url would have the tokens."""
    more = "HALFDAY_ENDPOINT_URL=https://elsewhere.example\nHALFDAY_TOKEN_STORE=none\nHALFDAY_CLIENT_SECRET=hush\n"
    (place / ".env").write_text(DOTENV + more)
    [found] = find_nearby(place, {"AWS_CONFIG_FILE": str(place / "none")})
    assert found.told == ".env: demo, dotenvclient, endpoint_url https://elsewhere.example, token_store none"
    (place / ".env").unlink()
    (place / "amplify_outputs.json").write_text(json.dumps({"auth": {"user_pool_client_id": "x\n  2  the profile"}}))
    [found] = find_nearby(place, {"AWS_CONFIG_FILE": str(place / "none")})
    assert found.told == "amplify_outputs.json: x\\n  2  the profile"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"auth": []}', '{"auth": {"user_pool_client_id": 7}}', "\x00" * 9])
def test_files_that_are_something_else_are_left_out(place: Path, text: str) -> None:
    for name in ("amplify_outputs.json", "aws-exports.js", ".env"):
        (place / name).write_text(text)
    assert find_nearby(place, {"AWS_CONFIG_FILE": str(place / "none")}) == []
