"""The AWS config file changed by a few lines, and everything else left byte for byte."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import botocore.configloader
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfday.client.configuration.aws_config import (
    header_of,
    other_style_of,
    read_text,
    section_text,
    with_keys,
    write_text,
)
from halfday.client.configuration.setting_sources import read_profile
from halfday.client.errors import SettingsError

FILE = """\
# my profiles
[default]
region=us-east-1
s3 =
    max_concurrent_requests = 20

[profile demo]   ; of the demo
halfday_domain=https://old.example
# a comment inside
region = eu-west-1

; about the next one
[profile other]
aws_access_key_id = AKIA
"""


def test_keys_are_changed_and_added_where_the_profile_stands() -> None:
    changed = with_keys(FILE, "demo", {"halfday_domain": "https://new.example", "halfday_client_id": "x"})
    assert changed == FILE.replace(
        "halfday_domain=https://old.example", "halfday_domain = https://new.example"
    ).replace("region = eu-west-1\n", "region = eu-west-1\nhalfday_client_id = x\n")


def test_what_is_said_already_is_not_said_another_way() -> None:
    assert with_keys(FILE, "demo", {"halfday_domain": "https://old.example"}) == FILE


def test_nested_settings_are_nobody_s_keys() -> None:
    changed = with_keys(FILE, "default", {"max_concurrent_requests": "1"})
    assert changed == FILE.replace("requests = 20\n", "requests = 20\nmax_concurrent_requests = 1\n")


def test_a_new_profile_comes_last_after_a_blank_line() -> None:
    assert with_keys(FILE, "new", {"region": "x"}) == FILE + "\n[profile new]\nregion = x\n"
    assert with_keys("", "default", {"region": "x"}) == "[default]\nregion = x\n"
    assert with_keys("[profile a]\nb = c", "new", {"d": "e"}) == "[profile a]\nb = c\n\n[profile new]\nd = e\n"


def test_a_last_line_without_an_end_gets_one() -> None:
    assert with_keys("[profile a]\nb = c", "a", {"d": "e"}) == "[profile a]\nb = c\nd = e\n"
    assert with_keys("[profile a]", "a", {"d": "e"}) == "[profile a]\nd = e\n"


def test_line_ends_are_the_file_s_own() -> None:
    windows = FILE.replace("\n", "\r\n")
    assert with_keys(windows, "demo", {"x": "y"}) == with_keys(FILE, "demo", {"x": "y"}).replace("\n", "\r\n")


LINES = st.sampled_from(
    [
        "[default]",
        "[profile a]",
        '[profile "b c"]',
        "# note",
        "",
        "region = x",
        "  nested = 1",
        "s3 =",
        "halfday_domain=q",
    ]
)


@given(st.lists(LINES, max_size=12), st.sampled_from(["default", "a", "b c", "new"]), st.sampled_from(["\n", "\r\n"]))
def test_every_other_line_survives(lines: list[str], profile: str, end: str) -> None:
    text = "".join(line + end for line in lines)
    keys = {"halfday_domain": "https://d", "credential_process": "x"}
    changed = with_keys(text, profile, keys)
    ours = {f"{key} = {value}" for key, value in keys.items()} | {header_of(profile), ""}
    before = [line for line in lines if line not in ours and not line.startswith("halfday_domain")]
    after = [line for line in changed.splitlines() if line not in ours and not line.startswith("halfday_domain")]
    assert after == before
    assert with_keys(changed, profile, keys) == changed


def test_botocore_reads_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(with_keys(FILE, "my own", {"credential_process": 'x "y z"'}))
    found = botocore.configloader.load_config(str(path))["profiles"]
    assert found["my own"] == {"credential_process": 'x "y z"'}
    assert found["default"]["s3"] == {"max_concurrent_requests": "20"}


@pytest.mark.parametrize("name", ["", " a", "a]b", 'a"b', "a\nb", "#a", "-a", "--login"])
def test_a_name_that_cannot_be_read_back_is_refused(name: str) -> None:
    with pytest.raises(SettingsError):
        header_of(name)


@pytest.mark.parametrize(
    ("process", "ours"),
    [
        ("halfday credentials --profile me", True),
        ("/usr/bin/python3 -I -m halfday.cli credentials --profile me", True),
        ('"/opt/my tools/halfday" credentials', True),
        ("aws-vault exec halfday --json", False),
        ("not-halfday-at-all", False),
    ],
)
def test_whose_credential_process_it_is_can_be_told(process: str, ours: bool) -> None:
    assert (other_style_of({"credential_process": process}) is None) is ours
    assert other_style_of({"credential_process": process, "sso_session": "corp"})


def test_the_file_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles", tmp_path / "config"
    real.write_text("x")
    real.chmod(0o640)
    link.symlink_to(real)
    write_text(str(link), "y\r\n", private=False)
    assert link.is_symlink()
    assert (real.read_bytes(), stat.S_IMODE(real.stat().st_mode)) == (b"y\r\n", 0o640)
    assert read_text(str(link)) == "y\r\n"
    write_text(str(link), "z", private=True)
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert sorted(os.listdir(tmp_path)) == ["config", "dotfiles"]


def test_a_new_file_is_private_and_so_is_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "home" / ".aws" / "config"
    write_text(str(path), "y", private=False)
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)


# --- no line, and no profile, that nobody wrote -----------------------------------------------------------------------

SEPARATORS = [chr(number) for number in range(0x3000) if len(f"a{chr(number)}b".splitlines()) > 1]
UNSEEN = [*SEPARATORS, "\x00", "\x1b", "\x7f", "\u200b", "\u202e", "\r\n"]


def test_the_separators_are_all_there() -> None:
    assert {"\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"} <= set(SEPARATORS)


@pytest.mark.parametrize("separator", UNSEEN, ids=ascii)
def test_no_value_and_no_name_makes_another_profile(separator: str) -> None:
    value = f"x{separator}[profile evil]{separator}credential_process = /bin/evil"
    for write in (
        lambda: with_keys(FILE, "demo", {"halfday_domain": value}),
        lambda: section_text("demo", {"halfday_domain": value}),
        lambda: header_of(f"demo{separator}evil"),
        lambda: with_keys(FILE, f"demo]{separator}[profile evil", {"x": "y"}),
    ):
        with pytest.raises(SettingsError):
            write()


@pytest.mark.parametrize("separator", SEPARATORS, ids=ascii)
def test_a_line_ends_where_aws_s_tools_end_it(separator: str, tmp_path: Path) -> None:
    """What one reader takes for a profile and another for a comment would be a profile of nobody's."""
    path = tmp_path / "config"
    text = (
        f"[profile demo]\n# a note{separator}[profile evil]{separator}credential_process = evil\nregion = eu-west-1\n"
    )
    path.write_text(text, newline="")
    theirs = botocore.configloader.load_config(str(path))["profiles"]
    assert (read_profile(str(path), "evil") is not None) == ("evil" in theirs)
    assert (read_profile(str(path), "demo") or {}).get("region") == theirs["demo"].get("region")
    changed = with_keys(text, "demo", {"region": "us-east-1"})
    path.write_text(changed, newline="")
    assert changed.count("[profile evil]") == 1
    now = botocore.configloader.load_config(str(path))["profiles"]
    assert now["demo"]["region"] == "us-east-1"
    assert ("evil" in now) == ("evil" in theirs)
