"""--verbose says on stderr what is asked of whom; stdout stays what it was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cognito_peer import REDIRECT_URI, Peer

from halfday.cli.commands import COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_it(run, command: str) -> None:
    assert "--verbose" in run(command, "--help").stdout


def test_requests_and_the_places_of_settings_are_told_on_stderr(run, peer: Peer) -> None:
    code = peer.issue({})
    done = run("exchange", code, "--redirect-uri", REDIRECT_URI, "--json", "--verbose")
    assert done.returncode == 0
    assert done.stdout.startswith("{")
    place = re.escape(peer.origin[7:])
    assert re.search(rf"halfday: log: [\d :.-]+ info POST {place}/oauth2/token answered 200 in \d+ ms\n", done.stderr)
    assert "debug client_id comes from halfday_client_id of the AWS profile demo" in done.stderr
    assert "debug redirect_uri comes from the argument redirect_uri" in done.stderr
    assert code not in done.stderr


def test_a_profile_that_is_not_there_is_not_told_as_if_it_were(run, environ: dict[str, str]) -> None:
    given = ("whoami", "--verbose")
    assert f"debug AWS profile comes from demo in {environ['AWS_CONFIG_FILE']}\n" in run(*given).stderr
    told = run(*given, AWS_PROFILE="default", AWS_CONFIG_FILE="/nosuch").stderr
    assert "debug AWS profile comes from nowhere: there is no default in /nosuch\n" in told


def test_the_variable_says_how_much(run, peer: Peer) -> None:
    given = "exchange", "b2ca649e-b34a", "--redirect-uri", REDIRECT_URI
    assert "halfday: log:" not in run(*given).stderr
    assert "debug" not in (told := run(*given, HALFDAY_LOG="info").stderr)
    assert "info POST" in told
    assert "halfday: log:" not in run(*given, HALFDAY_LOG="error").stderr
    refused = run(*given, HALFDAY_LOG="/no/such/folder/log")
    assert refused.returncode == 2
    assert "HALFDAY_LOG" in refused.stderr


def test_without_it_a_failure_is_told_once(run, peer: Peer) -> None:
    done = run("exchange", "b2ca649e-b34a", "--redirect-uri", REDIRECT_URI, "--domain", "http://127.0.0.1:1")
    assert done.returncode == 4
    assert [line for line in done.stderr.splitlines() if not line.startswith("halfday: ")] == []
    assert "failed (" not in done.stderr


def test_a_file_that_the_variable_names_has_it_too(run, peer: Peer, tmp_path: Path) -> None:
    told = tmp_path / "log"
    done = run("exchange", "b2ca649e-b34a", "--redirect-uri", REDIRECT_URI, "--verbose", HALFDAY_LOG=str(told))
    assert "info POST" in done.stderr
    assert told.read_text().count("info POST") == done.stderr.count("info POST") == 1
