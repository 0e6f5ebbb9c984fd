"""What somebody with ill will brings to the callback, the cookies, the way back and the sign-out."""

from __future__ import annotations

import importlib
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import cognito_peer
import pytest
import requests
from cognito_peer import CLIENT_ID, Peer
from fastapi import FastAPI
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from halfday import SettingsError
from halfday.web import flask as flask_adapter
from halfday.web import starlette as starlette_adapter
from halfday.web.http_messages import WebRequest, own_path
from lines import on_a_line
from sockets import raw
from web.jar import HOME, Jar, relying_party
from web_applications import Application, Site, django_settings, served
from world import PASSWORD, Clock


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


# --- the sign-out -----------------------------------------------------------------------------------------------------


def test_a_form_on_a_page_without_a_referrer_signs_out_and_a_sandboxed_one_does_not(
    each_application: Application,
) -> None:
    """Both send Origin: null; Sec-Fetch-Site, which no page can set, tells them apart."""
    visitor = each_application.visitor()
    visitor.sign_in()
    for site in ("cross-site", "same-site", "none", "Same-Origin", ""):
        assert visitor.sign_out(Origin="null", **{"Sec-Fetch-Site": site}).status_code == 403
    assert visitor.get("/").status_code == 200
    assert visitor.sign_out(Origin="null", **{"Sec-Fetch-Site": "same-origin"}).status_code == 303
    assert visitor.get("/").status_code == 303


@pytest.mark.parametrize(
    ("redirect_uri", "origin"),
    [
        ("https://app.example.com:443/callback", "https://app.example.com"),
        ("https://App.Example.com/callback", "https://app.example.com"),
        ("http://localhost:80/callback", "http://localhost"),
        ("https://app.example.com:8443/callback", "https://app.example.com:8443"),
    ],
)
def test_an_origin_is_compared_as_browsers_write_it(redirect_uri: str, origin: str) -> None:
    party = relying_party(redirect_uri=redirect_uri)
    assert party.sign_out(WebRequest("POST", "/logout", headers={"origin": origin})).status == 303
    assert party.sign_out(WebRequest("POST", "/logout", headers={"origin": f"{origin}1"})).status == 403


def test_a_sign_out_that_was_not_revoked_is_not_told_as_one(site: Site, framework: str, keeping: str) -> None:
    """Here it is over; elsewhere it is not, and the person is told."""
    with on_a_line(site.world.origin) as line:
        options = {"domain": line.origin, "endpoint_url": site.world.origin}
        with served(site, framework, keeping=keeping, **options) as application:
            visitor = application.visitor()
            visitor.sign_in()
            stolen = visitor.cookies
            line.cut()
            answer = visitor.sign_out()
            assert answer.status_code == 503
            assert "could not be told" in answer.text
            assert "/logout?client_id=" in answer.text
            assert visitor.cookies == {}
            line.mend()
            thief = application.visitor()
            thief.put(stolen)
            assert thief.get("/").status_code == 303


# --- many at once, and much at once -----------------------------------------------------------------------------------


@pytest.mark.parametrize("are_parallel", [False, True])
def test_of_twelve_sign_ins_begun_at_once_none_fails(each_application: Application, are_parallel: bool) -> None:
    """As a browser that opens its tabs again: each comes back to its own page."""
    visitor = each_application.visitor()
    begun = []
    for number in range(12):
        before = visitor.cookies
        if are_parallel:  # no answer to one has come when the next one is asked for
            visitor.put({})
        begun.append(visitor.begin(f"/login?next=/tab/{number}"))
        visitor.put({**before, **visitor.cookies} if are_parallel else visitor.cookies)
    for number, link in enumerate(begun):
        back = visitor.hosted.session.get(link, allow_redirects=False)
        if back.headers["Location"].startswith("/login"):
            form = visitor.hosted.session.get(visitor.hosted.origin + back.headers["Location"])
            back = visitor.hosted.post(form, username="ada", password=PASSWORD)
        answer = visitor.come_back(back.headers["Location"])
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/tab/{number}")


@pytest.fixture
def in_groups(site: Site) -> Callable[[int], None]:
    def join(count: int) -> None:
        idp, pool_id = site.world.idp, site.pool.pool_id
        for number in range(count):
            name = f"department-{number:04}"
            idp.create_group(UserPoolId=pool_id, GroupName=name)
            idp.admin_add_user_to_group(UserPoolId=pool_id, Username="ada", GroupName=name)

    return join


def size_of(cookies: dict[str, str]) -> int:
    return sum(len(name) + len(value) + 3 for name, value in cookies.items())


def test_a_hundred_groups_leave_room_in_the_cookie_header(
    any_application: Application, in_groups: Callable[[int], None]
) -> None:
    in_groups(100)
    visitor = any_application.visitor()
    visitor.sign_in()
    assert visitor.get("/").status_code == 200
    assert size_of(visitor.cookies) < 5000, "nginx and gunicorn take 8 kB of cookies, and the application has its own"


def test_who_is_in_too_many_groups_is_told_why_and_not_only_the_log() -> None:
    with long_tokens(1500) as peer:
        party, jar = relying_party(domain=peer.origin, client_id=CLIENT_ID), Jar()
        answer = jar.sign_in(party)
        assert (answer.status, "too long for cookies" in answer.body) == (400, True)
        assert "groups" in answer.body
        assert jar.cookies == {}


def test_tokens_that_grow_too_long_for_cookies_sign_nobody_out() -> None:
    clock = Clock()
    with long_tokens(0) as peer:
        party = relying_party(domain=peer.origin, client_id=CLIENT_ID, clock=clock)
        jar = Jar()
        jar.sign_in(party)
        peer.claims = in_many_groups(1500)
        clock.advance(3700)
        assert jar.ask(party) == "in"
        clock.advance(900)
        assert jar.ask(party) == "in"


