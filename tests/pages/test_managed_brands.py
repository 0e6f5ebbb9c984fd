"""Managed login's pages, in an app client's own style. Source: facts/oauth.md §2."""

from __future__ import annotations

import re

import pytest
import requests

from halfday.server.domain.user_pools.managed_login import setting
from halfday.server.domain.user_pools.managed_login_defaults import DEFAULTS
from halfday.server.pages.managed_look import BACKGROUNDS, COLOURS, RADII
from operations.test_branding import PNG, SVG
from page_brands import domain, see, style, terms, with_google
from world import Pool, World


@pytest.fixture
def managed(pool: Pool) -> Pool:
    domain(pool, 2)
    return pool


def test_settings_are_the_page_s_values(world: World, managed: Pool) -> None:
    client = managed.client()
    in_light, in_dark = {"defaults": {"backgroundColor": "12345678"}}, {"hover": {"textColor": "9abcdef0"}}
    settings = {
        "categories": {
            "global": {"colorSchemeMode": "DYNAMIC", "pageHeader": {"enabled": True}, "spacingDensity": "COMPACT"},
            "form": {"location": {"horizontal": "END", "vertical": "START"}},
        },
        "componentClasses": {"buttons": {"borderRadius": 3.5}},
        "components": {"primaryButton": {"lightMode": in_light, "darkMode": in_dark}},
    }
    style(managed, client, Settings=settings)
    page = see(world, client).text
    assert "--button-radius:3.5px" in page
    assert "@media (prefers-color-scheme: light){:root{--action:#12345678}}" in page
    assert "@media (prefers-color-scheme: dark){:root{--action-over-ink:#9abcdef0}}" in page
    assert ".stage{align-items:flex-end;justify-content:flex-start}" in page
    assert '<header class="band head">' in page
    assert '<footer class="band foot">' not in page


