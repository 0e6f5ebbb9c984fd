"""Signing up on the pages: who may, what is asked for, the code, another code, and the sign-in at the end of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from page_forms import go_on, link, open_page, press, shown
from world import PASSWORD, Browser, Pool, World, query_in

ADA = "ada@example.com"


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool(UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    return pool.client()


def signed_up(browser: Browser, client: dict[str, Any], name: str = ADA, **more: str) -> Any:
    """The page that asks for the code."""
    page = open_page(browser, "/signup", client, **more)
    return go_on(browser, press(browser, page, "signUpButton", username=name, password=PASSWORD))


def inputs(page: Any) -> dict[str, str]:
    """The type of each input that is seen, by its name."""
    found = re.findall(r'<input id="[^"]*"[^>]* name="([^"]+)"([^>]*)', page.text)
    return {name: (re.search(r'type="([^"]+)"', rest) or ["", "text"])[1] for name, rest in found}


def status(pool: Pool, name: str = ADA) -> str:
    return pool.world.idp.admin_get_user(UserPoolId=pool.pool_id, Username=name)["UserStatus"]


def test_the_code_confirms_the_sign_up_and_signs_in(pool: Pool, client: dict[str, Any], browser: Browser) -> None:
    page = signed_up(browser, client, state="a&b")
    assert "We sent a code to a***@e***" in shown(page)
    assert page.request.url.startswith(f"{browser.origin}/confirm?")  # type: ignore[union-attr]
    assert ADA not in page.request.url, "no name stands in an address"
    answer = press(browser, page, "confirm", verification_code=pool.code_for(ADA))
    assert query_in(answer).keys() == {"code", "state"}
    assert query_in(answer)["state"] == "a&b"
    assert status(pool) == "CONFIRMED"
    assert browser.session.cookies["cognito"]


def test_every_page_of_a_sign_up_keeps_the_app_s_request(client: dict[str, Any], browser: Browser) -> None:
    asked = {"state": "s&t", "scope": "openid email", "nonce": "n", "code_challenge_method": "S256"}
    asked["code_challenge"] = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    page = open_page(browser, "/login", client, **asked)
    query = page.request.url.partition("?")[2]  # type: ignore[union-attr]
    for text in ("Sign up", "Sign in", "Forgot your password?", "Back to sign-in"):
        page = link(browser, page, text)
        assert page.status_code == 200
        assert page.request.url.partition("?")[2] == query, text  # type: ignore[union-attr]
    page = press(browser, link(browser, page, "Sign up"), "signUpButton", username="eve@example.com", password="weak")
    assert page.request.url.partition("?")[2] == query  # type: ignore[union-attr]
    assert "Password did not conform with policy" in shown(page)
    assert 'value="eve@example.com"' in page.text, "what was typed is kept"
    assert "weak" not in page.text


def test_a_wrong_code_confirms_nobody_and_may_be_tried_again(
    pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    page = signed_up(browser, client)
    code = pool.code_for(ADA)
    page = press(browser, page, "confirm", verification_code=f"{(int(code) + 1) % 1_000_000:06}")
    assert "Invalid verification code provided, please try again." in shown(page)
    assert status(pool) == "UNCONFIRMED"
    assert "code" in query_in(press(browser, page, "confirm", verification_code=code))


def test_another_code_ends_the_one_before(pool: Pool, client: dict[str, Any], browser: Browser) -> None:
    page = signed_up(browser, client)
    first = pool.code_for(ADA)
    page = go_on(browser, press(browser, page, "resend"))
    assert "We sent a new one." in shown(page)
    second = pool.code_for(ADA)
    if first != second:
        page = press(browser, page, "confirm", verification_code=first)
        assert "Invalid code provided, please request a code again." in shown(page)
    assert "code" in query_in(press(browser, page, "confirm", verification_code=second))


def test_codes_are_not_sent_without_end(pool: Pool, client: dict[str, Any], browser: Browser) -> None:
    """The limit is the API's: both count together."""
    page = signed_up(browser, client)
    pool.world.idp.resend_confirmation_code(ClientId=client["ClientId"], Username=ADA)
    for _ in range(4):
        page = go_on(browser, press(browser, page, "resend"))
    refused = press(browser, page, "resend")
    assert "Attempt limit exceeded, please try after some time." in shown(refused)


