"""The real command, in a process of its own, against a strict peer."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cognito_peer import IDENTITY_ID, IDENTITY_POOL_ID, PASSWORD, REDIRECT_URI, SUB, Peer

from halfday.cli.arguments import command_line, parser
from halfday.cli.commands import COMMANDS

HOT = {
    "halfday", "halfday.cli", "halfday.cli.__main__",
    "halfday.cli.commands", "halfday.cli.commands.credentials", "halfday.cli.plain_flags",
    "halfday.client", "halfday.client.configuration", "halfday.client.configuration.setting_sources",
    "halfday.client.token_store", "halfday.client.token_store.cache_files",
}  # fmt: skip
"""All of Halfday that kept credentials load; of Python's own library, `time`."""
LOADED = (
    "import sys; from halfday.cli.__main__ import main; main(['credentials']); print(*sys.modules, file=sys.stderr)"
)


def signed_in(run, peer: Peer) -> None:
    done = run("exchange", peer.issue({}), "--redirect-uri", REDIRECT_URI)
    assert done.returncode == 0, done.stderr


def test_the_whole_path_from_a_code_in_the_address_bar(run, peer: Peer) -> None:
    url = f"{REDIRECT_URI}?code={peer.issue({})}"
    exchanged = run("exchange", url, "--redirect-uri", REDIRECT_URI)
    assert (exchanged.returncode, exchanged.stdout) == (0, "")
    assert "signed in as ada@example.com" in exchanged.stderr
    assert json.loads(run("whoami", "--json").stdout)["identity_id"] == IDENTITY_ID
    assert "ada@example.com" in run("whoami").stdout
    assert run("token").stdout.count(".") == 2
    assert run("token", "--access", "--header").stdout.startswith("Authorization: Bearer ey")
    assert run("token", "--id", "--bare").stdout == run("token").stdout
    assert run("token", "--header", "--bare").returncode == 2
    called = json.loads(run("call", "GET", f"{peer.origin}/api").stdout)
    assert called["heard"] == run("token", "--id").stdout.strip()
    assert run("logout").returncode == 0
    assert run("token").returncode == 3
    assert list(Path(run.__closure__[0].cell_contents["HALFDAY_CACHE_DIR"]).glob("*.json")) == []