@pytest.mark.parametrize(("mode", "seen", "unseen"), [("LIGHT", "aa", "bb"), ("DARK", "bb", "aa")])
def test_a_page_of_one_mode_has_the_colours_and_images_of_that(
    world: World, managed: Pool, mode: str, seen: str, unseen: str
) -> None:
    client = managed.client()
    settings = {
        "categories": {"global": {"colorSchemeMode": mode}},
        "components": {
            "form": {
                "lightMode": {"backgroundColor": "aa000000"},
                "darkMode": {"backgroundColor": "bb000000"},
                "logo": {"enabled": True},
            }
        },
    }
    assets = [
        {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": PNG + b"aa"},
        {"Category": "FORM_LOGO", "ColorMode": "DARK", "Extension": "PNG", "Bytes": PNG + b"bb"},
    ]
    style(managed, client, Settings=settings, Assets=assets)
    page = see(world, client).text
    assert (f"#{seen}000000" in page, f"#{unseen}000000" in page) == (True, False)
    assert "prefers-color-scheme" not in page
    assert f"color-scheme: {mode.lower()};" in page
    (logo,) = re.findall(r'<img class="logo-customizable" src="([^"]+)"', page)
    assert requests.get(f"{world.origin}{logo}", timeout=10).content == PNG + seen.encode()


def test_an_image_for_one_mode_is_not_shown_in_the_other(world: World, managed: Pool) -> None:
    client = managed.client()
    logo = {"Category": "FORM_LOGO", "ColorMode": "DARK", "Extension": "PNG", "Bytes": PNG}
    settings = {
        "categories": {"global": {"colorSchemeMode": "DYNAMIC"}},
        "components": {"form": {"logo": {"enabled": True}}},
    }
    style(managed, client, Settings=settings, Assets=[logo])
    assert re.search(r'srcset="/[^"]+"><img class="logo-customizable" src="data:', see(world, client).text)


def test_what_is_not_enabled_is_not_shown(world: World, managed: Pool) -> None:
    client = managed.client()
    off = {"enabled": False}
    settings = {"components": {"pageBackground": {"image": off}, "favicon": {"enabledTypes": []}}}
    names = ("FORM_LOGO", "PAGE_BACKGROUND", "PAGE_HEADER_LOGO", "PAGE_FOOTER_BACKGROUND", "FAVICON_SVG")
    assets = [{"Category": n, "ColorMode": "DYNAMIC", "Extension": "SVG", "Bytes": SVG} for n in names]
    style(managed, client, Settings=settings, Assets=assets)
    assert "/assets/" not in see(world, client).text


def test_an_svg_that_is_opened_by_itself_runs_nothing(world: World, managed: Pool) -> None:
    client = managed.client()
    logo = {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "SVG", "Bytes": SVG}
    style(managed, client, Settings={"components": {"form": {"logo": {"enabled": True}}}}, Assets=[logo])
    (address,) = re.findall(r'<img class="logo-customizable" src="([^"]+)"', see(world, client).text)
    answer = requests.get(f"{world.origin}{address}", timeout=10)
    assert answer.headers["Content-Type"] == "image/svg+xml"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert requests.get(f"{world.origin}{address.replace('light', 'dark')}", timeout=10).status_code == 404


def test_a_page_that_asks_for_a_password_shows_its_graphic(world: World, managed: Pool) -> None:
    client = managed.client()
    asset = {"Category": "PASSWORD_GRAPHIC", "ColorMode": "DYNAMIC", "Extension": "SVG", "Bytes": SVG}
    made = style(managed, client, Assets=[asset])
    assert '<div class="graphic">' in see(world, client, "/forgotPassword").text
    assert '<div class="graphic">' not in see(world, client).text
    world.idp.update_managed_login_branding(
        UserPoolId=managed.pool_id,
        ManagedLoginBrandingId=made["ManagedLoginBrandingId"],
        Settings={"categories": {"form": {"displayGraphics": False}}},
    )
    assert '<div class="graphic">' not in see(world, client, "/forgotPassword").text


def test_providers_stand_where_the_style_puts_them(world: World, managed: Pool) -> None:
    client = with_google(managed)
    made = style(managed, client)
    page = see(world, client).text
    assert page.index("identity_provider=Google") < page.index("<form")
    assert "<svg" in page[page.index("identity_provider=Google") : page.index("<form")]
    first, second = ({"display": "INPUT", "type": kind} for kind in ("USERNAME_PASSWORD", "FEDERATED"))
    world.idp.update_managed_login_branding(
        UserPoolId=managed.pool_id,
        ManagedLoginBrandingId=made["ManagedLoginBrandingId"],
        Settings={
            "categories": {"auth": {"authMethodOrder": [[first, second]]}},
            "componentClasses": {"idpButtons": {"icons": {"enabled": False}}},
        },
    )
    page = see(world, client).text
    assert page.index("identity_provider=Google") > page.index("</form>")
    assert "<svg" not in page[page.index("</form>") :]


def test_terms_are_shown_where_people_sign_up_once_there_are_both(world: World, managed: Pool) -> None:
    client = managed.client()
    style(managed, client)
    terms(managed, client, "terms-of-use")
    assert "app.example" not in see(world, client, "/signup").text
    terms(managed, client, "privacy-policy")
    page = see(world, client, "/signup").text
    assert 'href="https://app.example/terms-of-use" target="_blank" rel="noopener noreferrer"' in page
    assert 'href="https://app.example/privacy-policy"' in page
    assert "app.example" not in see(world, client).text
    in_french = see(world, client, "/signup", lang="fr").text
    assert 'href="https://app.example/fr/terms-of-use"' in in_french
    in_german = see(world, client, "/signup", lang="de").text
    assert 'href="https://app.example/terms-of-use"' in in_german


def test_every_value_of_a_page_is_a_setting_that_there_is() -> None:
    paths = [path.replace("?", mode) for path in COLOURS.values() for mode in ("lightMode", "darkMode")]
    paths += [*RADII.values(), *(switch for switch, _ in BACKGROUNDS.values())]
    assert [path for path in paths if setting(DEFAULTS, path) is None] == []
