"""The completion scripts, loaded by the shells that are installed here, where there is neither halfday nor Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from halfday.cli.commands import COMMANDS
from halfday.cli.commands.completion import commands
from halfday.cli.completion_scripts import SCRIPTS
from halfday.cli.shells import FORMATS

_BASH = """
source "$1"; shift
COMP_WORDS=( "$@" ); COMP_CWORD=$(( $# - 1 ))
_halfday
printf '%s\\n' "${COMPREPLY[@]}"
"""
_ZSH = 'autoload -Uz compinit; compinit -u -d "$2"; source "$1"; print $_comps[halfday]'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    config = tmp_path / ".aws" / "config"
    config.parent.mkdir()
    config.write_text("[default]\nregion = x\n[profile demo]\n[profile other]\n")
    return tmp_path


def shell(home: Path, program: str, *argv: str) -> str:
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    environ = {"HOME": str(home), "PATH": os.pathsep.join(("/usr/bin", "/bin")), "TERM": "dumb"}
    done = subprocess.run([program, *argv], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def script(home: Path, name: str) -> str:
    path = home / f"halfday.{name}"
    path.write_text(SCRIPTS[name](commands()))
    return str(path)


def in_bash(home: Path, *words: str) -> list[str]:
    return shell(home, "bash", "--norc", "-c", _BASH, "bash", script(home, "bash"), "halfday", *words).split()


def in_fish(home: Path, line: str) -> list[str]:
    shown = shell(home, "fish", "--no-config", "-c", f"source {script(home, 'fish')}; complete -C 'halfday {line}'")
    return [row.split("\t")[0] for row in shown.splitlines()]


def test_every_command_has_its_own_parser_s_options() -> None:
    found = {command.name: {flag for option in command.options for flag in option.flags} for command in commands()}
    assert found.keys() == COMMANDS.keys()
    assert {"--header", "--bare", "--profile", "--client-id"} <= found["token"]
    assert {"--renew", "--profile"} <= found["exec"]
    assert "--port" in found["serve"]
    assert all("--help" in flags for flags in found.values())


@pytest.mark.parametrize("complete", ["bash", "fish"])
def test_commands_options_and_values_are_completed(home: Path, complete: str) -> None:
    def completed(*words: str) -> set[str]:
        return set(in_bash(home, *words) if complete == "bash" else in_fish(home, " ".join(words)))

    assert completed("") >= COMMANDS.keys()
    assert completed("cred") == {"credentials"}
    assert completed("login", "--no") == {"--no-browser"}
    assert completed("env", "--format", "") == {*FORMATS, "process", "docker", "github", "claude"}
    assert completed("completion", "") >= {"bash", "zsh", "fish"}
    assert completed("snippet", "amplify") == {"amplify-gen2", "amplify-v5", "amplify-v6"}
    assert completed("whoami", "--profile", "") == {"default", "demo", "other"}
    assert "cat" in completed("exec", "--", "ca")


def test_zsh_knows_what_completes_halfday(home: Path) -> None:
    assert shell(home, "zsh", "-f", "-c", _ZSH, "zsh", script(home, "zsh"), str(home / "dump")).strip() == "_halfday"


def test_the_command_prints_the_script(run, home: Path) -> None:
    for name in SCRIPTS:
        assert run("completion", name).stdout == Path(script(home, name)).read_text()
    assert run("completion", "tcsh").returncode == 2


_POWERSHELL = """
. $args[0]
$found = TabExpansion2 -inputScript $args[1] -cursorColumn $args[1].Length
$found.CompletionMatches | ForEach-Object { $_.CompletionText }
"""


@pytest.mark.parametrize(
    ("line", "wanted"),
    [("halfday cred", {"credentials"}), ("halfday login --no", {"--no-browser"}),
     ("halfday whoami --profile ", {"default", "demo", "other"}), ("halfday completion ba", {"bash"})],
)  # fmt: skip
def test_powershell_completes_commands_options_and_values(home: Path, line: str, wanted: set[str]) -> None:
    (home / "ask.ps1").write_text(_POWERSHELL)
    source = Path(script(home, "powershell")).rename(home / "halfday.ps1")
    asked = ("-NoProfile", "-NonInteractive", "-File", str(home / "ask.ps1"), str(source))
    assert set(shell(home, "pwsh", *asked, line).split()) == wanted


def test_what_powershell_reads_is_well_formed() -> None:
    """Where it is not installed: every text is quoted as it reads them, and no table has a key twice, in any case."""
    text = SCRIPTS["powershell"](commands())
    tables = re.findall(r"\$(\w+) = (?:\[ordered\])?@\{\n(.*?)\n    \}", text, re.DOTALL)
    assert [name for name, _ in tables] == ["commands", "options", "values"]
    quoted = r"'(?:[^'‘’‚‛]|'')*'"
    for _, rows in tables:
        read = [
            re.fullmatch(rf"        ({quoted}) = ({quoted}|@\((?:{quoted}(?:, )?)*\))", row) for row in rows.split("\n")
        ]
        assert all(read)
        keys = [one[1].lower() for one in read if one]
        assert len(keys) == len(set(keys))
    assert text.count("{") == text.count("}")
    assert "'credentials --format' = @('process', 'sts', 'bearer', 'env'" in text
