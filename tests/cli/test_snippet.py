"""halfday snippet asks the server that runs, else reads the seed file; secrets and what is lacking are told apart."""

from __future__ import annotations

import json
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from halfday.server import demo
from halfday.snippets import HIDDEN
from world import World, running

DOCUMENT = tomllib.loads(demo.seed_text())
SECRET = next(client["secret"] for client in DOCUMENT["user_pool"][0]["client"] if "secret" in client)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data"), DOCUMENT) as up:
        yield up


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def seed(folder: Path) -> Path:
    """A seed file whose server is not up: nothing listens at its port."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
    path = folder / "halfday.toml"
    path.write_text(demo.seed_text().replace("# port = 4242", f"port = {port} #"))
    return path


def test_of_a_running_server_the_client_that_fits_is_printed(run, world: World, folder: Path) -> None:
    done = run("snippet", "streamlit", HALFDAY_ENDPOINT_URL=world.origin)
    assert done.returncode == 0, done.stderr
    auth = tomllib.loads(done.stdout)["auth"]
    assert (auth["client_id"], auth["client_secret"]) == (demo.CONFIDENTIAL_CLIENT_ID, SECRET)
    assert auth["server_metadata_url"].startswith(f"{world.origin}/{demo.POOL_ID}/")


def test_what_is_lacking_is_said_with_the_lines_that_register_it(run, world: World, folder: Path) -> None:
    done = run("snippet", "streamlit", "--endpoint-url", world.origin)
    assert "the callback URL http://localhost:8501/oauth2callback is not registered" in done.stderr
    line = next(line.strip() for line in done.stderr.splitlines() if "callback_urls = " in line)
    assert tomllib.loads(line)["callback_urls"] == [
        *demo.CALLBACK_URLS,
        "http://localhost:8000/callback",
        "http://localhost:8501/oauth2callback",
    ]
    registered = run("snippet", "authlib", "--endpoint-url", world.origin, "--redirect-uri", "http://localhost:8080")
    assert "is not registered" not in registered.stderr


def test_a_secret_is_not_shown_on_a_terminal_unasked(on_terminal, world: World, folder: Path) -> None:
    code, shown = on_terminal("snippet", "streamlit", "--endpoint-url", world.origin)
    assert (code, SECRET in shown, HIDDEN in shown) == (0, False, True)
    code, shown = on_terminal("snippet", "streamlit", "--endpoint-url", world.origin, "--show")
    assert (code, SECRET in shown, HIDDEN in shown) == (0, True, False)


@pytest.mark.parametrize("asked", [["--client", demo.PUBLIC_CLIENT_ID], ["--client", "Demo command line"]])
def test_the_client_is_chosen_by_id_or_name(run, world: World, folder: Path, asked: list[str]) -> None:
    done = run("snippet", "openid-client", "--pool", "demo", *asked, "--endpoint-url", world.origin)
    assert f'"{demo.PUBLIC_CLIENT_ID}"' in done.stdout
    assert "client.None()" in done.stdout


def test_a_client_of_the_wrong_kind_is_printed_with_one_to_be_made(run, world: World, folder: Path) -> None:
    done = run("snippet", "streamlit", "--client", demo.PUBLIC_CLIENT_ID, "--endpoint-url", world.origin)
    assert "Streamlit wants an app client with a secret; democommandline has none" in done.stderr
    assert "[[user_pool.client]]" in done.stderr


def test_no_client_that_fits_is_an_error_that_lists_them(run, world: World, folder: Path) -> None:
    done = run("snippet", "streamlit", "--client", "nobody", "--endpoint-url", world.origin)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{demo.CONFIDENTIAL_CLIENT_ID} of {demo.POOL_ID}" in done.stderr


def test_a_pool_of_another_region_and_a_pools_identity_pool_are_found(run, world: World, folder: Path) -> None:
    pool = world.boto3("cognito-idp", region_name="eu-west-1").create_user_pool(PoolName="elsewhere")["UserPool"]["Id"]
    world.boto3("cognito-idp", region_name="eu-west-1").create_user_pool_client(UserPoolId=pool, ClientName="other")
    for asked in (["--pool", pool], ["--pool", "elsewhere", "--region", "eu-west-1"]):
        done = run("snippet", "amplify-v6", *asked, "--endpoint-url", world.origin)
        assert f'userPoolId: "{pool}"' in done.stdout
    assert (
        f'userPoolId: "{pool}"'
        in run(
            "snippet", "amplify-v6", "--pool", "elsewhere", HALFDAY_ENDPOINT_URL=world.origin, AWS_REGION="eu-west-1"
        ).stdout
    )
    there = run("snippet", "amplify-v6", "--pool", demo.POOL_ID, "--endpoint-url", world.origin)
    assert f'identityPoolId: "{demo.IDENTITY_POOL_ID}"' in there.stdout


def test_without_a_server_the_seed_file_is_read(run, seed: Path) -> None:
    done = run("snippet", "streamlit")
    assert done.returncode == 0, done.stderr
    assert "read from halfday.toml" in done.stderr
    declared = tomllib.loads(seed.read_text())
    auth = tomllib.loads(done.stdout)["auth"]
    assert auth["client_secret"] == declared["user_pool"][0]["client"][0]["secret"]
    assert auth["server_metadata_url"].startswith(f"http://127.0.0.1:{declared['server']['port']}/")


def test_server_and_seed_file_print_the_same(run, world: World, folder: Path) -> None:
    path = folder / "other.toml"
    port = world.origin.rpartition(":")[2]
    path.write_text(demo.seed_text().replace("# port = 4242", f"port = {port} #"))
    secret = tomllib.loads(path.read_text())["user_pool"][0]["client"][0]["secret"]
    for name in ("django-allauth", "amplify-v6", "oidc-client-ts", "flask-cognito-lib"):
        by_file, by_server = (
            run("snippet", name, "--config", str(path)),
            run("snippet", name, "--endpoint-url", world.origin),
        )
        assert by_file.stdout.replace(secret, SECRET) == by_server.stdout
        assert by_file.stderr == by_server.stderr


@pytest.mark.parametrize("text", ["[[user_pool]]\n", "[[user_pool]]\nid = 'us-east-1_A'\n[[user_pool.client]]\n", "[x"])
def test_a_seed_file_that_would_not_start_is_refused(run, folder: Path, text: str) -> None:
    (folder / "halfday.toml").write_text(text)
    done = run("snippet", "streamlit", "--config", "halfday.toml")
    assert (done.returncode, done.stdout) == (1, "")
    assert "halfday.toml" in done.stderr


def test_with_neither_it_says_how_to_get_one(run, folder: Path) -> None:
    done = run("snippet", "streamlit", "--endpoint-url", "http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (4, "")
    assert "halfday serve" in done.stderr


def test_a_strict_server_wants_keys_and_takes_the_environments(run, folder: Path, tmp_path: Path) -> None:
    keys = {"root_access_key_id": "AKIAROOT", "root_secret_access_key": "r00t"}
    with running(tmp_path / "strict", DOCUMENT, signatures="strict", **keys) as world:
        refused = run("snippet", "streamlit", "--endpoint-url", world.origin)
        assert (refused.returncode, "AWS_ACCESS_KEY_ID" in refused.stderr) == (1, True)
        pair = {"AWS_ACCESS_KEY_ID": "AKIAROOT", "AWS_SECRET_ACCESS_KEY": "r00t"}
        assert SECRET in run("snippet", "streamlit", "--endpoint-url", world.origin, **pair).stdout


def test_by_aws_names_it_is_what_aws_would_have(run, world: World, folder: Path) -> None:
    done = run("snippet", "authlib", "--aws-names", "--endpoint-url", world.origin)
    assert f"https://cognito-idp.us-east-1.amazonaws.com/{demo.POOL_ID}/.well-known" in done.stdout
    assert 'issuer = "aws"' in done.stderr
    assert "halfday aws-names" in done.stderr
    assert (
        '"DOMAIN": "https://demo.auth.us-east-1.amazoncognito.com"'
        in run("snippet", "django-allauth", "--aws-names", "--endpoint-url", world.origin).stdout
    )


def test_of_a_seed_file_with_https_the_name_of_its_certificate_is_printed(run, seed: Path) -> None:
    seed.write_text(seed.read_text().replace("[server]", "[server]\nhttps = true"))
    assert '"https://localhost:' in run("snippet", "authlib").stdout


def test_as_json_all_of_it_is_data(run, world: World, folder: Path) -> None:
    told = json.loads(run("snippet", "spring", "--json", "--endpoint-url", world.origin).stdout)
    assert (told["client"], told["file"]) == (demo.CONFIDENTIAL_CLIENT_ID, "application.yml")
    assert told["needs"]
    assert tomllib.loads("\n".join(told["seed_lines"]))["callback_urls"][-1].endswith("/login/oauth2/code/cognito")


def test_which_libraries_there_are_is_data_too(run, folder: Path) -> None:
    listed = json.loads(run("snippet", "--json").stdout)["libraries"]
    assert {"library": "spring", "title": "Spring Boot", "file": "application.yml"} in listed
    assert [line.split()[0] for line in run("snippet").stdout.splitlines()] == [one["library"] for one in listed]


def test_an_unknown_library_is_refused_with_the_one_that_was_meant(run, folder: Path) -> None:
    done = run("snippet", "amplify6")
    assert done.returncode == 2
    assert "did you mean amplify-v6?" in done.stderr


def test_a_redirect_uri_that_cannot_be_is_refused(run, world: World, folder: Path) -> None:
    done = run("snippet", "spring", "--redirect-uri", "http://localhost:8080/", "--endpoint-url", world.origin)
    assert (done.returncode, done.stdout) == (2, "")
    assert "waits at addresses that end in /login/oauth2/code/cognito" in done.stderr
