"""What is throttled is throttled alike over the API and on the pages, and counted together (facts/api.md §7).

Each way in is tried over one until it is refused, and then over the other, which is refused at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from asking import unchecked
from halfday.server.domain.users.attempts import PER_HOUR
from operations.test_levels import FLOWS, LOA
from operations.test_mfa import FROM, RECOVERY, with_mfa
from operations.test_sign_up import listed
from page_forms import go_on, open_page, press, shown
from world import PASSWORD, Browser, Pool, World

Client = dict[str, Any]
TOO_OFTEN = "Attempt limit exceeded, please try after some time."
LOCKED = "Password attempts exceeded"
Way = Callable[[World, Pool, Client], str]
"""Tries once. What is said of it: an error's sentence, or what the page shows."""


def over_the_api(operation: str, **given: Any) -> Way:
    def call(world: World, pool: Pool, client: Client) -> str:
        asked = getattr(unchecked(world, "cognito-idp"), operation)
        try:
            asked(ClientId=client["ClientId"], **given)
        except ClientError as refused:
            return str(refused.response["Error"]["Message"])
        return "done"

    return call


def on_the_pages(path: str, button: str, **fields: str) -> Way:
    def fill(world: World, pool: Pool, client: Client) -> str:
        browser = Browser(world.origin)
        answer = press(browser, open_page(browser, path, client), button, **fields)
        return shown(answer) if answer.status_code == 200 else "done"

    return fill


def sign_in_by_mail_on_the_pages(world: World, pool: Pool, client: Client) -> str:
    browser = Browser(world.origin)
    page = press(browser, open_page(browser, "/login", client), "otherWays", username="ada")
    return shown(press(browser, page, factor="EMAIL_OTP"))


def sign_up_over_the_api(world: World, pool: Pool, client: Client) -> str:
    """Under a new name each time, with the same address."""
    attributes = listed({"email": "victim@example.com"})
    given = {"Username": f"api-{next(world.counter)}", "Password": PASSWORD, "UserAttributes": attributes}
    return over_the_api("sign_up", **given)(world, pool, client)


def sign_up_on_the_pages(world: World, pool: Pool, client: Client) -> str:
    fields = {"username": f"page-{next(world.counter)}", "password": PASSWORD}
    address = {"requiredAttributes[email]": "Victim@example.com"}
    return on_the_pages("/signup", "signUpButton", **fields, **address)(world, pool, client)


def resend_on_the_pages(world: World, pool: Pool, client: Client) -> str:
    browser = Browser(world.origin)
    page = press(browser, open_page(browser, "/confirm", client), "resend", username="ada")
    return shown(page) if page.status_code == 200 else "done"


BY_MAIL = {"AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": "ada", "PREFERRED_CHALLENGE": "EMAIL_OTP"}}
WRONG = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": "ada", "PASSWORD": "wrong"}}
NEW = {"password": PASSWORD, "confirm_password": PASSWORD}
WAYS: dict[str, tuple[Way, Way, int, str]] = {
    "sign-in": (
        over_the_api("initiate_auth", **WRONG),
        on_the_pages("/login", "signInSubmitButton", username="ada", password="wrong"),
        5,
        LOCKED,
    ),
    "FirstFactorCode": (
        over_the_api("initiate_auth", **BY_MAIL),
        sign_in_by_mail_on_the_pages,
        PER_HOUR["FirstFactorCode"],
        TOO_OFTEN,
    ),
    "ForgotPassword": (
        over_the_api("forgot_password", Username="ada"),
        on_the_pages("/forgotPassword", "reset_my_password", username="ada"),
        PER_HOUR["ForgotPassword"],
        TOO_OFTEN,
    ),
    "ConfirmForgotPassword": (
        over_the_api("confirm_forgot_password", Username="ada", ConfirmationCode="000000", Password=PASSWORD),
        on_the_pages("/confirmForgotPassword", "reset_password", username="ada", code="000000", **NEW),
        PER_HOUR["ConfirmForgotPassword"],
        TOO_OFTEN,
    ),
    "ResendConfirmationCode": (
        over_the_api("resend_confirmation_code", Username="ada"),
        resend_on_the_pages,
        PER_HOUR["ResendConfirmationCode"],
        TOO_OFTEN,
    ),
    "ConfirmSignUp": (
        over_the_api("confirm_sign_up", Username="ada", ConfirmationCode="000000"),
        on_the_pages("/confirm", "confirm", username="ada", verification_code="000000"),
        PER_HOUR["ConfirmSignUp"],
        TOO_OFTEN,
    ),
    "SignUp": (sign_up_over_the_api, sign_up_on_the_pages, PER_HOUR["SignUp"], TOO_OFTEN),
}
OF_WHOEVER_IS_SIGNED_IN = {
    "ChangePassword",
    "GetUserAttributeVerificationCode",
    "VerifyUserAttribute",
    "UpdateUserAttributes",
}
"""The pages have no such way."""


@pytest.fixture
def pool(world: World) -> Pool:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = world.pool(Policies=policies, AutoVerifiedAttributes=["email"])
    pool.user()
    world.clock.hold()
    return pool


@pytest.fixture
def client(pool: Pool) -> Client:
    return pool.client(ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="LEGACY")


def test_every_limit_is_looked_at_here() -> None:
    assert {*PER_HOUR} == ({*WAYS} - {"sign-in"}) | OF_WHOEVER_IS_SIGNED_IN | {"SecondFactorCode"}


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("pages_first", [False, True], ids=["the API first", "the pages first"])
def test_what_was_tried_too_often_one_way_is_refused_the_other_way(
    world: World, pool: Pool, client: Client, name: str, pages_first: bool
) -> None:
    api, page, most, sentence = WAYS[name]
    first, then = (page, api) if pages_first else (api, page)
    for _ in range(most):
        assert sentence not in first(world, pool, client)
    assert sentence in then(world, pool, client)
    assert sentence in first(world, pool, client)
    world.clock.advance(3601)
    assert sentence not in then(world, pool, client)


def test_second_factors_that_are_sent_are_counted_wherever_they_are_asked_for(world: World, browser: Browser) -> None:
    """Whoever has found out a password fills nobody's mailbox."""
    pool = with_mfa(world, "ON", "email")
    pool.user()
    client = pool.client()
    world.clock.hold()
    right = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": "ada", "PASSWORD": PASSWORD}}
    for _ in range(PER_HOUR["SecondFactorCode"]):
        assert over_the_api("initiate_auth", **right)(world, pool, client) == "done"
    assert over_the_api("initiate_auth", **right)(world, pool, client) == TOO_OFTEN
    assert TOO_OFTEN in shown(browser.sign_in(client))
    assert len(world.messages(pool_id=pool.pool_id)) == PER_HOUR["SecondFactorCode"]


def test_so_is_stepping_up(world: World, browser: Browser) -> None:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = world.pool(Policies=policies, EmailConfiguration=FROM, AccountRecoverySetting=RECOVERY)
    pool.user()
    client = pool.client()
    world.clock.hold()
    browser.sign_in(client)
    page = go_on(browser, browser.authorize(client, acr_values=LOA.format(3)))
    for _ in range(PER_HOUR["SecondFactorCode"]):
        page = go_on(browser, browser.authorize(client, acr_values=LOA.format(3)))
        assert TOO_OFTEN not in shown(press(browser, page, factor="EMAIL_OTP"))
    page = go_on(browser, browser.authorize(client, acr_values=LOA.format(3)))
    assert TOO_OFTEN in shown(press(browser, page, factor="EMAIL_OTP"))
