"""Somebody who does what a page says, block after block, in a home of their own.

What a page cannot know (its reader's domain, ids and secret) is written there in words that `Reader.words` replaces.
"""

from __future__ import annotations

import ast
import configparser
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from docs.blocks import Block, Command, blocks, commands, matches
from docs.browser import sign_in
from docs.terminal import at_terminal
from docs.workflow import run_steps
from halfday.server import demo
from tools import find

CODE = "b2ca649e-b34a-44a7-be1a-121882e27fe6"
"""The code of the pages: another one, just issued, in every block."""
BROWSER = Path(__file__).with_name("browser.py")
_STEP = 'source "$HOME/.shell" 2>/dev/null; set -e; eval "$1"; code=$?; export -p > "$HOME/.shell"; exit $code'
_AT_PROMPT = """
source "$HOME/.shell" 2>/dev/null
(exit $(cat "$HOME/.code" 2>/dev/null))
eval "$1"
code=$?
echo $code > "$HOME/.code"
export -p > "$HOME/.shell"
"""
_JQ = """python -c 'import json, sys; print(json.load(open(sys.argv[3]))[sys.argv[2][1:]])' "$@\""""
_LINK = re.compile(r"^  (http\S+/oauth2/authorize\S+)$", re.MULTILINE)
_SHOWN_VALUE = re.compile(r"# → (.*)$")


