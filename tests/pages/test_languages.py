"""Which language the pages speak: `lang`, the cookie that it leaves, and what the browser asks for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from halfday.server.pages import LANGUAGES, catalogue_of
from page_forms import go_on, open_page, press
from world import CALLBACK, PASSWORD, Browser, Pool, World


def link(pool: Pool, path: str = "/login", **more: str) -> str:
    asked = {"response_type": "code", "client_id": pool.client()["ClientId"], "redirect_uri": CALLBACK, **more}
    return f"{pool.world.origin}{path}?{urlencode(asked)}"


def language_of(answer: requests.Response) -> str:
    return answer.text.partition('<html lang="')[2].partition('"')[0]


def get(url: str, accepted: str | None = None, **given: Any) -> requests.Response:
    headers = {"Accept": "text/html", **({"Accept-Language": accepted} if accepted is not None else {})}
    return requests.get(url, headers=headers, timeout=10, **given)


@pytest.mark.parametrize("language", LANGUAGES)
def test_lang_chooses_the_language(world: World, pool: Pool, language: str) -> None:
    """Cognito developer guide, Managed login localization."""
    answer = get(link(pool, "/oauth2/authorize", lang=language))
    assert language_of(answer) == language
    assert f"<h1>{catalogue_of(language).say('Sign in')}</h1>" in answer.text


def test_lang_is_remembered_by_a_cookie(world: World, pool: Pool) -> None:
    browser = requests.Session()
    assert language_of(browser.get(link(pool, "/oauth2/authorize", lang="de"))) == "de"
    assert browser.cookies["lang"] == "de"
    assert language_of(browser.get(link(pool))) == "de"
    assert language_of(browser.get(f"{world.origin}/error?error=x")) == "de"
    assert language_of(browser.get(link(pool, lang="en"))) == "en"
    assert language_of(browser.get(link(pool))) == "en"


def test_the_cookie_is_left_whatever_comes_of_the_request(world: World, pool: Pool) -> None:
    browser = requests.Session()
    asked = {"client_id": pool.client()["ClientId"], "redirect_uri": "https://elsewhere.example", "lang": "de"}
    answer = browser.get(f"{world.origin}/oauth2/authorize?{urlencode(asked)}")
    assert answer.status_code == 400
    assert language_of(answer) == "de"
    assert "Zeichen für Zeichen" in answer.text


@pytest.mark.parametrize("lang", ["xx", "", "DE", "de/../../etc", "de,en", "a" * 2000])
def test_a_language_that_there_is_none_of_is_as_good_as_none(world: World, pool: Pool, lang: str) -> None:
    browser = requests.Session()
    assert language_of(browser.get(link(pool, lang=lang))) == "en"
    assert "lang" not in browser.cookies
    assert language_of(get(link(pool), cookies={"lang": "../de"})) == "en"


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("nl, en;q=0.5, de;q=0.4", "en"),
        ("nl, de;q=0.4", "de"),
        ("en;q=0.4, de;q=0.8", "de"),
        ("de;q=0, en", "en"),
        ("nl", "en"),
        ("*", "en"),
        ("", "en"),
        (";q=x,,de;q=much", "en"),
        ("x" * 3000 + ",de", "en"),
        (None, "en"),
    ],
)
def test_accept_language_is_honoured_where_nobody_has_chosen(
    world: World, pool: Pool, accepted: str | None, spoken: str
) -> None:
    """RFC 9110 §12.5.4, RFC 4647 §3.4. Ours: AWS speaks English."""
    assert language_of(get(link(pool), accepted or "")) == spoken


def test_a_choice_goes_before_what_the_browser_asks_for(world: World, pool: Pool) -> None:
    assert language_of(get(link(pool, lang="en"), "de")) == "en"
    assert language_of(get(link(pool), "de", cookies={"lang": "en"})) == "en"


def test_a_refusal_and_what_stands_after_a_redirect_speak_it_too(world: World, pool: Pool) -> None:
    browser, client = Browser(world.origin), pool.client()
    browser.session.headers["Accept-Language"] = "de"
    pool.user("ada")
    page = open_page(browser, "/login", client)
    refused = press(browser, page, username="ada", password="wrong")
    assert "Benutzername oder Passwort ist falsch." in refused.text
    page = open_page(browser, "/forgotPassword", client)
    page = press(browser, page, username="\x00")
    assert "Bitte geben Sie an: Benutzername." in page.text
    page = go_on(browser, press(browser, page, username="ada"))
    assert "Wir haben einen Code an" in page.text
    assert "mindestens 8 Zeichen" in page.text
    typed = {"password": PASSWORD + "x", "confirm_password": PASSWORD + "x", "code": pool.code_for("ada")}
    assert "Ihr Passwort ist geändert." in go_on(browser, press(browser, page, **typed)).text


def test_programs_are_answered_in_english(world: World) -> None:
    answer = requests.get(f"{world.origin}/nowhere", headers={"Accept-Language": "de"}, timeout=10)
    assert answer.json()["message"].startswith("There is nothing at GET /nowhere.")
    assert "Hier gibt es nichts" in get(f"{world.origin}/nowhere", "de").text
