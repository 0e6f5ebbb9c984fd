"""An answer that a provider's page posts from another site, and another person's answer put into a browser.

The provider is on `localhost`, the pool on 127.0.0.1: to a browser these are two sites. Ports do not make sites.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Page, sync_playwright

from federation.posting_provider import (
    DETAILS,
    KIND,
    PostingProvider,
    ProviderSite,
    answer_to,
    page_that_posts,
)
from halfday.server.domain.user_pools import providers
from halfday.server.outside import provider_kinds
from halfday.server.outside.provider_port import federation_refused
from real_clients.test_chromium import ARGUMENTS
from sockets import answering
from tools import find_chromium
from world import Browser as Person
from world import World, query_in, running

POOL = "us-east-1_Posted"
CLIENT = {"ClientId": "postedclient"}
ROOT = {"aws_access_key_id": "AKIAROOT", "aws_secret_access_key": "a secret of the account's root"}
SETTINGS = {
    "trusted_proxy": "127.0.0.1",
    "root_access_key_id": ROOT["aws_access_key_id"],
    "root_secret_access_key": ROOT["aws_secret_access_key"],
}


@dataclass
class Place:
    world: World
    provider: str
    callback: str

    def sign_in_link(self) -> str:
        asked = {"response_type": "code", "client_id": CLIENT["ClientId"], "redirect_uri": self.callback, "state": "s"}
        return f"{self.world.origin}/oauth2/authorize?{urlencode({**asked, 'identity_provider': 'Corp'})}"

    def sign_out_link(self) -> str:
        asked = {"client_id": CLIENT["ClientId"], "logout_uri": f"{self.callback}/bye"}
        return f"{self.world.origin}/logout?{urlencode(asked)}"

    def leave(self, person: Person) -> str:
        answer = person.session.get(self.sign_in_link(), allow_redirects=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def usernames(self) -> set[str]:
        idp = self.world.boto3("cognito-idp", **ROOT)
        return {user["Username"] for user in idp.list_users(UserPoolId=POOL)["Users"]}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch, answering(ProviderSite) as site, answering(ProviderSite) as app:
        patch.setitem(provider_kinds.ADAPTERS, KIND, PostingProvider)
        patch.setitem(providers.KINDS, KIND, DETAILS)
        provider, callback = site.replace("127.0.0.1", "localhost"), f"{app}/callback".replace("127.0.0.1", "localhost")
        document = document_of(provider, callback)
        with running(tmp_path_factory.mktemp("posted"), document, **SETTINGS) as world:
            assert urlsplit(world.origin).hostname == "127.0.0.1"
            yield Place(world, provider, callback)


def document_of(provider: str, callback: str) -> dict[str, Any]:
    corp = {"type": KIND, "name": "Corp", "details": {"MetadataURL": f"{provider}/sso"}}
    acme = {"type": "OIDC", "name": "Acme", "client_id": "c", "details": acme_details(provider)}
    client = {
        "id": CLIENT["ClientId"],
        "callback_urls": [callback],
        "logout_urls": [f"{callback}/bye"],
        "flows": ["code"],
        "scopes": ["openid"],
        "providers": ["Corp", "Acme"],
    }
    pool = {"id": POOL, "provider": [{**corp, "attribute_mapping": {"email": "email"}}, acme], "client": [client]}
    return {"user_pool": [pool]}


def acme_details(provider: str) -> dict[str, str]:
    return {"oidc_issuer": provider, "attributes_request_method": "GET", "authorize_url": f"{provider}/authorize"}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def person(place: Place) -> Person:
    return Person(place.world.origin)


@pytest.fixture
def another(place: Place) -> Person:
    return Person(place.world.origin)


def cookies_of(page: Page) -> set[str]:
    """Their names, without what tells one sign-in from another."""
    return {cookie["name"].partition(".")[0] for cookie in page.context.cookies()}


def left_with(person: Person) -> tuple[str, str]:
    """(name, value) of the cookie with which a person went away to the provider."""
    return next((c.name, c.value or "") for c in person.session.cookies if c.name.startswith("csrf-state."))


def test_chromium_is_signed_in_by_a_form_that_another_site_posts(place: Place, page: Page) -> None:
    page.goto(place.sign_in_link())
    page.wait_for_url(f"{place.callback}?code=**")
    assert "Corp_wile" in place.usernames()
    assert "cognito" in cookies_of(page)
    assert "csrf-state" not in cookies_of(page), "it is used up"


def test_chromium_signs_out_by_the_provider_s_page_and_comes_back(place: Place, page: Page) -> None:
    page.goto(place.sign_in_link())
    page.wait_for_url(f"{place.callback}?code=**")
    visits: list[str] = []
    page.on("request", lambda request: visits.append(request.url.partition("?")[0]))
    page.goto(place.sign_out_link())
    page.wait_for_url(f"{place.callback}/bye")
    assert f"{place.provider}/sso" in visits
    assert f"{place.world.origin}/saml2/logout" in visits
    assert "cognito" not in cookies_of(page)


def test_who_is_signed_out_and_has_nowhere_to_go_on_to_is_told_so(place: Place, person: Person) -> None:
    """The logout URL was taken from the app client meanwhile."""
    assert "code" in query_in(post(person, *answer_to(place.leave(person), "stranded")))
    away = person.session.get(place.sign_out_link(), allow_redirects=False)
    assert "cognito" not in person.session.cookies
    idp, named = place.world.boto3("cognito-idp", **ROOT), {"UserPoolId": POOL, **CLIENT}
    client = idp.describe_user_pool_client(**named)["UserPoolClient"]
    kept = ("CallbackURLs", "AllowedOAuthFlows", "AllowedOAuthScopes", "AllowedOAuthFlowsUserPoolClient")
    settings = {**named, **{name: client[name] for name in (*kept, "SupportedIdentityProviders")}}
    idp.update_user_pool_client(**settings, LogoutURLs=["https://elsewhere.example/"])
    try:
        back = f"{person.origin}/saml2/logout?again=1"
        page = person.session.post(back, data={"RelayState": query_in(away)["RelayState"]}, allow_redirects=False)
    finally:
        idp.update_user_pool_client(**settings, LogoutURLs=client["LogoutURLs"])
    assert page.status_code == 200
    assert "<h1>You are signed out</h1>" in page.text


def test_a_provider_that_cannot_be_left_keeps_nobody_signed_in(
    place: Place, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any, **__: Any) -> str:
        raise federation_refused("Something went wrong", "its metadata cannot be read")

    assert "code" in query_in(post(person, *answer_to(place.leave(person), "stuck")))
    monkeypatch.setattr(PostingProvider, "sign_out", refuse)
    away = person.session.get(place.sign_out_link(), allow_redirects=False)
    assert away.headers["Location"] == f"{place.callback}/bye"
    assert "cognito" not in person.session.cookies


def test_a_state_is_good_for_what_it_was_made_for_only(place: Place, person: Person) -> None:
    """A sign-out's state signs nobody in, and a sign-in's ends no sign-out."""
    action, form = answer_to(place.leave(person), "mixed")
    out = f"{person.origin}/saml2/logout"
    assert "<h1>You are signed out</h1>" in post(person, out, form).text, "nothing that was begun here"
    action, form = answer_to(place.leave(person), "mixed")
    assert "code" in query_in(post(person, action, form))
    away = person.session.get(place.sign_out_link(), allow_redirects=False)
    state = query_in(away)["RelayState"]
    for cookie in ({}, {"Cookie": "csrf-state="}, {"Cookie": "=".join(left_with(person))}):
        answer = requests.post(
            f"{action}?again=1", data={**form, "RelayState": state}, headers=cookie, allow_redirects=False, timeout=10
        )
        assert answer.headers["Location"].startswith("/error?error=invalid_request")


def test_chromium_without_scripts_is_signed_in_by_a_button(place: Place, chromium: Browser) -> None:
    person = Person(place.world.origin)
    context = chromium.new_context(java_script_enabled=False)
    action, form = answer_to(place.leave(person), "scriptless")
    name, value = left_with(person)
    context.add_cookies([{"name": name, "value": value, "url": place.world.origin, "sameSite": "Lax"}])
    ProviderSite.trap = page_that_posts(action, form).replace("</form>", "<button>Go on</button></form>")
    page = context.new_page()
    page.goto(f"{place.provider}/trap")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{place.callback}?code=**")
    context.close()


@pytest.mark.parametrize("under_way", [False, True], ids=["at rest", "away for a sign-in of its own"])
def test_no_answer_of_an_attacker_signs_in_a_victim_s_chromium(place: Place, page: Page, under_way: bool) -> None:
    attacker = Person(place.world.origin)
    action, form = answer_to(place.leave(attacker), f"mallory{under_way}")
    if under_way:
        page.context.request.get(place.sign_in_link(), max_redirects=0)
        assert "csrf-state" in cookies_of(page)
    ProviderSite.trap = page_that_posts(action, form)
    page.goto(f"{place.provider}/trap")
    page.wait_for_url(f"{place.world.origin}/error?**")
    assert "cognito" not in cookies_of(page)
    assert ("csrf-state" in cookies_of(page)) is under_way, "a sign-in of the victim's own is not lost by it"
    assert f"Corp_mallory{under_way}" not in place.usernames()


def test_the_page_in_between_shows_what_was_posted_as_text(place: Place, person: Person) -> None:
    form = {"RelayState": '"><script>alert(1)</script>', "submit": "x", "SAMLResponse": "y"}
    page = requests.post(f"{person.origin}/saml2/idpresponse", data=form, timeout=10)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "no-store" in page.headers["Cache-Control"]
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'sha256-" in policy
    assert "default-src 'none'" in policy


def post(person: Person, action: str, form: dict[str, str], **given: Any) -> requests.Response:
    return person.session.post(action, data=form, allow_redirects=False, timeout=10, **given)


def test_a_browser_that_has_no_cookie_at_the_second_time_either_is_sent_no_third_time(
    place: Place, person: Person
) -> None:
    action, form = answer_to(place.leave(person), "cookieless")
    answer = requests.post(f"{action}?again=1", data=form, allow_redirects=False, timeout=10)
    assert answer.headers["Location"].startswith("/error?error=invalid_request")
    assert "Corp_cookieless" not in place.usernames()


def test_an_answer_is_taken_once(place: Place, person: Person) -> None:
    action, form = answer_to(place.leave(person), "once")
    cookie = {"Cookie": "=".join(left_with(person))}
    assert "code" in query_in(post(person, action, form))
    again = requests.post(f"{action}?again=1", data=form, headers=cookie, allow_redirects=False, timeout=10)
    assert again.headers["Location"].startswith("/error?error=invalid_request")


def test_an_answer_as_long_as_assertions_are_is_taken(place: Place, person: Person) -> None:
    action, form = answer_to(place.leave(person), "long", groups="g" * 60_000)
    assert "code" in query_in(post(person, action, form))


def test_what_an_adapter_refuses_is_told_to_the_app(place: Place, person: Person, another: Person) -> None:
    action, _ = answer_to(place.leave(person), "swapped")
    state = dict(pair.split("=") for pair in urlsplit(place.leave(another)).query.split("&"))["RelayState"]
    _, foreign = answer_to(place.leave(person), "swapped")
    answer = post(another, action, {**foreign, "RelayState": state})
    told = query_in(answer)
    assert told == {"error_description": "Invalid SAML response received", "state": "s", "error": "invalid_request"}
    assert "Corp_swapped" not in place.usernames()


def test_an_answer_is_taken_on_the_provider_s_own_way_only(place: Place, person: Person) -> None:
    """An OIDC provider's state does not open the door that a posted answer comes by, nor the other way round."""
    _, form = answer_to(place.leave(person), "detour")
    detour = {"state": form["RelayState"], "code": "c", "SAMLResponse": form["SAMLResponse"]}
    answer = person.session.get(f"{person.origin}/oauth2/idpresponse", params=detour, allow_redirects=False)
    assert query_in(answer)["error_description"] == "Invalid State"
    away = person.session.get(place.sign_in_link().replace("Corp", "Acme"), allow_redirects=False)
    form = {**form, "RelayState": query_in(away)["state"]}
    assert query_in(post(person, f"{person.origin}/saml2/idpresponse", form))["error_description"] == "Invalid State"
    assert "Corp_detour" not in place.usernames()


