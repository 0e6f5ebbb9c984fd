"""Credentials in every shell's own words, read back by the shells that are installed here."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from cognito_peer import IDENTITY_POOL_ID, REDIRECT_URI, Peer

from halfday.cli.shells import FORMATS, spell
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


@pytest.mark.parametrize("dialect", FORMATS)
@pytest.mark.parametrize("name", ["", "A B", "A;date", "$(date)", "A=B", "1A", "A\n", "-A", "Ä"])
def test_a_name_that_is_no_variable_s_is_not_spelt(dialect: str, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be a variable's name"):
        spell({"GOOD": "x", name: "y"}, dialect)
