"""Signing in and staying so, in every framework and both ways of keeping a session."""

from __future__ import annotations

import base64
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from fastapi import Depends, FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from halfday.web.http_messages import join_value
from halfday.web.pending_sign_ins import MAX_BEGUN
from halfday.web.starlette import SignIn
from halfday.web.stores import FileStore
from lines import on_a_line
from sockets import on_a_socket
from web_applications import SECRET, Application, Site, Visitor, served


def query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def test_a_page_leads_to_the_sign_in_and_back_to_itself(application: Application) -> None:
    visitor = application.visitor()
    turned = visitor.get("/?page=2&q=a%20b")
    assert turned.status_code == 303
    answer = visitor.sign_in(turned.headers["Location"])
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?page=2&q=a%20b")
    assert "ada@example.com" in visitor.get("/").text


def test_a_sign_in_carries_state_nonce_and_an_s256_challenge(each_application: Application) -> None:
    first, second = (query(each_application.visitor().begin()) for _ in range(2))
    assert first["code_challenge_method"] == "S256"
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name]) >= 22


def test_nobody_is_signed_in_at_first(application: Application) -> None:
    visitor = application.visitor()
    assert "nobody" in visitor.get("/maybe").text
    assert visitor.cookies == {}


def test_what_is_no_page_is_answered_401_and_not_led_away(each_application: Application) -> None:
    visitor = each_application.visitor()
    assert visitor.get("/", Accept="application/json").status_code == 401
    assert requests.post(f"{each_application.origin}/change", headers={"Accept": "text/html"}).status_code == 401


def test_the_cookie_is_hidden_from_scripts_and_from_other_sites(application: Application) -> None:
    answer = application.visitor().sign_in()
    for line in answer.raw.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in line
        assert "samesite=lax" in line.lower()
        assert "Path=/" in line


def test_no_token_stands_in_a_cookie_or_in_a_store(application: Application, site: Site) -> None:
    visitor = application.visitor()
    visitor.sign_in()
    sealed = [join_value("halfday", visitor.cookies) or ""]
    sealed += [path.read_text().splitlines()[1] for path in site.folder.rglob("*.session")]
    for text in sealed:
        assert len(text) > 100
        opened = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        for header in ("eyJraWQi", "eyJhbGci", "eyJ0eXAi"):
            assert header not in text
            assert header.encode() not in opened


def test_a_page_for_one_person_is_not_kept_for_another(application: Application) -> None:
    visitor = application.visitor()
    assert visitor.sign_in().headers["Cache-Control"] == "no-store"
    assert "Cookie" in visitor.get("/").headers["Vary"]


def test_only_members_of_a_group_see_its_page(application: Application, site: Site) -> None:
    site.world.idp.create_group(UserPoolId=site.pool.pool_id, GroupName="staff")
    outsider = application.visitor()
    assert outsider.get("/staff").status_code == 303
    outsider.sign_in()
    assert outsider.get("/staff").status_code == 403
    site.world.idp.admin_add_user_to_group(UserPoolId=site.pool.pool_id, Username="ada", GroupName="staff")
    member = application.visitor()
    member.sign_in()
    assert member.get("/staff").status_code == 200