def test_credentials_are_what_a_credential_process_prints(run, peer: Peer) -> None:
    signed_in(run, peer)
    printed = json.loads(run("credentials").stdout)
    assert printed["Version"] == 1
    assert set(printed) == {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    assert json.loads(run("credentials", "--profile=demo").stdout) == printed
    assert peer.count("GetCredentialsForIdentity") == 1
    lines = run("credentials", "--format", "env").stdout.splitlines()
    assert f"export AWS_ACCESS_KEY_ID={printed['AccessKeyId']}" in lines


def test_kept_credentials_load_next_to_nothing(run, peer: Peer, environ: dict[str, str]) -> None:
    signed_in(run, peer)
    printed = run("credentials").stdout
    before = len(peer.requests)
    hot = subprocess.run([sys.executable, "-c", LOADED], env=environ, capture_output=True, text=True, check=True)
    assert hot.stdout == printed
    assert len(peer.requests) == before
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    added = set(hot.stderr.split()) - set(bare.stdout.split())
    assert {name for name in added if not name.startswith("halfday")} <= {"time"}
    assert {name for name in added if name.startswith("halfday")} == HOT


def test_old_credentials_are_renewed_and_not_printed(run, peer: Peer, environ: dict[str, str]) -> None:
    signed_in(run, peer)
    first = json.loads(run("credentials").stdout)
    kept = next(Path(environ["HALFDAY_CACHE_DIR"]).glob("*.process"))
    heading, _, text = kept.read_text().split("\n", 2)
    kept.write_text(f"{heading}\n{time.time() - 1:.0f}\n{text}")
    session = next(Path(environ["HALFDAY_CACHE_DIR"]).glob("*.json"))
    record = json.loads(session.read_text())
    record["aws"]["credentials"]["expires_at"] = int(time.time()) + 800
    record["aws"]["received_at"] = time.time() - 2800
    session.write_text(json.dumps(record))
    assert json.loads(run("credentials").stdout)["AccessKeyId"] != first["AccessKeyId"]


def test_the_credentials_of_another_connection_are_never_printed(run, peer: Peer) -> None:
    signed_in(run, peer)
    assert run("credentials").returncode == 0
    other = run("credentials", "--client-id", "another")
    assert (other.returncode, other.stdout) == (3, "")
    other = run("credentials", "--identity-pool-id", "")
    assert (other.returncode, other.stdout) == (2, "")


def test_exec_gives_the_command_credentials_region_and_endpoint(run, peer: Peer) -> None:
    signed_in(run, peer)
    script = "import os, json; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('AWS_')}))"
    found = json.loads(run("exec", "--", sys.executable, "-c", script, AWS_SECURITY_TOKEN="old").stdout)
    assert found["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert found["AWS_REGION"] == IDENTITY_POOL_ID.partition(":")[0]
    assert found["AWS_ENDPOINT_URL"] == peer.origin
    assert "AWS_PROFILE" not in found
    assert "AWS_SECURITY_TOKEN" not in found
    assert run("exec", "--", sys.executable, "-c", "raise SystemExit(7)").returncode == 7
    assert run("exec", "--", "/no/such/command").returncode == 127


def test_invalid_grant_comes_with_a_hint_on_stderr(run, peer: Peer) -> None:
    refused = run("exchange", peer.issue({}), "--redirect-uri", "http://localhost:8000")
    assert (refused.returncode, refused.stdout) == (1, "")
    first, *hints = refused.stderr.splitlines()
    assert first == "halfday: error: the token request was refused with invalid_grant"
    assert all(line.startswith("halfday: hint: ") for line in hints)
    assert any("http://localhost:8000" in hint for hint in hints)


FOLLOWS_THE_PAGE = """
import html, re, sys, urllib.request
page = urllib.request.urlopen(sys.argv[1]).read().decode()
urllib.request.urlopen(html.unescape(re.search('href="([^"]+)"', page)[1])).read()
"""


def test_the_browser_signs_in(run, peer: Peer, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        redirect_uri = f"http://localhost:{probe.getsockname()[1]}"
    peer.redirect_uris = [redirect_uri]
    browser = tmp_path / "browser.py"
    browser.write_text(FOLLOWS_THE_PAGE)
    done = run("login", "--redirect-uri", redirect_uri, "--json", BROWSER=f"{sys.executable} {browser} %s &")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sub"] == SUB
    assert f"{peer.origin}/oauth2/authorize?" in done.stderr


def test_the_pasted_address_signs_in_where_nothing_can_listen(environ: dict[str, str], peer: Peer) -> None:
    redirect_uri = "https://app.example.com/callback"
    peer.redirect_uris = [redirect_uri]
    command = [sys.executable, "-m", "halfday.cli", "login", "--redirect-uri", redirect_uri, "--paste"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as login:
        assert login.stdin
        assert login.stderr
        lines = iter(login.stderr.readline, "")
        link = next(line.strip() for line in lines if "/oauth2/authorize" in line)
        query = dict(pair.split("=", 1) for pair in link.partition("?")[2].split("&"))
        code = peer.issue(
            {"code_challenge": query["code_challenge"], "redirect_uri": redirect_uri, "nonce": query["nonce"]}
        )
        login.stdin.write(f"{redirect_uri}/?code=x&state=another\n{redirect_uri}/?code={code}&state={query['state']}\n")
        login.stdin.flush()
        rest = login.stderr.read()
        assert login.wait(30) == 0, rest
    assert "another sign-in" in rest
    assert "signed in as ada@example.com" in rest


def test_a_password_signs_in_without_a_browser(run, peer: Peer) -> None:
    assert run("login", "--username", "ada", HALFDAY_PASSWORD=PASSWORD).returncode == 0
    assert json.loads(run("token", "--claims").stdout)["cognito:username"] == "ada"
    assert run("login", "--username", "ada", HALFDAY_PASSWORD="wrong").returncode == 1


@pytest.mark.parametrize("command", ["token", "credentials", "env"])
def test_a_secret_is_not_shown_on_a_terminal_unasked(run, peer: Peer, on_terminal, command: str) -> None:
    signed_in(run, peer)
    run("credentials")
    assert on_terminal(command) == (2, "")
    code, shown = on_terminal(command, "--show")
    assert (code, len(shown) > 100) == (0, True)


def test_exit_codes_tell_what_kind_of_trouble_it_is(run, peer: Peer) -> None:
    nobody = run("whoami")
    assert nobody.returncode == 3
    assert "nobody is signed in at app client " in nobody.stderr
    assert "halfday login" in nobody.stderr
    assert "Cognito.login()" not in nobody.stderr
    assert run("whoami", "--domain", "http://auth.example.com").returncode == 2
    assert run("exchange", "code", "--redirect-uri", REDIRECT_URI, "--domain", "http://127.0.0.1:9").returncode == 4
    assert run("token", "--no-such-option").returncode == 2
    unknown = run("logn")
    assert unknown.returncode == 2
    assert "did you mean halfday login?" in unknown.stderr
    assert run("call", "GET", "http://api.example.com/").returncode == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_usage_ends_in_an_example(run, command: str) -> None:
    shown = run(command, "--help")
    assert shown.returncode == 0
    assert "example:" in shown.stdout.splitlines()[-4:], "its parser's help ends in `example:` and a line or three"


def test_importing_halfday_costs_nothing() -> None:
    script = "import sys; before = set(sys.modules); import halfday; print(*set(sys.modules) - before)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) <= {"halfday"}


def test_a_call_says_what_a_refusal_means(run, peer: Peer) -> None:
    signed_in(run, peer)
    refused = run("call", "GET", f"{peer.origin}/nowhere")
    assert refused.returncode == 1
    assert "answered 404" in refused.stderr


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("lgin", "login"), ("cal", "call"), ("whomai", "whoami"), ("docter", "doctor"), ("srve", "serve")],
)
def test_a_misspelt_command_is_answered_with_the_one_that_was_meant(run, typed: str, meant: str) -> None:
    done = run(typed)
    assert done.returncode == 2
    assert f"halfday: hint: did you mean halfday {meant}?" in done.stderr


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("serve", "--prot", "1"), "--port"),
        (("login", "--scope=openid"), "--scopes"),
        (("whoami", "--cleint-id", "x"), "--client-id"),
    ],
)
def test_a_misspelt_option_is_answered_with_the_one_that_was_meant(run, typed: tuple[str, ...], meant: str) -> None:
    done = run(*typed)
    assert done.returncode == 2
    assert f"halfday: hint: did you mean {meant}? halfday {typed[0]} --help" in done.stderr
    assert "did you mean" not in run("serve", "--xyzzy").stderr


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("completion", "bsh"), "did you mean bash? "),
        (("trigger", "evnt"), "did you mean event? "),
        (("snippet", "oidc-client"), "did you mean oidc-client-ts? "),
        (("credentials", "--format", "powershel"), "did you mean powershell? "),
        (("whoami", "--clientid", "x"), "did you mean --client-id? "),
        (("cred",), "did you mean halfday credentials?"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_one_that_was_meant(run, typed: tuple[str, ...], told: str) -> None:
    done = run(*typed)
    assert done.returncode == 2
    assert f"halfday: hint: {told}" in done.stderr


@pytest.mark.parametrize("typed", [("snippet", "nosuch"), ("token", "--format"), ("nosuch",), ("completion", "nosuch")])
def test_a_word_that_is_like_none_is_not_guessed_at(run, typed: tuple[str, ...]) -> None:
    done = run(*typed)
    assert done.returncode == 2
    assert "did you mean" not in done.stderr
    assert "halfday: hint: " in done.stderr


def test_help_of_a_command_is_that_command_s_help(run) -> None:
    assert run("help", "login").stdout == run("login", "--help").stdout
    assert "did you mean halfday login?" in run("help", "lgin").stderr
    assert run("help").stdout == run("--help").stdout == run("--help", "--verbose").stdout


def test_an_option_before_the_command_is_told_its_place(run) -> None:
    done = run("--verbose", "whoami")
    assert done.returncode == 2
    assert "halfday: error: --verbose stands before the command" in done.stderr
    assert "halfday: hint: options stand after the command: halfday whoami --verbose\n" in done.stderr
    assert "did you mean halfday --version?" in run("version").stderr
    assert "halfday --help lists the commands" in run("--xyzzy").stderr


def test_a_usage_error_shows_one_line_of_usage(run) -> None:
    assert "\nusage: halfday exchange CODE|URL [options]\n" in run("exchange").stderr
    assert "\nusage: halfday completion {bash,zsh," in run("completion", "ksh").stderr
    assert "\nusage: halfday COMMAND [options]\n" in run("nosuch").stderr


def test_help_shows_every_command_once_under_one_title(run) -> None:
    shown = run("--help").stdout.splitlines()
    told = [line.split()[0] for line in shown if line.startswith("  ") and line.split()[0] in COMMANDS]
    assert sorted(told) == sorted(COMMANDS)
    assert [line for line in shown if line.endswith(":") and line.islower() and line != "example:"] == [
        "sign in:", "use it:", "a server of your own:", "help:",
    ]  # fmt: skip


def test_the_next_command_that_is_told_has_the_options_that_were_needed(run, peer: Peer) -> None:
    """Who named a profile or a domain here is nobody to a command without it."""
    given = ("--redirect-uri", REDIRECT_URI, "--profile", "demo", "--region", "eu-west-1")
    done = run("exchange", peer.issue({}), *given)
    assert "next: halfday exec --profile demo --region eu-west-1 -- aws sts get-caller-identity\n" in done.stderr


def test_no_secret_stands_in_a_command_that_is_told() -> None:
    made = parser("login", "", "")
    options = made.parse_args(["--client-secret", "s3cret", "--domain", "https://a b"])
    assert command_line(options, "whoami") == "halfday whoami --domain 'https://a b'"
