"""docs/triggers.md: its files make a server whose functions refuse, confirm and change tokens as the page says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jwt

from asking import refusal
from docs.blocks import blocks
from halfday.server import seed_file
from world import PASSWORD, World, running

PAGE = "triggers.md"


def block(language: str) -> str:
    return next(each.text for each in blocks(PAGE) if each.language == language)


def sign_up(world: World, email: str) -> Any:
    return world.idp.sign_up(ClientId="myapp", Username=email, Password=PASSWORD)


def test_the_files_of_the_page_do_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "handlers.py").write_text(block("python"))
    (tmp_path / "halfday.toml").write_text(block("toml"))
    document = seed_file.read(tmp_path / "halfday.toml")
    with running(tmp_path / "data", document, upstream="none") as world:
        code, sentence = refusal(sign_up, world=world, email="eve@example.org")
        assert f"{code}: {sentence}" == block("text").strip()
        assert sign_up(world, "eve@example.com")["UserConfirmed"] is True
        asked = {"USERNAME": "eve@example.com", "PASSWORD": PASSWORD}
        tokens = world.idp.initiate_auth(ClientId="myapp", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=asked)[
            "AuthenticationResult"
        ]
        claims = jwt.decode(tokens["AccessToken"], options={"verify_signature": False})
        assert (claims["plan"], "orders/read" in claims["scope"].split()) == ("pro", True)
