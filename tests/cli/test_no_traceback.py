"""Whatever is typed, pasted or set: the command line answers with a sentence and an exit code, not with a traceback."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cognito_peer import REDIRECT_URI, Peer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halfday.cli.__main__ import main
from halfday.cli.commands import COMMANDS as ALL
from halfday.client.configuration.setting_sources import NAMES

SEEN = {0, 1, 2, 3, 4, 126, 127}
KNOWN = {
    "domain": "http://127.0.0.1:1",
    "client_id": "peerclient",
    "identity_pool_id": "eu-west-1:11111111-2222-3333-4444-555555555555",
}
HOSTILE = [
    "",
    " ",
    "-",
    "[",
    "http://[",
    "http://localhost:99999/",
    "http://127.0.0.1:1\\@localhost/",
    "http://a b/",
    "//[",
    "localhost:8080/?code=x",
    "http://localhost:8080/?code=%ff%00&state=\x1b]0;x\x07",
    "?error=\x1b[2J&error_description=%0a",
    "G\u00c9T",
    "\x00",
    "\udcff",
    "?code=\udcff&state=\udcff",
    "\u2028[profile evil]\u2028",
    "\n",
    "nan",
    "inf",
    "-1",
    "1e999",
    "9" * 5000,
    "x" * 70_000,
    "%s%n{0}{x}",
    "eu-west-1_Peer12345",
    "../../../../etc/passwd",
    "\u202e",
    "{" * 2000,
]
texts = st.sampled_from(HOSTILE) | st.text(max_size=12)
COMMANDS = {
    "call": ["-H", "-d", "--json", "--token", "--api"],
    "exchange": ["--code-verifier", "--redirect-uri"],
    "credentials": ["--format"],
    "console": ["--service", "--destination"],
    "configure": ["--profile", "--dry-run"],
    "token": [],
    "whoami": [],
    "sessions": ["--json"],
    "logout": ["--logout-uri"],
    "env": ["--format"],
    "explain": ["--sent", "--link"],
    "login": ["--timeout", "--redirect-uri", "--identity-provider"],
    "apply": ["--stack", "--parameter", "--delete", "--outputs", "--profile", "--dry-run", "--amplify-outputs"],
    "policy": ["--policy", "--resource-policy", "--boundary", "--as", "--context", "--session-tag", "--json"],
    "aws-names": ["--format", "--data", "--config"],
    "snippet": ["--pool", "--client", "--redirect-uri", "--region", "--endpoint-url"],
}
"""Those that neither run another program nor serve."""
NOT_FUZZED = {"exec", "serve", "import", "export", "try", "init", "doctor", "completion", "trust", "snippet", "trigger"}
"""They run a program, serve, write files, change stores, or ask hosts; `completion` takes the name of a shell."""


@pytest.fixture(autouse=True)
def nobody_s_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("HALFDAY_", "AWS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("HALFDAY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NOBROWSER", "1")
    for name, value in KNOWN.items():
        monkeypatch.setenv(f"HALFDAY_{name.upper()}", value)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", 1)) != 0, "nothing answers there"


@contextlib.contextmanager
def streams(stdin: str) -> Iterator[tuple[io.TextIOWrapper, io.TextIOWrapper]]:
    """As a pipe has them, in a terminal's encoding."""
    kept = sys.stdin, sys.stdout, sys.stderr
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=how) for how in ("strict", "backslashreplace"))
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode(errors="surrogateescape")), errors="surrogateescape")
    sys.stdout, sys.stderr = out, err
    try:
        yield out, err
    finally:
        sys.stdin, sys.stdout, sys.stderr = kept


def run(words: list[str], stdin: str = "") -> tuple[int, str]:
    """(exit code, stderr); raises what a person would see as a traceback."""
    with streams(stdin) as (out, err):
        try:
            code = main(words)
        except SystemExit as end:
            code = int(end.code or 0)
        out.flush()
        err.flush()
        told = err.buffer.getvalue().decode()  # type: ignore[attr-defined]
    return code, told


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    name = draw(st.sampled_from(sorted(COMMANDS)))
    connection = () if name in ("policy", "sessions") else (one for one in NAMES if one not in ("domain",))
    options = [*COMMANDS[name], *(f"--{one.replace('_', '-')}" for one in connection)]
    words = [name, "explain", draw(texts), draw(texts)] if name == "policy" else [name]
    for option in draw(st.lists(st.sampled_from(options), max_size=3)):
        words += [option] if option == "--dry-run" else [f"{option}={draw(texts)}"]
    words += draw(st.lists(texts, max_size=2)) if name in ("call", "exchange", "explain", "snippet") else []
    return [*words, "--timeout=0.01"] if name == "login" else words


