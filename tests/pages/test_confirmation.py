"""The link that confirms a sign-up, as it stands in the message."""

from __future__ import annotations

import html
import re

import pytest
import requests

from world import PASSWORD, Pool, World


@pytest.fixture
def pool(world: World) -> Pool:
    template = {"DefaultEmailOption": "CONFIRM_WITH_LINK"}
    return world.pool(AutoVerifiedAttributes=["email"], VerificationMessageTemplate=template)


def signed_up(world: World, pool: Pool) -> str:
    """The link in the message."""
    world.idp.sign_up(
        ClientId=pool.client()["ClientId"],
        Username="ada",
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "ada@example.com"}],
    )
    (message,) = world.messages(pool_id=pool.pool_id)
    found = re.search(r'href="([^"]+)"', message["text"])
    assert found, message["text"]
    return html.unescape(found[1])


def test_opening_the_link_confirms_the_person_and_the_address(world: World, pool: Pool) -> None:
    link = signed_up(world, pool)
    assert link.startswith(f"{world.origin}/confirmUser?")
    page = requests.get(link, timeout=10)
    assert (page.status_code, "Your registration has been confirmed!" in page.text) == (200, True)
    ada = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="ada")
    assert ada["UserStatus"] == "CONFIRMED"
    assert {"Name": "email_verified", "Value": "true"} in ada["UserAttributes"]
    again = requests.get(link, timeout=10)
    assert (again.status_code, "Current status is CONFIRMED" in again.text) == (400, True)


@pytest.mark.parametrize("part", ["client_id", "user_name", "confirmation_code"])
def test_a_link_with_another_part_confirms_nobody(world: World, pool: Pool, part: str) -> None:
    link = re.sub(rf"{part}=[^&]+", f"{part}=another", signed_up(world, pool))
    assert requests.get(link, timeout=10).status_code == 400
    assert world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="ada")["UserStatus"] == "UNCONFIRMED"