def test_somebody_who_is_not_confirmed_comes_from_sign_in_to_the_code(
    pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    signed_up(Browser(browser.origin), client)
    page = go_on(browser, browser.sign_in(client, ADA))
    assert "User is not confirmed." in shown(page)
    assert "cognito" not in browser.session.cookies
    assert "code" in query_in(press(browser, page, "confirm", verification_code=pool.code_for(ADA)))


def test_a_code_without_the_password_confirms_and_leads_to_sign_in(
    pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    signed_up(Browser(browser.origin), client)
    page = open_page(browser, "/confirm", client)
    answer = press(browser, page, "confirm", username=ADA, verification_code=pool.code_for(ADA))
    page = go_on(browser, answer)
    assert "Your account is confirmed. You can sign in now." in shown(page)
    assert f'value="{ADA}"' in page.text
    assert "cognito" not in browser.session.cookies
    assert "code" in query_in(press(browser, page, username=ADA, password=PASSWORD))
    again = open_page(browser, "/login", client)
    assert "Your account is confirmed" not in shown(again), "it is said once"


def test_who_comes_with_the_code_after_minutes_signs_in_by_password(
    world: World, pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    page = signed_up(browser, client)
    world.clock.advance(181)
    page = go_on(browser, press(browser, page, "confirm", verification_code=pool.code_for(ADA)))
    assert "You can sign in now." in shown(page)
    assert "cognito" not in browser.session.cookies


def test_the_session_of_a_sign_up_signs_in_nobody_before_the_code(
    pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    page = signed_up(browser, client)
    press(browser, page, "confirm", verification_code="")
    assert "cognito" not in browser.session.cookies
    session = re.findall(r'name="session" value="([^"]+)"', page.text)[0]
    with pytest.raises(pool.world.idp.exceptions.ClientError):
        pool.world.idp.confirm_sign_up(
            ClientId=client["ClientId"], Username=ADA, ConfirmationCode=pool.code_for(ADA), Session=session
        )
    assert status(pool) == "UNCONFIRMED", "a sign-in goes on where it began"


def test_a_name_that_is_taken_is_refused_in_the_api_s_words(client: dict[str, Any], browser: Browser) -> None:
    signed_up(Browser(browser.origin), client)
    page = press(browser, open_page(browser, "/signup", client), "signUpButton", username=ADA, password=PASSWORD)
    assert "already exists" in shown(page)


@pytest.mark.parametrize("path", ["/signup", "/confirm", "/resendcode"])
def test_a_form_from_another_site_does_nothing(pool: Pool, client: dict[str, Any], browser: Browser, path: str) -> None:
    page = open_page(browser, "/signup", client)
    form = {"_csrf": "made-up", "username": ADA, "password": PASSWORD, "verification_code": "1"}
    url = page.request.url.replace("/signup?", f"{path}?")  # type: ignore[union-attr]
    answer = browser.session.post(url, data=form, allow_redirects=False)
    assert "This page was open for too long." in shown(answer)
    assert pool.world.idp.list_users(UserPoolId=pool.pool_id)["Users"] == []


def test_where_only_administrators_make_users_there_is_no_way_to_sign_up(world: World, browser: Browser) -> None:
    pool = world.pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    client = pool.client()
    assert "Sign up" not in shown(open_page(browser, "/login", client))
    page = open_page(browser, "/signup", client)
    assert (page.status_code, "SignUp is not permitted for this user pool" in shown(page)) == (400, True)


def test_a_client_without_the_pool_s_own_users_has_no_sign_up(pool: Pool, browser: Browser) -> None:
    provider = {"client_id": "c", "attributes_request_method": "GET", "authorize_scopes": "openid"}
    pool.world.idp.create_identity_provider(
        UserPoolId=pool.pool_id,
        ProviderName="Acme",
        ProviderType="OIDC",
        ProviderDetails={**provider, "oidc_issuer": "https://idp.example"},
    )
    client = pool.client(SupportedIdentityProviders=["Acme"])
    assert "Sign up" not in shown(open_page(browser, "/login", client))
    for path in ("/signup", "/forgotPassword", "/confirmForgotPassword"):
        assert open_page(browser, path, client).status_code == 400


def test_what_the_pool_requires_is_asked_for_with_a_fitting_control(world: World, browser: Browser) -> None:
    names = ("email", "phone_number", "birthdate", "given_name", "updated_at")
    pool = world.pool(Schema=[{"Name": name, "Required": True, "Mutable": True} for name in names])
    client = pool.client()
    page = open_page(browser, "/signup", client)
    kinds = {"email": "email", "phone_number": "tel", "birthdate": "date", "given_name": "text", "updated_at": "number"}
    asked = {f"requiredAttributes[{name}]": kind for name, kind in kinds.items()}
    assert inputs(page) == {"username": "text", "password": "password", **asked}
    given = {"email": ADA, "phone_number": "+15551234567", "birthdate": "1815-12-10", "given_name": "Ada"}
    given = {f"requiredAttributes[{name}]": value for name, value in {**given, "updated_at": "1"}.items()}
    missing = press(browser, page, username="ada", password=PASSWORD, **{**given, "requiredAttributes[birthdate]": ""})
    assert "birthdate" in shown(missing)
    assert 'value="+15551234567"' in missing.text
    done = press(browser, missing, username="ada", password=PASSWORD, **given)
    page = go_on(browser, done)
    assert "An administrator has to confirm it" in shown(page), "the pool verifies no address"
    known = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="ada")["UserAttributes"]
    assert {"Name": "birthdate", "Value": "1815-12-10"} in known


@pytest.mark.parametrize("name", ["custom:role", "email_verified", "locale"])
def test_an_attribute_that_the_page_does_not_ask_for_is_refused(
    pool: Pool, client: dict[str, Any], browser: Browser, name: str
) -> None:
    page = open_page(browser, "/signup", client)
    answer = press(browser, page, username=ADA, password=PASSWORD, **{f"requiredAttributes[{name}]": "true"})
    assert "This page does not ask for all that was sent." in shown(answer)


def test_an_address_for_the_code_is_asked_for_also_where_it_is_not_required(world: World, browser: Browser) -> None:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    page = open_page(browser, "/signup", pool.client())
    assert inputs(page)["requiredAttributes[email]"] == "email"
    nowhere = press(browser, page, username="ada", password=PASSWORD)
    assert "a code that confirms your account goes there" in shown(nowhere)
    page = go_on(
        browser, press(browser, nowhere, username="ada", password=PASSWORD, **{"requiredAttributes[email]": ADA})
    )
    assert "code" in query_in(press(browser, page, verification_code=pool.code_for("ada")))


def test_a_pool_that_sends_links_waits_for_the_link(world: World, browser: Browser) -> None:
    template = {"DefaultEmailOption": "CONFIRM_WITH_LINK"}
    pool = world.pool(
        UsernameAttributes=["email"], AutoVerifiedAttributes=["email"], VerificationMessageTemplate=template
    )
    page = signed_up(browser, pool.client())
    assert "We sent a link to a***@e***" in shown(page)
    assert "verification_code" not in page.text
    go_on(browser, press(browser, page, "resend"))
    assert len(world.messages(pool_id=pool.pool_id)) == 2


def test_what_one_page_tells_the_next_is_for_this_client_and_page_alone(pool: Pool, browser: Browser) -> None:
    """The cookie says whom a page is about: nobody reads it, and no other page, client or time takes it."""
    client, other = pool.client(), pool.client(ClientName="other")
    signed_up(browser, client)
    (told,) = [cookie for cookie in browser.session.cookies if cookie.name.startswith("cognito-fl.")]
    assert "ada" not in (told.value or "")
    assert told.path == "/confirm", "it goes to that page alone"
    assert "a***@e***" in shown(open_page(browser, "/confirm", client))
    assert "a***@e***" not in shown(open_page(browser, "/confirm", other))
    assert "a***@e***" not in shown(open_page(browser, "/confirmForgotPassword", client))
    pool.world.clock.advance(601)
    assert "a***@e***" not in shown(open_page(browser, "/confirm", client))


@pytest.mark.parametrize("cookie", ["", "x", "AAAA" * 20, "é", "A" * 5000])
def test_a_made_up_cookie_tells_nothing(client: dict[str, Any], browser: Browser, cookie: str) -> None:
    signed_up(browser, client)
    (told,) = [kept.name for kept in browser.session.cookies if kept.name.startswith("cognito-fl.")]
    browser.session.cookies.clear()
    browser.session.headers["Cookie"] = f"{told}={cookie}"
    assert open_page(browser, "/confirm", client).status_code == 200


@pytest.mark.parametrize("name", ["", " ", "a b", "x" * 129, "\x00"])
@pytest.mark.parametrize("path", ["/signup", "/forgotPassword"])
def test_what_can_be_nobody_s_name_is_asked_for_again(
    pool: Pool, client: dict[str, Any], browser: Browser, path: str, name: str
) -> None:
    answer = press(browser, open_page(browser, path, client), username=name, password=PASSWORD)
    assert "Please enter your email." in shown(answer)