def test_whoever_is_not_let_in_is_shown_a_page_in_a_browser(each_application: Application) -> None:
    visitor = each_application.visitor()
    visitor.sign_in()
    refused = visitor.get("/staff", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert refused.status_code == 403
    assert refused.headers["Content-Type"].startswith("text/html")
    assert "This is for members of another group." in refused.text
    assert "default-src 'none'" in refused.headers["Content-Security-Policy"]


def test_a_program_is_told_in_fastapi_s_way_and_an_application_keeps_its_own(any_application: Application) -> None:
    visitor = any_application.visitor()
    visitor.sign_in()
    refused = visitor.get("/staff", Accept="application/json")
    assert (refused.status_code, refused.json()) == (403, {"detail": "Forbidden"})


@pytest.mark.parametrize("known_by", [HTTPException, 401])
def test_an_application_s_own_handler_shows_what_is_refused(known_by: type[Exception] | int) -> None:
    """By the exception's type, or by the status."""
    app = FastAPI()
    callback = "http://localhost:8000/callback"
    sign_in = SignIn(app, domain="http://127.0.0.1:1", client_id="x", redirect_uri=callback, secret="s" * 40)
    app.add_exception_handler(known_by, lambda request, problem: PlainTextResponse("mine", 401))

    app.post("/", dependencies=[Depends(sign_in.signed_in)])(lambda: None)
    with on_a_socket(lambda origin: app) as origin:
        refused = requests.post(origin, headers={"Accept": "text/html"}, timeout=10)
    assert (refused.status_code, refused.text) == (401, "mine")


def test_a_session_ends_in_twelve_hours_however_busy(application: Application, site: Site) -> None:
    visitor = application.visitor()
    visitor.sign_in()
    for _ in range(11):
        site.world.clock.advance(3600)
        assert visitor.get("/").status_code == 200
    site.world.clock.advance(3600)
    assert visitor.get("/").status_code == 303


def test_old_tokens_are_renewed_and_the_browser_is_told(site: Site, framework: str) -> None:
    with served(site, framework) as application:
        visitor = application.visitor()
        visitor.sign_in()
        before = visitor.cookies
        assert visitor.get("/").status_code == 200
        assert visitor.cookies == before
        site.world.clock.advance(3700)
        assert visitor.get("/").status_code == 200
        assert visitor.cookies != before


def test_whoever_cannot_be_renewed_signs_in_again(application: Application, site: Site) -> None:
    visitor = application.visitor()
    visitor.sign_in()
    site.world.idp.admin_user_global_sign_out(UserPoolId=site.pool.pool_id, Username="ada")
    site.world.clock.advance(3700)
    assert visitor.get("/").status_code == 303
    assert visitor.cookies == {}
    assert not list(site.folder.rglob("*.session"))


def test_two_tabs_sign_in_each_with_its_own(each_application: Application) -> None:
    visitor = each_application.visitor()
    one = visitor.return_address("/login?next=/one")
    other = visitor.return_address("/login?next=/other")
    assert visitor.come_back(one).headers["Location"] == "/one"
    assert visitor.come_back(other).headers["Location"] == "/other"


def test_sign_ins_that_were_not_finished_do_not_pile_up(any_application: Application) -> None:
    visitor = any_application.visitor()
    for _ in range(40):
        visitor.begin("/login?next=/" + "a" * 100)
    assert len(visitor.cookies) <= MAX_BEGUN
    assert sum(len(name) + len(value) for name, value in visitor.cookies.items()) < 8000


def test_a_secret_can_be_changed_while_people_are_in(site: Site) -> None:
    with served(site, "starlette") as application:
        visitor = application.visitor()
        visitor.sign_in()
        cookies = visitor.cookies
    client = site.client
    newer = "another secret of the tests, which is long enough too"
    for secret, status in (([newer, SECRET], 200), ([newer], 303)):
        known = {"client_id": client["ClientId"], "client_secret": client["ClientSecret"]}
        with served(site, "starlette", secret=secret, **known) as later:
            visitor = Visitor(later)
            visitor.put(cookies)
            assert visitor.get("/").status_code == status


def test_a_store_is_shared_by_processes_and_survives_them(site: Site) -> None:
    with served(site, "starlette", keeping="store") as application:
        visitor = application.visitor()
        visitor.sign_in()
        cookies, client = visitor.cookies, site.client
    known = {"client_id": client["ClientId"], "client_secret": client["ClientSecret"]}
    with served(site, "starlette", keeping="store", **known) as later:
        visitor = Visitor(later)
        visitor.put(cookies)
        assert visitor.get("/").status_code == 200


def test_a_store_forgets_what_has_expired(site: Site) -> None:
    store = FileStore(str(site.folder / "kept"), clock=site.world.clock)
    store.save("aa", "old", expires_at=site.world.clock() + 10)
    site.world.clock.advance(1000)
    store.save("bb", "new", expires_at=site.world.clock() + 10)
    assert [path.name for path in (site.folder / "kept").glob("*.session")] == ["bb.session"]


def test_cognito_out_of_reach_is_no_sign_out(site: Site, framework: str) -> None:
    with on_a_line(site.world.origin) as line:
        options = {"domain": line.origin, "endpoint_url": site.world.origin}
        with served(site, framework, **options) as application:
            visitor = application.visitor()
            visitor.sign_in()
            site.world.clock.advance(3700)
            line.cut()
            assert visitor.get("/").status_code == 503
            line.mend()
            assert visitor.get("/").status_code == 200
