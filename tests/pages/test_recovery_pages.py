"""A forgotten password on the pages: the code, the new password, and who learns what."""

from __future__ import annotations

import re
from typing import Any

import pytest

from page_forms import go_on, link, open_page, press, shown
from world import PASSWORD, Browser, Pool, World, query_in

NEW_PASSWORD = "Analytical-1843"


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    pool.user()
    return pool.client()


def asked(browser: Browser, client: dict[str, Any], name: str = "ada") -> Any:
    """The page that takes the code."""
    page = open_page(browser, "/forgotPassword", client)
    return go_on(browser, press(browser, page, "reset_my_password", username=name))


def test_the_code_sets_a_new_password_with_which_one_signs_in(
    pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    page = link(browser, open_page(browser, "/login", client, state="s"), "Forgot your password?")
    page = go_on(browser, press(browser, page, "reset_my_password", username="ada"))
    assert "We sent a code to a***@e***" in shown(page)
    new = {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    page = go_on(browser, press(browser, page, "reset_password", code=pool.code_for(), **new))
    assert "Your password has been changed." in shown(page)
    assert "cognito" not in browser.session.cookies
    assert query_in(press(browser, page, username="ada", password=NEW_PASSWORD))["state"] == "s"
    assert "Incorrect username or password." in shown(Browser(browser.origin).sign_in(client, password=PASSWORD))


def test_a_code_serves_again_after_a_password_that_was_refused(
    pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    page, code = asked(browser, client), pool.code_for()
    for typed, again, sentence in (
        (NEW_PASSWORD, "another", "The two passwords differ."),
        ("short", "short", "Password does not conform to policy"),
    ):
        page = press(browser, page, code=code, password=typed, confirm_password=again)
        assert sentence in shown(page)
        assert typed not in page.text
    done = press(browser, page, code=code, password=NEW_PASSWORD, confirm_password=NEW_PASSWORD)
    assert done.headers["Location"].startswith("/login?")
    spent = press(browser, page, code=code, password=PASSWORD, confirm_password=PASSWORD)
    assert spent.status_code == 200, "a code is good once"


def test_a_wrong_code_sets_no_password(pool: Pool, client: dict[str, Any], browser: Browser) -> None:
    page, code = asked(browser, client), pool.code_for()
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    page = press(browser, page, code=wrong, password=NEW_PASSWORD, confirm_password=NEW_PASSWORD)
    assert "Invalid verification code provided, please try again." in shown(page)
    assert "code" in query_in(browser.sign_in(client))


def test_guesses_are_counted_with_those_of_the_api(pool: Pool, client: dict[str, Any], browser: Browser) -> None:
    idp, page = pool.world.idp, asked(browser, client)
    for _ in range(10):
        page = press(browser, page, code="0", password=NEW_PASSWORD, confirm_password=NEW_PASSWORD)
        with pytest.raises(idp.exceptions.CodeMismatchException):
            idp.confirm_forgot_password(
                ClientId=client["ClientId"], Username="ada", ConfirmationCode="0", Password=NEW_PASSWORD
            )
    right = press(browser, page, code=pool.code_for(), password=NEW_PASSWORD, confirm_password=NEW_PASSWORD)
    assert "Attempt limit exceeded" in shown(right)


def test_another_code_may_be_asked_for(pool: Pool, client: dict[str, Any], browser: Browser) -> None:
    page = asked(browser, client)
    page = go_on(browser, press(browser, page, "reset_my_password"))
    assert len(pool.world.messages(pool_id=pool.pool_id)) == 2
    done = press(browser, page, code=pool.code_for(), password=NEW_PASSWORD, confirm_password=NEW_PASSWORD)
    assert done.headers["Location"].startswith("/login?")


def test_who_exists_is_not_told_where_the_client_asks_for_that(pool: Pool, browser: Browser) -> None:
    """Of the two pages and of the sign-up's: every word is the same, but for the masked address."""
    pool.user(email="ada@example.com")
    hidden = pool.client(PreventUserExistenceErrors="ENABLED")
    told = []
    for name in ("ada", "nobody"):
        page = asked(Browser(browser.origin), hidden, name)
        other = Browser(browser.origin)
        page = asked(other, hidden, name)
        after = press(other, page, code="000000", password=NEW_PASSWORD, confirm_password=NEW_PASSWORD)
        confirm = press(other, open_page(other, "/confirm", hidden), username=name, verification_code="000000")
        told.append([re.sub(r"\S\*\*\*@\S\*\*\*", "MASKED", shown(each)) for each in (page, after, confirm)])
    assert told[0] == told[1]


def test_who_exists_is_told_where_the_client_does_not_mind(pool: Pool, browser: Browser) -> None:
    client = pool.client(PreventUserExistenceErrors="LEGACY")
    page = press(browser, open_page(browser, "/forgotPassword", client), username="nobody")
    assert "Username/client id combination not found." in shown(page)


def test_a_password_that_was_reset_leads_to_the_code(pool: Pool, client: dict[str, Any], browser: Browser) -> None:
    pool.world.idp.admin_reset_user_password(UserPoolId=pool.pool_id, Username="ada")
    page = go_on(browser, browser.sign_in(client))
    assert "Your password has to be reset." in shown(page)
    new = {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    page = go_on(browser, press(browser, page, code=pool.code_for(), **new))
    assert "code" in query_in(press(browser, page, username="ada", password=NEW_PASSWORD))


def test_where_only_administrators_reset_passwords_there_is_no_way_to(world: World, browser: Browser) -> None:
    only = {"RecoveryMechanisms": [{"Priority": 1, "Name": "admin_only"}]}
    client = world.pool(AccountRecoverySetting=only).client()
    assert "Forgot your password?" not in shown(open_page(browser, "/login", client))
    for path in ("/forgotPassword", "/confirmForgotPassword"):
        page = open_page(browser, path, client)
        assert (page.status_code, "Contact administrator to reset password." in shown(page)) == (400, True)


@pytest.mark.parametrize("path", ["/forgotPassword", "/confirmForgotPassword"])
def test_a_form_from_another_site_does_nothing(pool: Pool, client: dict[str, Any], browser: Browser, path: str) -> None:
    page = open_page(browser, path, client)
    form = {"_csrf": "made-up", "username": "ada", "code": "1", "password": NEW_PASSWORD}
    answer = browser.session.post(page.url, data=form, allow_redirects=False)
    assert "This page was open for too long." in shown(answer)
    assert pool.world.messages(pool_id=pool.pool_id) == []
