"""docs/saml.md: its files start servers whose stand-ins sign in, also from the portal, and its words are the code's."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import requests

from docs.blocks import blocks, text_of
from docs.test_providers_page import CLIENT, chosen
from docs.test_providers_page import up as started
from halfday.server import outside
from halfday.server.domain.user_pools.saml_details import FLAGS
from world import CALLBACK, Browser, query_in

PAGE = "saml.md"
SAML = Path(outside.__file__).parent / "saml"


def files() -> list[str]:
    return [block.text for block in blocks(PAGE) if block.language == "toml"]


def test_the_stand_in_of_the_page_signs_in_and_out(tmp_path: Path) -> None:
    with started(tmp_path, files()[0]) as world:
        browser = Browser(world.origin)
        left = browser.authorize(CLIENT, idp_identifier="corp.example")
        assert left.headers["Location"].startswith(world.running.stand_ins["Corp"])
        assert "Signature=" in left.headers["Location"]
        assert chosen(browser, left.headers["Location"]).headers["Location"].startswith(f"{CALLBACK}?code=")
        users = world.idp.list_users(UserPoolId="eu-west-1_Corporate")["Users"]
        assert [user["Username"] for user in users] == ["Corp_grace@example.com"]
        assert {"Name": "custom:groups", "Value": "[navy, cobol]"} in users[0]["Attributes"]
        asked = {"client_id": "mywebapp", "logout_uri": f"{CALLBACK}/bye"}
        away = browser.session.get(f"{world.origin}/logout", params=asked, allow_redirects=False)
        assert away.headers["Location"].startswith(world.running.stand_ins["Corp"])


def test_the_portal_of_the_page_begins_a_sign_in(tmp_path: Path) -> None:
    with started(tmp_path, files()[1]) as world:
        portal = world.running.stand_ins["Partner"]
        assert "/portal" in requests.get(portal, timeout=10).text
        assert "code" in query_in(chosen(Browser(world.origin), f"{portal}/portal"))


def test_the_change_of_the_page_leaves_a_file_that_can_be_read() -> None:
    (change,) = [block.text for block in blocks(PAGE) if block.language == "diff"]
    before = "".join(line[1:] + "\n" for line in change.splitlines() if line[0] in " -")
    after = "".join(line[1:] + "\n" for line in change.splitlines() if line[0] in " +")
    assert files()[0].count(before) == 1
    (provider,) = tomllib.loads(files()[0].replace(before, after))["user_pool"][0]["provider"]
    assert set(provider["details"]) == {"MetadataURL"}


def test_every_setting_has_a_row() -> None:
    rows = set(re.findall(r"^\| `(\w+) = ", text_of(PAGE), re.MULTILINE))
    assert rows == {"RequestSigningAlgorithm", *FLAGS}


def test_every_sentence_of_the_page_is_one_that_is_told() -> None:
    """The table's sentences stand in the code, letter for letter; the required attribute's has a name in it."""
    told = "".join(path.read_text() for path in SAML.parent.rglob("*.py"))
    _, _, table = text_of(PAGE).partition("| it says | because |")
    sentences = [
        text for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for text in re.findall("`(.+?)`", row)
    ]
    assert len(sentences) > 12
    for sentence in sentences:
        plain = sentence.removesuffix(".")
        known = plain.replace("Assertion signature", "{what} signature").replace(
            "Response signature", "{what} signature"
        )
        assert any(text in told for text in (plain, known)) or "email" in plain, sentence