BY_TLS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}


def left_by_tls(place: Place) -> tuple[requests.Response, str, dict[str, str]]:
    """The answer that sends the browser away, and where to and what the provider will post."""
    away = requests.get(place.sign_in_link(), headers=BY_TLS, allow_redirects=False, timeout=10)
    action, form = answer_to(away.headers["Location"], "planted")
    return away, action.replace("https://", "http://"), form


def test_over_https_the_cookie_has_a_name_that_no_neighbour_can_set(place: Place) -> None:
    written = left_by_tls(place)[0].headers["Set-Cookie"]
    assert written.startswith("__Host-csrf-state.")
    attributes = {part.strip().lower() for part in written.split(";")[1:]}
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= attributes
    assert not any(part.startswith("domain") for part in attributes)


@pytest.mark.parametrize(("prefix", "ends_in"), [("", "error="), ("__Host-", "code=")])
def test_over_https_a_cookie_that_a_neighbour_can_set_is_not_read(place: Place, prefix: str, ends_in: str) -> None:
    """A neighbouring subdomain, or a page without TLS, can plant a cookie without the prefix in a browser."""
    away, action, form = left_by_tls(place)
    cookie = away.headers["Set-Cookie"].partition(";")[0].removeprefix("__Host-")
    headers = {**BY_TLS, "Cookie": f"{prefix}{cookie}"}
    answer = requests.post(f"{action}?again=1", data=form, headers=headers, allow_redirects=False, timeout=10)
    assert ends_in in answer.headers["Location"]
