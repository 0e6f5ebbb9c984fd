"""What somebody with ill will brings to the callback, the cookies, the way back and the sign-out."""

from __future__ import annotations

import string
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from halfday.web.exchange import own_path
from web_applications import Application, Site, served


def test_a_wrong_state_signs_nobody_in(each_application: Application) -> None:
    visitor = each_application.visitor()
    address = visitor.return_address()
    parts = urlsplit(address)
    code = next(word for word in parts.query.split("&") if word.startswith("code="))
    for query in (f"{code}&state=made-up", code, f"{code}&state="):
        assert visitor.come_back(parts._replace(query=query).geturl()).status_code == 400
    assert visitor.get("/").status_code == 303


def test_a_code_slipped_into_another_persons_browser_signs_nobody_in(application: Application, site: Site) -> None:
    site.pool.user("mallory")
    address = application.visitor().return_address(username="mallory")
    victim = application.visitor()
    victim.begin()
    assert victim.come_back(address).status_code == 400
    assert victim.get("/").status_code == 303


def test_a_callback_is_good_once_even_with_the_cookies_of_before(application: Application) -> None:
    visitor = application.visitor()
    address = visitor.return_address()
    begun = visitor.cookies
    assert visitor.come_back(address).status_code == 303
    again = application.visitor()
    again.put(begun)
    assert again.come_back(address).status_code == 400
    assert again.get("/").status_code == 303


def test_a_sign_in_begun_long_ago_is_begun_again(each_application: Application, site: Site) -> None:
    visitor = each_application.visitor()
    address = visitor.return_address()
    site.world.clock.advance(601)
    answer = visitor.come_back(address)
    assert answer.status_code == 400
    assert "has taken too long" in answer.text
    assert 'href="/login"' in answer.text


def test_an_error_of_the_sign_in_page_is_a_page_and_not_echoed(each_application: Application) -> None:
    visitor = each_application.visitor()
    state = visitor.begin().split("state=")[1].split("&")[0]
    evil = "error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E"
    answer = visitor.get(f"/callback?{evil}&state={state}")
    assert answer.status_code == 400
    assert "script" not in answer.text
    assert visitor.get(f"/callback?{evil}&state={state}").status_code == 400


@pytest.mark.parametrize("where", [0.02, 0.3, 0.9, 0.999])
def test_a_cookie_that_was_changed_is_nobodys(any_application: Application, where: float) -> None:
    visitor = any_application.visitor()
    visitor.sign_in()
    name, value = next((n, v) for n, v in visitor.cookies.items() if n == "halfday")
    at = max(2, min(len(value) - 2, int(len(value) * where)))
    other = "A" if value[at] != "A" else "B"
    visitor.put({**visitor.cookies, name: value[:at] + other + value[at + 1 :]})
    assert visitor.get("/").status_code == 303


@pytest.mark.parametrize(
    "value", ["", "1.", "1.AAAA", "0.AAAA", "9.AAAA", "99999999999999999999.A", "2.AAAA", "x", "1.é", "²." + "A" * 80]
)
def test_a_cookie_that_was_made_up_is_nobodys(each_application: Application, value: str) -> None:
    headers = {"Cookie": f"halfday={value}".encode(), "Accept": "text/html"}
    answer = requests.get(f"{each_application.origin}/", headers=headers, allow_redirects=False, timeout=20)
    assert answer.status_code == 303


def test_a_begun_sign_in_is_no_session_and_a_session_no_begun_sign_in(any_application: Application) -> None:
    visitor = any_application.visitor()
    visitor.begin()
    (begun,) = visitor.cookies.values()
    visitor.put({"halfday": f"1.{begun}"})
    assert visitor.get("/").status_code == 303


@pytest.mark.parametrize(
    "next_path",
    [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%09/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        " //evil.example",
        "evil.example",
        "/login",
        "/logout?x=1",
        "/callback?code=1",
    ],
)
def test_nobody_is_sent_to_another_site_after_the_sign_in(any_application: Application, next_path: str) -> None:
    visitor = any_application.visitor()
    address = visitor.return_address(f"/login?{urlencode({'next': next_path})}")
    location = visitor.come_back(address).headers["Location"]
    assert location in ("/", "/%09/evil.example")


@given(st.text(alphabet=string.printable + "é\u2028\\", max_size=40))
def test_the_way_back_is_always_a_plain_path(text: str) -> None:
    path = own_path(text)
    assert path.startswith("/")
    assert not path.startswith("//")
    assert path.isascii()
    assert not set(path) & set("\\\t\r\n ")


def test_a_cookie_planted_before_the_sign_in_is_no_way_into_the_session(application: Application, site: Site) -> None:
    """Session fixation: the attacker's own session in the victim's browser is replaced, not filled."""
    site.pool.user("mallory")
    mallory = application.visitor()
    mallory.sign_in(username="mallory")
    planted = mallory.cookies
    victim = application.visitor()
    victim.put(planted)
    victim.sign_in()
    assert "ada@example.com" in victim.get("/").text
    mallory.put(planted)
    assert mallory.get("/").status_code == 303
    assert victim.cookies["halfday"] != planted["halfday"]


def test_signing_out_takes_a_form_of_ones_own(each_application: Application) -> None:
    visitor = each_application.visitor()
    visitor.sign_in()
    assert visitor.get("/logout").status_code == 405
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": each_application.origin.replace("http://", "http://sub.")},
        {"Origin": None, "Sec-Fetch-Site": "cross-site"},
        {"Origin": None, "Sec-Fetch-Site": "same-site"},
    ):
        assert visitor.sign_out(**headers).status_code == 403  # type: ignore[arg-type]
    assert visitor.get("/").status_code == 200


def test_signing_out_revokes_wipes_and_ends_the_hosted_session(application: Application, site: Site) -> None:
    visitor = application.visitor()
    visitor.sign_in()
    stolen = visitor.cookies
    answer = visitor.sign_out()
    assert answer.status_code == 303
    assert visitor.cookies == {}
    hosted = visitor.hosted.session.get(answer.headers["Location"], allow_redirects=False)
    assert hosted.headers["Location"] == f"{application.origin}/bye"
    again = visitor.hosted.session.get(visitor.begin(), allow_redirects=False)
    assert again.headers["Location"].startswith("/login")
    thief = application.visitor()
    thief.put(stolen)
    assert thief.get("/").status_code == 303
    assert not list(site.folder.rglob("*.session"))


def test_a_stolen_cookie_cannot_be_renewed_after_the_sign_out_even_elsewhere(site: Site) -> None:
    """Another process does not know of the sign-out; what it holds ends with the tokens, an hour at most."""
    with served(site, "starlette") as application:
        visitor = application.visitor()
        visitor.sign_in()
        stolen = visitor.cookies
        client = site.client
        visitor.sign_out()
    known = {"client_id": client["ClientId"], "client_secret": client["ClientSecret"]}
    with served(site, "starlette", **known) as elsewhere:
        thief = elsewhere.visitor()
        thief.put(stolen)
        site.world.clock.advance(3700)
        assert thief.get("/").status_code == 303


def test_signing_out_twice_is_no_error(application: Application) -> None:
    visitor = application.visitor()
    visitor.sign_in()
    assert visitor.sign_out().status_code == 303
    assert visitor.sign_out().status_code == 303
