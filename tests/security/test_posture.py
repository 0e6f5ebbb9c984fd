"""What every page of the server says to browsers, by whatever way one comes to it; and every cookie that it sets."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from halfday.server.http.app import PAGES
from operations.test_levels import LOA
from operations.test_mfa import with_mfa
from page_forms import go_on, open_page, press
from world import CALLBACK, PASSWORD, Browser, Pool, World

HTML = {"Accept": "text/html"}
POLICY = {
    "default-src 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
Client = dict[str, Any]
ROUTES = [(method, path) for method, path, _ in PAGES if "{" not in path and "well-known" not in path]


@pytest.fixture
def client(pool: Pool) -> Client:
    pool.user()
    return pool.client()


def asked(client: Client) -> dict[str, str]:
    return {"client_id": client["ClientId"], "response_type": "code", "redirect_uri": CALLBACK}


def check(page: requests.Response) -> None:
    """A page, or an answer that is none. Whatever cookies it sets are for no script and no other site's form."""
    for line in page.raw.headers.getlist("Set-Cookie"):
        parts = {part.strip().lower() for part in line.split(";")[1:]}
        assert "samesite=lax" in parts, line
        assert "httponly" in parts, line
        assert not any(part.startswith("domain") for part in parts), line
    if not page.headers.get("Content-Type", "").startswith("text/html"):
        return
    policy = {part.strip() for part in page.headers["Content-Security-Policy"].split(";")}
    assert policy >= POLICY, page.url
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"(?:^|[ ;])(?:\*|https?:)(?:$|[ ;])", page.headers["Content-Security-Policy"]), page.url
    for name, value in HEADERS.items():
        assert page.headers[name] == value, (page.url, name)
    assert page.headers["Referrer-Policy"] in ("same-origin", "no-referrer"), page.url
    assert "no-store" in page.headers["Cache-Control"], page.url


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("whole", [True, False], ids=["with a request", "bare"])
def test_every_answer_of_the_pages(world: World, client: Client, method: str, path: str, whole: bool) -> None:
    browser = Browser(world.origin)
    given = asked(client) if whole else {}
    for signed_in in (False, True):
        if signed_in:
            browser.sign_in(client)
        where = f"{world.origin}{path}"
        answer = browser.session.request(
            method, where, params=given, data={"x": "y"} if method == "POST" else None, headers=HTML,
            allow_redirects=False,
        )  # fmt: skip
        check(answer)


@pytest.mark.parametrize("path", ["/nothing", "/login/nothing", "/oauth2/nothing", "/%00", "/x" * 500])
def test_what_is_not_there(world: World, path: str) -> None:
    page = requests.get(f"{world.origin}{path}", headers=HTML, timeout=10)
    assert page.status_code in (400, 404)
    check(page)


def test_the_pages_of_a_journey(world: World) -> None:
    """Those that only a form leads to."""
    pool = with_mfa(world, "OPTIONAL", "email", "totp")
    pool.user()
    client, browser = pool.client(), Browser(world.origin)
    pages = [open_page(browser, "/login", client), browser.sign_in(client, password="wrong")]
    browser.sign_in(client)
    page = go_on(browser, browser.authorize(client, acr_values=LOA.format(3)))
    pages += [page, press(browser, page, factor="EMAIL_OTP")]
    pages.append(press(browser, pages[-1], authentication_code="000000"))
    pages.append(go_on(browser, browser.authorize(client, prompt="select_account")))
    page = open_page(browser, "/forgotPassword", client)
    pages += [page, go_on(browser, press(browser, page, "reset_my_password", username="ada"))]
    form = {"SAMLResponse": "x", "RelayState": "y"}
    pages.append(requests.post(f"{world.origin}/saml2/idpresponse", data=form, headers=HTML, timeout=10))
    assert all(page.headers["Content-Type"].startswith("text/html") for page in pages)
    for page in pages:
        check(page)
        assert PASSWORD not in page.text
