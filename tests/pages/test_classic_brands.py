"""The classic pages in the style of SetUICustomization: an app's CSS and logo. Source: facts/oauth.md §2."""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from typing import Any

import pytest
import requests

from operations.test_branding import PNG
from page_brands import domain, see, style, terms, with_google
from world import Browser, Pool, World

CSS = ".submitButton-customizable { background-color: rebeccapurple }"


@pytest.fixture
def styled(pool: Pool) -> dict[str, Any]:
    domain(pool, None)
    client = pool.client()
    given = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"]}
    pool.world.idp.set_ui_customization(**given, CSS=CSS, ImageFile=PNG)
    return client


@pytest.mark.parametrize("path", ["/login", "/signup", "/forgotPassword", "/confirm"])
def test_every_page_has_the_rules_and_the_logo(world: World, styled: dict[str, Any], path: str) -> None:
    page = see(world, styled, path)
    assert ":root:root:root .submitButton-customizable { background-color: rebeccapurple" in page.text
    (logo,) = re.findall(r'<img class="logo-customizable" src="([^"]+)"', page.text)
    assert requests.get(f"{world.origin}{logo}", timeout=10).content == PNG
    assert "Halfday" not in page.text


def test_the_policy_allows_these_rules_and_images_of_this_server(world: World, styled: dict[str, Any]) -> None:
    page = see(world, styled)
    policy = page.headers["Content-Security-Policy"]
    sheets = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
    hashes = [f"'sha256-{base64.b64encode(sha256(sheet.encode()).digest()).decode()}'" for sheet in sheets]
    assert f"style-src {' '.join(hashes)};" in policy
    assert "img-src 'self' data:;" in policy
    assert "unsafe" not in policy


def test_a_page_written_for_light_is_light(world: World, styled: dict[str, Any]) -> None:
    assert "prefers-color-scheme" not in see(world, styled).text


def test_other_clients_have_the_style_of_all_or_none(world: World, pool: Pool, styled: dict[str, Any]) -> None:
    other = pool.client()
    assert "rebeccapurple" not in see(world, other).text
    assert "img-src data:;" in see(world, other).headers["Content-Security-Policy"]
    world.idp.set_ui_customization(UserPoolId=pool.pool_id, CSS=CSS.replace("rebeccapurple", "teal"))
    assert "teal" in see(world, other).text
    assert "rebeccapurple" in see(world, styled).text
    assert "teal" not in see(world, world.pool().client()).text


def test_managed_login_s_style_and_terms_are_not_for_these_pages(
    world: World, pool: Pool, styled: dict[str, Any]
) -> None:
    style(pool, styled, Settings={"components": {"form": {"lightMode": {"backgroundColor": "12345678"}}}})
    for name in ("terms-of-use", "privacy-policy"):
        terms(pool, styled, name)
    page = see(world, styled, "/signup")
    assert "rebeccapurple" in page.text
    assert "12345678" not in page.text
    assert "app.example" not in page.text


def test_a_sign_in_that_is_refused_keeps_the_look(world: World, pool: Pool, styled: dict[str, Any]) -> None:
    pool.user("ada")
    refused = Browser(world.origin).sign_in(styled, password="wrong")
    assert "Incorrect username or password." in refused.text
    assert "rebeccapurple" in refused.text


def test_what_social_providers_are_not_used_for_is_said_in_a_style(world: World, pool: Pool) -> None:
    domain(pool, 1)
    client, sentence = with_google(pool), "We won&#39;t post to any of your accounts without asking first"
    assert sentence not in see(world, client).text
    world.idp.set_ui_customization(UserPoolId=pool.pool_id, CSS=".legalText-customizable { color: gray }")
    assert f'<p class="legalText-customizable">{sentence}</p>' in see(world, client).text
    assert sentence not in see(world, pool.client()).text


def test_a_link_that_confirms_leads_to_a_page_in_the_client_s_style(world: World, styled: dict[str, Any]) -> None:
    page = see(world, styled, "/confirmUser", user_name="ada", confirmation_code="123456")
    assert page.status_code == 400
    assert "rebeccapurple" in page.text
    unknown = see(world, {"ClientId": "nobody"}, "/confirmUser")
    assert "Halfday" in unknown.text