def test_every_command_is_fuzzed_or_named() -> None:
    missing = set(ALL) - set(COMMANDS) - NOT_FUZZED
    assert not missing, f"add their options to COMMANDS in {__file__}: {sorted(missing)}"


@given(words=command_lines(), stdin=texts)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_arguments_make_a_traceback(words: list[str], stdin: str) -> None:
    code, told = run(words, stdin)
    assert code in SEEN
    assert all(letter.isprintable() or letter in "\n\t" for letter in told)
    assert code == 0 or told or words[0] in ("explain",)


VARIABLES = [
    *(f"HALFDAY_{one.upper()}" for one in NAMES),
    *"AWS_REGION AWS_ENDPOINT_URL AWS_ENDPOINT_URL_STS AWS_PROFILE AWS_CONFIG_FILE AWS_CA_BUNDLE".split(),
    *"HTTPS_PROXY HTTP_PROXY HALFDAY_CACHE_DIR".split(),
]
READERS = {
    "whoami": ["whoami"],
    "credentials": ["credentials"],
    "token": ["token"],
    "doctor": ["doctor"],
    "exchange": ["exchange", "a-code", "--redirect-uri", "http://localhost:1"],
    "login": ["login", "--timeout=0.01"],
    "sign-in": ["login", "--username", "ada"],
}


@given(name=st.sampled_from(VARIABLES), value=texts, command=st.sampled_from(sorted(READERS)))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_variable_makes_a_traceback(name: str, value: str, command: str) -> None:
    kept = os.environ.get(name)
    try:
        os.environ[name] = (
            value.replace("\x00", "\x01").encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
        )
        code, _ = run(READERS[command])
    except UnicodeEncodeError:
        return  # no variable can hold it
    finally:
        os.environ.pop(name, None)
        if kept is not None:
            os.environ[name] = kept
    assert code in SEEN


@given(value=texts, key=st.sampled_from([f"halfday_{one}" for one in NAMES] + ["region", "endpoint_url"]))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_profile_makes_a_traceback(value: str, key: str, tmp_path: Path) -> None:
    text = f"[profile demo]\n{key} = {value}\n"
    (tmp_path / "config").write_bytes(
        text.encode("utf-8", "surrogateescape") if "\udcff" in text else text.encode("utf-8", "replace")
    )
    code, _ = run(["whoami", "--profile", "demo"])
    assert code in SEEN


@pytest.mark.parametrize(
    "words",
    [
        ["login", "--timeout", "inf"],
        ["login", "--timeout", "nan"],
        ["login", "--timeout", "-1"],
        ["login", "--timeout", "1e999"],
        ["exchange", "?code=\udcff", "--redirect-uri", "http://localhost:1"],
        ["exchange", "a-code", "--redirect-uri", "http://localhost:1", "--code-verifier", "\udcff"],
        ["exchange", "a-code", "--redirect-uri", "\udcff"],
    ],
    ids=ascii,
)
def test_what_cannot_be_is_said_to_be_so(words: list[str]) -> None:
    code, told = run(words)
    assert code == 2
    assert "halfday: error:" in told
    assert "halfday: hint:" in told


@given(words=command_lines().filter(lambda words: words[0] not in ("logout", "configure")), stdin=texts)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_arguments_make_a_traceback_for_somebody_who_is_signed_in(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, words: list[str], stdin: str
) -> None:
    """A hostile URL of an API, of a console's page, of a callback: all of them get further than before a sign-in."""
    monkeypatch.setenv("HALFDAY_DOMAIN", peer.origin)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SIGNIN", peer.origin)
    if run(["whoami"])[0] != 0:
        assert run(["exchange", peer.issue({}), "--redirect-uri", REDIRECT_URI])[0] == 0
    code, told = run(words, stdin)
    assert code in SEEN
    assert all(letter.isprintable() or letter in "\n\t" for letter in told)
