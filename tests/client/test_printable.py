"""What somebody else wrote steers no terminal and forges no line of a log, by whichever way it comes."""

from __future__ import annotations

import io
import logging
import os
import pty
import subprocess
import sys
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cognito_peer import CLIENT_ID, REDIRECT_URI, Peer
from hypothesis import given
from hypothesis import strategies as st

from halfday import Cognito
from halfday.cli import terminal
from halfday.client import errors
from halfday.client.errors import ApiRefused, CallbackRefused, HalfdayError, TokenRefused
from halfday.protocol.printable import MOST_CHARACTERS, printable, printable_lines
from sockets import answering

HOSTILE = (
    "\x1b]0;owned\x07\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b31m\x1b[8m\r\nhalfday: done\u2028\u2029\x85\x0c\x00\x7f\u202edrow"
)


def is_safe(text: str) -> bool:
    return all(letter.isprintable() or letter in "\n\t" for letter in text)


@given(st.text(max_size=50))
def test_nothing_that_is_unseen_is_printed(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)
    assert is_safe(printable_lines(text))


@given(st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=50))
def test_what_people_write_is_left_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_a_text_without_end_is_cut() -> None:
    told = printable("x" * 4_000_000)
    assert len(told) < MOST_CHARACTERS + 50
    assert "3,998,000 more characters" in told


@given(st.text(max_size=40), st.booleans())
def test_of_what_steers_a_terminal_only_our_colours_pass(text: str, coloured: bool) -> None:
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return coloured

    stream = Terminal()
    told = terminal.shown(f"{text}{terminal.paint('x', 'bold', 'red', stream=stream)}{text}", stream)
    rest = told.replace("\x1b[1;31m", "").replace("\x1b[0m", "") if coloured else told
    assert is_safe(rest)
    assert coloured == ("\x1b[1;31mx\x1b[0m" in told)


def test_a_terminal_without_a_letter_is_not_an_error() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    stream.write(terminal.shown("Zoë\ud800", stream))


