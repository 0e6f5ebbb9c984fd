"""docs/ is true: every block of its pages runs as it stands, and shows what the page shows."""

from __future__ import annotations

import re

import pytest

from docs.blocks import Block, text_of
from docs.browser import sign_in
from docs.place import Place
from docs.reading import Reader
from halfday.server import demo


def test_i_have_a_code(reader: Reader, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", place.world.origin)  # of the commands that are not Halfday's
    reader.read("code.md")


def test_i_want_aws_s3_ls_to_work(reader: Reader) -> None:
    reader.read("aws-cli.md")


def test_on_a_server_over_ssh(reader: Reader, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ssh` runs its command here: both machines are one, and the forwarded port leads to itself."""
    for name, value in place.connection.items():
        monkeypatch.setenv(f"HALFDAY_{name.upper()}", value)
    reader.command_in_home("ssh", '[ "$1 $2 $4" = "-t -L you@server" ] && shift 4 && exec "$@"')
    reader.elsewhere = True

    def before(block: Block) -> None:
        if "(address)" in block.text:
            reader.names["address"] = sign_in(reader.names["request"].url, demo.USERNAME, demo.PASSWORD)

    reader.before = before
    reader.read("ssh.md")
    forwarded = re.findall(r"-L (\d+):localhost:(\d+) ", text_of("ssh.md"))
    assert forwarded == [("8080", "8080")]
