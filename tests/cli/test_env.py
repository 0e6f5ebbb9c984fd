"""Credentials in every shell's own words, read back by the shells that are installed here."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cognito_peer import IDENTITY_POOL_ID, REDIRECT_URI, Peer

from halfday.cli.shells import FORMATS, env_file, masks, spell
from halfday.client.errors import SettingsError

AWKWARD = [
    "plain/+=",
    "two words",
    "it's",
    'a "quote"',
    "$HOME `id` $(id)",
    "back\\slash \\'",
    "*?~#;&|<>",
    "line\nend",
    "",
]
SHELLS = {"bash": ("env", "bash"), "sh": ("env", "sh"), "zsh": ("env", "zsh"), "fish": ("fish", "fish")}


def signed_in(run, peer: Peer) -> None:
    assert run("exchange", peer.issue({}), "--redirect-uri", REDIRECT_URI).returncode == 0


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("value", AWKWARD)
def test_a_shell_reads_back_what_was_spelt(shell: str, value: str) -> None:
    dialect, program = SHELLS[shell]
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    script = spell({"SPELT": value}, dialect) + "printenv SPELT"
    heard = subprocess.run([program, "-c", script], capture_output=True, text=True, check=True)
    assert heard.stdout == value + "\n"


def test_powershell_and_cmd_spell_what_their_manuals_say() -> None:
    assert spell({"A": 'x$y"z`'}, "powershell") == '$Env:A="x`$y`"z``"\n'
    assert spell({"A": "x/y+z="}, "windows-cmd") == "set A=x/y+z=\n"
    assert spell({"A": "x&y"}, "windows-cmd") == 'set "A=x&y"\n'
    with pytest.raises(SettingsError, match="cmd"):
        spell({"A": "50%"}, "windows-cmd")


def test_a_whole_shell_is_given_credentials_region_and_endpoint(run, peer: Peer) -> None:
    signed_in(run, peer)
    script = run("env").stdout + "printenv AWS_ACCESS_KEY_ID AWS_REGION AWS_ENDPOINT_URL"
    heard = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert heard == [json.loads(run("credentials").stdout)["AccessKeyId"], IDENTITY_POOL_ID.split(":")[0], peer.origin]


def test_process_is_the_same_json_as_a_credential_process_prints(run, peer: Peer) -> None:
    signed_in(run, peer)
    assert run("env", "--format", "process").stdout == run("credentials").stdout


def test_without_export_the_variables_stay_in_the_shell(run, peer: Peer) -> None:
    signed_in(run, peer)
    lines = run("env", "--format", "env-no-export").stdout
    heard = subprocess.run(
        ["bash", "-c", f'{lines}echo "$AWS_REGION"; printenv AWS_REGION'], capture_output=True, text=True
    )
    assert heard.stdout == IDENTITY_POOL_ID.split(":")[0] + "\n"


def test_a_container_reads_back_what_an_env_file_says(run, peer: Peer) -> None:
    signed_in(run, peer)
    done = run("env", "--format", "docker")
    read = dict(line.split("=", 1) for line in done.stdout.splitlines())
    keys = json.loads(run("credentials").stdout)
    assert read["AWS_SECRET_ACCESS_KEY"] == keys["SecretAccessKey"]
    assert read["AWS_ENDPOINT_URL"] == peer.origin
    assert "in a container" in done.stderr


def test_an_env_file_has_no_room_for_a_second_line() -> None:
    assert env_file({"A": 'it\'s $HOME "x"'}) == 'A=it\'s $HOME "x"\n'
    for value in ("one\ntwo", "one\rtwo", "one\u2028two", " padded"):
        with pytest.raises(SettingsError, match="env file"):
            env_file({"A": value})


def test_github_s_next_steps_have_the_variables_and_its_log_has_no_secret(run, peer: Peer, tmp_path: Path) -> None:
    signed_in(run, peer)
    told = tmp_path / "github_env"
    told.write_text("OTHER=1\n")
    done = run("env", "--format", "github", GITHUB_ENV=str(told))
    assert done.returncode == 0, done.stderr
    keys = json.loads(run("credentials").stdout)
    secrets = [keys[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    assert done.stdout.splitlines() == [f"::add-mask::{secret}" for secret in secrets]
    read = dict(line.split("=", 1) for line in told.read_text().splitlines())
    assert (read["OTHER"], read["AWS_SESSION_TOKEN"]) == ("1", keys["SessionToken"])
    assert masks(["50%\n"]) == "::add-mask::50%25%0A\n"
    refused = run("env", "--format", "github", GITHUB_ENV="")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "GITHUB_ENV is not set" in refused.stderr


def test_a_line_that_another_command_left_open_is_ended(run, peer: Peer, tmp_path: Path) -> None:
    signed_in(run, peer)
    told = tmp_path / "github_env"
    for before, lines in (("", 0), ("A=1", 1), ("A=1\n", 1), ("A=ä", 1)):
        told.write_text(before)
        assert run("env", "--format", "github", GITHUB_ENV=str(told)).returncode == 0
        assert told.read_text().splitlines()[lines].startswith("AWS_ACCESS_KEY_ID=")


def test_claude_code_is_told_commands_and_no_secret(run, peer: Peer) -> None:
    told = json.loads(run("env", "--format", "claude").stdout)
    assert told["env"]["CLAUDE_CODE_USE_BEDROCK"] == "1"
    assert told["env"]["AWS_REGION"] == IDENTITY_POOL_ID.split(":")[0]
    assert told["awsAuthRefresh"] == "halfday login --profile demo"
    signed_in(run, peer)
    program, *words = told["awsCredentialExport"].split()
    assert program == "halfday"
    exported = json.loads(run(*words).stdout)
    keys = json.loads(run("credentials").stdout)
    assert exported == {"Credentials": {name: value for name, value in keys.items() if name != "Version"}}


def test_a_helper_that_wants_a_bearer_has_it_with_its_header(run, peer: Peer) -> None:
    signed_in(run, peer)
    told = json.loads(run("credentials", "--format", "bearer").stdout)
    assert told["token"] == run("token", "--access").stdout.strip()
    assert told == {"token": told["token"], "headers": {"Authorization": f"Bearer {told['token']}"}}


@pytest.mark.parametrize("dialect", FORMATS)
@pytest.mark.parametrize("name", ["", "A B", "A;date", "$(date)", "A=B", "1A", "A\n", "-A", "Ä"])
def test_a_name_that_is_no_variable_s_is_not_spelt(dialect: str, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be a variable's name"):
        spell({"GOOD": "x", name: "y"}, dialect)
