"""halfday explain as a person runs it: whatever they have in hand, and what it says when it knows nothing."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

ERROR_PAGE = "https://demo.auth.eu-west-1.amazoncognito.com/error?error=redirect_mismatch&client_id=1example23456789"
TRACEBACK = """\
Traceback (most recent call last):
  File "/app/upload.py", line 7, in <module>
    cognito.get_credentials_for_identity(IdentityId=identity_id)
botocore.errorfactory.NotAuthorizedException: An error occurred (NotAuthorizedException) when calling the \
GetCredentialsForIdentity operation: Token is not from a supported provider of this identity pool.
"""
AWS_CLI = "An error occurred (ExpiredToken) when calling the ListBuckets operation: The provided token has expired."
LINK = "https://demo.auth.eu-west-1.amazoncognito.com/oauth2/authorize?client_id=x&redirect_uri=http://localhost:8080/"
SENT = "curl https://demo.auth.eu-west-1.amazoncognito.com/oauth2/token -d grant_type=authorization_code -d code=c"


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ('{"error":"invalid_grant"}', "2."),
        (ERROR_PAGE, "1."),
        (TRACEBACK, "5."),
        (AWS_CLI, "7.1"),
    ],
)
@pytest.mark.parametrize("by_pipe", [True, False])
def test_whatever_is_at_hand_is_explained(run, given: str, cause: str, by_pipe: bool) -> None:
    argv, stdin = ((), given) if by_pipe else ((given,), "")
    done = run("explain", "--json", *argv, stdin=stdin)
    first = json.loads(done.stdout)["causes"][0]
    assert (done.returncode, first["cause"][: len(cause)]) == (0, cause), first
    shown = run("explain", *argv, stdin=stdin).stdout
    assert "→ " in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_what_was_sent_makes_a_guess_certain(run) -> None:
    guess = json.loads(run("explain", '{"error":"invalid_grant"}', "--json").stdout)["causes"]
    assert {cause["certainty"] for cause in guess} <= {"likely", "guess"}
    sent = f"{SENT} -d redirect_uri=http://localhost:8080"
    proven = run("explain", '{"error":"invalid_grant"}', "--link", LINK, "--sent", sent).stdout
    assert proven.startswith("certain   redirect_uri http://localhost:8080 was sent now, but http://localhost:8080/")


def test_a_request_with_secrets_comes_out_of_a_file(run, tmp_path) -> None:
    request = tmp_path / "request.txt"
    request.write_text(f"{SENT} -d redirect_uri=http://localhost:8080 -d client_secret=do-not-print")
    done = run("explain", '{"error":"invalid_grant"}', "--link", LINK, "--sent", f"@{request}")
    assert done.stdout.startswith("certain   redirect_uri")
    assert "do-not-print" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("the printer is out of paper",), 1, "no known cause fits"),
        (("",), 2, "there is nothing to explain"),
        (('{"error":"invalid_grant"}', "--sent", "hello"), 2, "--sent takes a curl command"),
    ],
)
def test_what_cannot_be_explained_says_what_to_give(run, argv: tuple[str, ...], code: int, said: str) -> None:
    done = run("explain", *argv)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "hint: " in done.stderr


def test_who_sits_at_a_terminal_is_told_what_to_paste(environ: dict[str, str]) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, b'{"error":"invalid_grant"}\n\x04')
    command = [sys.executable, "-m", "halfday.cli", "explain"]
    done = subprocess.run(command, env=environ, stdin=theirs, capture_output=True, text=True, timeout=60, check=True)
    os.close(ours)
    os.close(theirs)
    assert "Paste it, then Ctrl-D" in done.stderr
    assert "→ " in done.stdout


def test_every_cause_is_listed_as_the_page_lists_it(run) -> None:
    page = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
    assert run("explain", "--causes").stdout.strip() in page, "run: make tables"


def test_what_names_no_cognito_is_said_to_name_none(run) -> None:
    assert "nothing in it names Cognito" in run("explain", "the printer is out of paper").stderr
    assert "not Cognito's" in run("explain", "npm ERR! code E401").stdout