@dataclass
class Reader:
    """`words`: what the page says → what it is here. `new_code` signs in and gives a code."""

    home: Path
    words: Mapping[str, str]
    new_code: Callable[[], str]
    monkeypatch: pytest.MonkeyPatch
    names: dict[str, Any] = field(default_factory=dict)
    types: Callable[[str], str | None] = lambda shown: None
    before: Callable[[Block], None] = lambda block: None
    secrets: Mapping[str, str] = field(default_factory=dict)
    log: str = ""
    """Secrets of a repository, by name; and what the log of its workflows shows."""
    elsewhere: bool = False
    """Whether the browser is on another machine, to which the loopback address leads nowhere."""

    def __post_init__(self) -> None:
        self.folder = self.home / "work"
        self.bin = self.home / "bin"
        for made in (self.folder, self.bin):
            made.mkdir(parents=True)
        for name in [name for name in os.environ if name.startswith(("AWS_", "HALFDAY_"))]:
            self.monkeypatch.delenv(name)
        path = f"{self.bin}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        browser = f"{sys.executable} {BROWSER} {demo.USERNAME} {demo.PASSWORD} %s &"
        ours = {"HOME": str(self.home), "PATH": path, "BROWSER": browser, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
        for name, value in {**ours, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": ""}.items():
            self.monkeypatch.setenv(name, value)
        if shutil.which("jq") is None:
            self.command_in_home("jq", _JQ)
        self.monkeypatch.chdir(self.folder)
        self.monkeypatch.syspath_prepend(str(self.folder))

    def read(self, page: str) -> None:
        """Files that the page names are there from the start."""
        for block in blocks(page):
            if block.file_name:
                self._write(block.file_name, self.here(block.text))
        for block in blocks(page):
            self.before(block)
            self.do(block)

    def do(self, block: Block) -> None:
        text = self.here(block.text)
        if re.search(r"\bcurl -", text):
            find("curl")
        if block.file_name:
            self._write(block.file_name, text)
        how = {"sh": self._sh, "console": self._console, "python": self._python, "ini": self._ini, "yaml": self._yaml}
        how[block.language](block, text)

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def set(self, **settings: str) -> None:
        """HALFDAY_* variables, for the shell and for Python; an empty one is unset."""
        shell = self.home / ".shell"
        with shell.open("a") as file:
            for name, value in settings.items():
                variable = f"HALFDAY_{name.upper()}"
                file.write(f"export {variable}='{value}'\n" if value else f"unset {variable}\n")
                self.monkeypatch.setenv(variable, value) if value else self.monkeypatch.delenv(variable, raising=False)

    def here(self, text: str) -> str:
        """The page's text with this machine's words, and a code of its own."""
        for said, meant in self.words.items():
            text = text.replace(said, meant)
        return text.replace(CODE, self.new_code()) if CODE in text else text

    def command_in_home(self, name: str, script: str) -> None:
        """A stand-in for a program, found before any other of its name."""
        path = self.bin / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    # --- the kinds of blocks -----------------------------------------------------------------------------------------

    def _sh(self, block: Block, text: str) -> None:
        code, told = in_a_group(["bash", "-c", _STEP, "bash", text], self.folder)
        assert code == 0, f"{block.place}\n{told}"
        self._take_variables_over()

    def _console(self, block: Block, text: str) -> None:
        for command in commands(Block(block.page, block.line, block.language, text)):
            actual = self._at_prompt(command)
            assert matches(command.shown, actual), _unlike(block, command, actual)
        self._take_variables_over()

    def _at_prompt(self, command: Command) -> str:
        person = Person(self)
        _, actual = at_terminal(["bash", "-c", _AT_PROMPT, "bash", command.text], os.environ, self.folder, person)
        return actual

    def _python(self, block: Block, text: str) -> None:
        """In this process, the names kept from block to block; `expression  # → value` is held against the value."""
        if block.file_name:
            return
        lines = text.splitlines()
        for statement in ast.parse(text).body:
            shown = _SHOWN_VALUE.search(lines[(statement.end_lineno or 1) - 1])
            if shown is None:
                exec(compile(ast.Module([statement], []), block.place, "exec"), self.names)
                continue
            assert isinstance(statement, ast.Expr), f"{block.place}: {shown[0]} is not beside an expression"
            told = str(eval(compile(ast.Expression(statement.value), block.place, "eval"), self.names))
            assert matches(shown[1], told), f"{block.place}: it is {told}, not {shown[1]}"

    def _ini(self, block: Block, text: str) -> None:
        parsed = configparser.ConfigParser()
        parsed.read_string(text)
        path = self.home / ".aws" / "config"
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as file:
            file.write(text + "\n")

    def _yaml(self, block: Block, text: str) -> None:
        self.log += run_steps(text, self.folder, self.secrets)

    def _take_variables_over(self) -> None:
        """What the shell exported is there for Python too."""
        script = 'source "$HOME/.shell"; env -0'
        told = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout
        found = dict(pair.split("=", 1) for pair in told.split("\0") if "=" in pair)
        for name in found:
            if name.startswith(("AWS_", "HALFDAY_")):
                self.monkeypatch.setenv(name, found[name])
        for name in [name for name in os.environ if name.startswith(("AWS_", "HALFDAY_"))]:
            if name not in found:
                self.monkeypatch.delenv(name)


@dataclass
class Person:
    """Signs in at a link that the terminal shows when no browser opened, and answers what it asks for."""

    reader: Reader
    seen: bool = False
    typed: set[str] = field(default_factory=set)

    def __call__(self, shown: str) -> str | None:
        if not self.seen and "To sign in, go to:" in shown and (found := _LINK.search(shown.replace("\r", ""))):
            if self.reader.elsewhere and "paste" not in shown:
                return None
            self.seen = True
            return self._sign_in(found[1])
        answer = self.reader.types(shown)
        if answer is not None and answer not in self.typed:
            self.typed.add(answer)
            return answer
        return None

    def _sign_in(self, link: str) -> str | None:
        address = sign_in(link, demo.USERNAME, demo.PASSWORD)
        if self.reader.elsewhere:
            return address
        threading.Thread(target=requests.get, args=(address,), kwargs={"timeout": 20}, daemon=True).start()
        return None


def in_a_group(command: list[str], folder: Path) -> tuple[int, str]:
    """(exit code, what was said). What takes too long ends with all that it started."""
    child = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        told, _ = child.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        told, _ = child.communicate()
    return child.returncode, told


def _unlike(block: Block, command: Command, actual: str) -> str:
    return f"{block.place}\n$ {command.text}\n{actual}\n--- is not what the page shows:\n{command.shown}"
