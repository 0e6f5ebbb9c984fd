"""docs/seed-file.md names every key of the seed file with its kind, and none besides."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from docs.blocks import blocks, text_of
from halfday.server.seed_file import keys
from world import running

KINDS = {
    "text": "text",
    "texts": "list of texts",
    "flag": "true or false",
    "number": "whole number",
    "policy": "policy",
    "tables": "tables",
    "table": "table",
    "named_texts": "table of texts",
    "named_tables": "table of tables",
    "named_policies": "table of policies",
}
_SECTION = re.compile(r"^## `(\[+)([a-z_.]+)\]+`$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \|", re.MULTILINE)


def shown() -> dict[str, dict[str, str]]:
    return {name: dict(_ROW.findall(text)) for _, name, text in _SECTION.findall(text_of("seed-file.md"))}


def test_every_key_has_a_row_that_says_what_it_is() -> None:
    known = {
        where: {name: KINDS[kind] for kind, names in kinds.items() for name in names.split()}
        for where, kinds in keys.KEYS.items()
    }
    assert shown() == {"server": {}, "upstreams": {}, **known}


def test_brackets_are_those_that_the_file_needs() -> None:
    brackets = {name: bracket for bracket, name, _ in _SECTION.findall(text_of("seed-file.md"))}
    once = {name for name, bracket in brackets.items() if bracket == "["}
    assert once == {"server", "upstreams", *keys.ALONE}


def test_what_is_needed_is_said_to_be_needed() -> None:
    sections = {name: text for _, name, text in _SECTION.findall(text_of("seed-file.md"))}
    for where, names in keys.NEEDED.items():
        for name in names:
            assert re.search(rf"^\| `{name}` \|[^|]*\| needed", sections[where], re.MULTILINE)


def test_what_is_shown_as_a_file_starts_a_server(tmp_path: Path) -> None:
    shown = [block for block in blocks("seed-file.md") if block.language == "toml"]
    assert shown
    for block in shown:
        with running(tmp_path, tomllib.loads(block.text), region="eu-west-1", upstream="none"):
            pass