@pytest.mark.parametrize(
    "error",
    [
        CallbackRefused(HOSTILE, HOSTILE),
        TokenRefused(HOSTILE, HOSTILE, facts={"redirect_uri": HOSTILE}),
        ApiRefused("GetId", HOSTILE, HOSTILE),
        errors.ChallengeRefused(HOSTILE),
        errors.TokenInvalid(f"iss is {HOSTILE}", claim="iss", actual=HOSTILE),
        errors.NetworkError(HOSTILE, kind=HOSTILE, hint=HOSTILE),
        errors.SettingsError(HOSTILE),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_error_says_on_a_terminal_or_in_a_log_what_it_was_made_to(error: HalfdayError) -> None:
    told = "".join(traceback.format_exception(error))
    stream = io.StringIO()
    logger = logging.getLogger("test_printable")
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    words = [getattr(error, name, "") for name in ("error", "description", "code", "message", "challenge")]
    logger.error("%s; %s; %s", error, error.hint, words)
    logger.removeHandler(handler)
    assert is_safe(told + stream.getvalue())
    assert "\n" not in str(error)
    assert not any("\n" in word for word in words)


def test_what_a_browser_brings_back_is_shown_as_what_it_is(cognito: Cognito) -> None:
    query = "error=%1b%5d0;x%07&error_description=%1b%5b2J%0ahalfday:%20done"
    with pytest.raises(CallbackRefused) as refused:
        cognito.exchange(f"http://localhost:8080/?{query}")
    assert "\\x1b]0;x\\x07" in str(refused.value)
    assert "\\x1b[2J\\nhalfday: done" in str(refused.value)


def test_a_refusal_of_the_token_endpoint_is_shown_as_what_it_is(
    cognito: Cognito, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cognito_peer

    def refuse(members: dict[str, str], authorization: str) -> dict[str, object]:
        raise cognito_peer.Refusal(400, {"error": f"unknown{HOSTILE}", "error_description": HOSTILE})

    monkeypatch.setattr(peer, "token", refuse)
    with pytest.raises(TokenRefused) as refused:
        cognito.exchange("a-code", REDIRECT_URI)
    assert is_safe("".join(traceback.format_exception(refused.value)))


class Hostile(BaseHTTPRequestHandler):
    """An API that wants to be seen."""

    def do_GET(self) -> None:
        body = HOSTILE.encode()
        self.send_response(403 if self.path == "/403" else 200)
        self.send_header("X-Title", "\x1b]0;owned\x07")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize("path", ["/", "/403"])
def test_no_api_steers_the_terminal_of_halfday_call(path: str, cognito: Cognito, peer: Peer) -> None:
    cognito.exchange(peer.issue({"redirect_uri": REDIRECT_URI}), REDIRECT_URI, keep=True)
    with answering(Hostile) as origin:
        words = ["call", "-i", "--domain", peer.origin, "--client-id", CLIENT_ID, f"{origin}{path}"]
        piped = subprocess.run([sys.executable, "-m", "halfday.cli", *words], capture_output=True, check=False)
        shown = on_a_terminal(words)
    assert piped.stdout == HOSTILE.encode(), "byte for byte where nobody is steered"
    assert is_safe(piped.stderr.decode())
    assert "owned" in shown
    assert is_safe(shown.replace("\r\n", "\n"))


def test_no_name_in_a_token_steers_the_terminal(make_cognito: Callable[..., Cognito], peer: Peer) -> None:
    peer.claims = {"email": f"ada{HOSTILE}@example.com", "cognito:groups": [HOSTILE]}
    make_cognito(identity_pool_id=None).exchange(peer.issue({}), REDIRECT_URI, keep=True)
    shown = on_a_terminal(["whoami", "--domain", peer.origin, "--client-id", CLIENT_ID])
    assert "ada\\x1b" in shown
    assert is_safe(shown.replace("\r\n", "\n"))


def on_a_terminal(words: list[str]) -> str:
    """What a terminal is sent, stdout and stderr together."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "halfday.cli", *words]
    environ = {**os.environ, "NO_COLOR": "1"}
    subprocess.run(command, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL, env=environ, check=False)
    os.close(theirs)
    os.set_blocking(ours, False)
    found = os.read(ours, 65_536).decode()
    os.close(ours)
    return found


def test_every_line_of_the_command_line_goes_by_the_terminal(tmp_path: Path) -> None:
    """What is written past `terminal.shown` is JSON, a secret that was asked for, or a script."""
    import ast

    import halfday.cli

    writers, past = set(), ("sys.stdout.write", "sys.stderr.write", "print")
    for path in Path(halfday.cli.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in past:
                told = ", ".join(ast.unparse(argument) for argument in (*node.args, *node.keywords))
                if not told.startswith(("shown(", "json.dumps(")):
                    writers.add(f"{path.name}: {told}")
    known = {
        "__main__.py: f'halfday {__version__}'",
        "console.py: link",
        "token.py: text",
        "terminal.py: f'\\r{bar}'",
        "token.py: _line(token, options.which, header=options.header)",
        "__main__.py: '\\n'",
        "__main__.py: _USAGE.format(commands='\\n'.join(lines))",
        "questions.py: prompt",
        "completion.py: SCRIPTS[options.shell](commands())",
        "configure.py: aws_config.section_text(profile, _shown(keys))",
        "configure.py: aws_config.section_text(other, _shown({**keys, 'credential_process': process}))",
        "credentials.py: text",
        "apply.py: spell({name: _text(value) for name, value in outputs.items()}, options.format)",
        "credentials.py: spell(environment(session.credentials()), options.format)",
        "credentials.py: _as_json(session, options.format)",
        "env.py: process_output(credentials)",
        "explain.py: markdown()",
        "aws_names.py: _told(chosen, folder, proxy)",
        "__init__.py: printed.text",
        "trust.py: ''.join((root.path.read_text(encoding='utf-8') for root in roots))",
        "trust.py: 'Run this? [y/N] '",
        "env.py: spell(variables, form)",
        "env.py: env_file(variables)",
        "env.py: masks((variables[name] for name in secret))",
        "env.py: _claude_settings(cognito_of(options).settings, options)",
    }
    assert not writers - known, f"wrap these in shown(…), or list them here with what they are: {writers - known}"
    assert writers == known
