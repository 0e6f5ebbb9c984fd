"""Cognito's pages that are not built: told from addresses that are nobody's, and from what AWS refuses."""

from __future__ import annotations

import re

import pytest
import requests

from halfday.server.http.unbuilt_pages import INSTEAD
from halfday.server.operations import families, registry
from world import World

SIGN_UP = "response_type=code&client_id=x&redirect_uri=http://localhost:8080"


@pytest.mark.parametrize("path", INSTEAD)
def test_a_page_that_is_not_built_says_so_and_what_does_the_same(world: World, path: str) -> None:
    answer = requests.get(f"{world.origin}{path}?{SIGN_UP}", timeout=10)
    assert answer.status_code == 501
    assert answer.json()["message"].startswith(f"{path} is a page of Cognito's that is not built here yet.")


def test_an_address_that_is_nobody_s_is_still_not_found(world: World) -> None:
    assert requests.get(f"{world.origin}/signups", timeout=10).status_code == 404
    assert requests.delete(f"{world.origin}/signup", timeout=10).status_code == 404


def test_what_does_the_same_is_answered_here() -> None:
    assert families.__all__
    answered = {operation.name for operation in registry.registered() if operation.service == "cognito-idp"}
    assert {name for instead in INSTEAD.values() for name in re.findall(r"[A-Z]\w+", instead)} <= answered