def in_many_groups(count: int) -> dict[str, Any]:
    return {"cognito:groups": [f"department-{number:04}" for number in range(count)]} if count else {}


@contextmanager
def long_tokens(groups: int) -> Iterator[Peer]:
    with cognito_peer.running() as peer:
        peer.redirect_uris = [f"{HOME}/callback"]
        peer.claims = in_many_groups(groups)
        yield peer


# --- what is no request -----------------------------------------------------------------------------------------------

ODD_REQUESTS = [
    "GÉT / HTTP/1.1",
    "GÉT /login HTTP/1.1",
    "GET http://[ HTTP/1.1",
    "GET http://[/login HTTP/1.1",
    "GET //login HTTP/1.1",
    "GET /%ff%fe HTTP/1.1",
    "GET /login%00 HTTP/1.1",
    "GET /callback?%ff=%fe&state=%ff&code=%00 HTTP/1.1",
    "GET /callback?state=a&state=b&code=c HTTP/1.1",
    "GET /callback?error=%1b]0;x%07&error_description=%1b[2J&state=x HTTP/1.1",
    f"GET /callback?state={'a' * 9000}&code=x HTTP/1.1",
    f"GET /callback?{'a=b&' * 4000} HTTP/1.1",
    f"GET /login?next=/{'%2f' * 3000} HTTP/1.1",
    f"GET /?{'q=%ff&' * 3000} HTTP/1.1",
    "POST /callback HTTP/1.1",
    "PROPFIND /logout HTTP/1.1",
]


def test_an_odd_request_is_answered_without_a_crash(
    each_application: Application, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for line in ODD_REQUESTS:
        lines = [line, "Host: localhost", "Accept: text/html", "Connection: close", "Content-Length: 0", "", ""]
        answer = raw(each_application.origin.replace("localhost", "127.0.0.1"), "\r\n".join(lines).encode("latin-1"))
        if answer:
            assert answer.split(b" ", 2)[1] < b"500", (line, answer[:200])
    ours = [record for record in caplog.records if record.name.startswith(("halfday", "django.request", "uvicorn"))]
    assert not [record for record in ours if record.exc_info]
    assert "halfday/web" not in capfd.readouterr().err


def test_what_comes_in_the_address_reaches_the_log_cut_and_escaped(caplog: pytest.LogCaptureFixture) -> None:
    with long_tokens(0) as peer:
        party = relying_party(domain=peer.origin, client_id=CLIENT_ID)
        jar = Jar()
        state = parse_qs(urlsplit(jar.begin(party)).query)["state"][0]
        jar.finish(party, f"/callback?error=%1b]0;evil%07%0a2026&error_description={'x%1b' * 1000}&state={state}")
    logged = [record.getMessage() for record in caplog.records if record.name == "halfday.web"]
    assert logged
    assert all(line.isprintable() and len(line) < 700 for line in logged)


def test_a_page_that_is_asked_for_with_a_long_address_leads_to_a_sign_in_all_the_same(
    each_application: Application,
) -> None:
    answer = each_application.visitor().get("/?q=" + "a" * 5000)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=/")


# --- what the application itself may get wrong ------------------------------------------------------------------------


def test_groups_scopes_and_clients_are_words_and_wrong_ones_stop_the_start(site: Site, framework: str) -> None:
    guards: list[tuple[str, Any]] = [
        ("in_group", ()),
        ("in_group", (["staff", "admins"],)),
        ("in_group", ("staff admins",)),
        ("in_group", (b"staff",)),
        ("bearer", {"scopes": "orders/read orders/write"}),
        ("bearer", {"scopes": b"orders/read"}),
        ("bearer", {"groups": [""]}),
        ("bearer", {"groups": iter(["staff"])}),
        ("bearer", {"token_use": "acces"}),
    ]
    settings = site.register("http://localhost:8000")
    guard_of = guards_of(framework, settings)
    for name, given_words in guards:
        with pytest.raises(ValueError, match=r"groups|scopes|token_use|in_group"):
            guard_of(name)(**given_words) if isinstance(given_words, dict) else guard_of(name)(*given_words)
    with pytest.raises(TypeError):
        guard_of("bearer")(scope="orders/read")


def test_tokens_of_callers_are_taken_only_where_the_pool_is_set(site: Site, framework: str) -> None:
    settings = site.register("http://localhost:8000")
    del settings["user_pool_id"]
    with pytest.raises(SettingsError, match="user_pool_id is not set"):
        guards_of(framework, settings)("bearer")()


def guards_of(framework: str, settings: dict[str, Any]) -> Callable[[str], Any]:
    if framework == "django":
        adapter = importlib.import_module("halfday.web.django")
        django_settings(HALFDAY=settings)
        adapter._bearer_tokens.cache_clear()
        return lambda name: getattr(adapter, name)
    if framework == "flask":
        sign_in: Any = flask_adapter.SignIn(Flask("x"), **settings)
    else:
        sign_in = starlette_adapter.SignIn(FastAPI(), **settings)
    return lambda name: getattr(sign_in, name)


@pytest.mark.parametrize(
    "options",
    [
        {"cookie_name": "half day"},
        {"cookie_name": "a;b"},
        {"cookie_name": ""},
        {"login_path": "login"},
        {"login_path": "/callback"},
        {"logout_path": "//evil.example/logout"},
        {"logout_path": "/"},
        {"secret": b"a secret of the tests, which is long enough"},
        {"secret": [b"a secret of the tests, which is long enough"]},
        {"redirect_uri": "https://app.example.com/login"},
    ],
)
def test_names_and_paths_that_clash_stop_the_start(options: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        relying_party(**options)
