"""What clients that are not to learn who exists hear outside of sign-in. Source: facts/api.md §6; developer guide,
Managing user existence error responses (an unknown user, a disabled one, one without a verified address)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from asking import invalid, not_authorized, refusal
from operations.test_mfa import PREFERRED, SMS_CONFIGURATION, prefer, with_mfa, wrong
from operations.test_recovery import NEW, NO_CONTACT, forget, order, recover
from operations.test_sign_up import (
    BY_MAIL,
    BY_PHONE,
    FLOWS,
    NO_CODE,
    PHONE,
    WRONG_CODE,
    confirm,
    passwordless,
    resend,
    sign_up,
    user_of,
)
from world import PASSWORD, Pool, World

Client = dict[str, Any]
DISABLED = not_authorized("User is disabled.")


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool(AutoVerifiedAttributes=["email"])


@pytest.fixture
def hiding(pool: Pool) -> Client:
    return pool.client(PreventUserExistenceErrors="ENABLED")


def nobody(pool: Pool) -> None:
    pass


def disabled(pool: Pool) -> None:
    pool.world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username=pool.user("eve"))


def without_verified_address(pool: Pool) -> None:
    pool.user("eve", email_verified="false")


def invited(pool: Pool) -> None:
    pool.user("eve", password=None)


def unconfirmed(pool: Pool) -> None:
    sign_up(pool.world, pool.client(), "eve")


CANNOT = [nobody, disabled, without_verified_address, invited, unconfirmed]


@pytest.mark.parametrize("who", CANNOT)
def test_who_cannot_be_sent_a_code_looks_like_everybody_else(
    world: World, pool: Pool, hiding: Client, who: Callable[[Pool], None]
) -> None:
    pool.user("ada")
    who(pool)
    for name in ("ada", "eve"):
        assert refusal(recover, world=world, client=hiding, code="000000", username=name) == NO_CODE
    assert forget(world, hiding, "ada").keys() == forget(world, hiding, "eve").keys()
    assert [m["username"] for m in world.messages(pool_id=pool.pool_id, purpose="ForgotPassword")] == ["ada"]
    guess = wrong(pool.code_for("ada", "ForgotPassword"))
    for name in ("ada", "eve"):
        assert refusal(recover, world=world, client=hiding, code=guess, username=name) == WRONG_CODE
    world.clock.advance(3601)
    for name in ("ada", "eve"):
        assert refusal(recover, world=world, client=hiding, code=guess, username=name) == NO_CODE


def test_a_code_sent_before_serves_although_the_address_is_unverified_since(
    world: World, pool: Pool, hiding: Client
) -> None:
    pool.user("ada")
    forget(world, hiding)
    unverified = [{"Name": "email_verified", "Value": "false"}]
    world.idp.admin_update_user_attributes(UserPoolId=pool.pool_id, Username="ada", UserAttributes=unverified)
    recover(world, hiding, pool.code_for("ada", "ForgotPassword"))
    assert pool.tokens(hiding, password=NEW)["IdToken"]


def confirmed(pool: Pool) -> None:
    pool.user("eve")


def unconfirmed_long_ago(pool: Pool) -> None:
    unconfirmed(pool)
    pool.world.clock.advance(86401)


@pytest.mark.parametrize("who", [*CANNOT, confirmed, unconfirmed_long_ago])
def test_a_wrong_code_of_a_sign_up_is_wrong_whoever_there_is(
    world: World, pool: Pool, hiding: Client, who: Callable[[Pool], None]
) -> None:
    who(pool)
    assert refusal(confirm, world=world, client=hiding, code="000000", username="eve") == WRONG_CODE
    garbage = {"username": "eve", "code": "000000", "Session": "x" * 20}
    session = not_authorized("Invalid session for the user.")
    assert refusal(confirm, world=world, client=hiding, **garbage) == session
    link = {"client_id": hiding["ClientId"], "user_name": "eve", "confirmation_code": "000000"}
    page = requests.get(f"{world.origin}/confirmUser", params=link, timeout=10)
    assert (page.status_code, WRONG_CODE[1] in page.text) == (400, True)


@pytest.mark.parametrize("who", [*CANNOT, confirmed])
def test_another_code_of_a_sign_up_is_said_to_be_sent_whoever_there_is(
    world: World, pool: Pool, hiding: Client, who: Callable[[Pool], None]
) -> None:
    who(pool)
    assert resend(world, hiding, "eve").keys() == BY_MAIL.keys()
    sent = world.messages(pool_id=pool.pool_id, purpose="ResendCode")
    assert len(sent) == (1 if who is unconfirmed else 0)


def test_the_right_code_is_told_that_it_comes_too_late(world: World, pool: Pool, hiding: Client) -> None:
    """Whoever has it knows that there is somebody."""
    sign_up(world, hiding)
    code = pool.code_for("ada", "SignUp")
    world.clock.advance(86401)
    assert refusal(confirm, world=world, client=hiding, code=code) == NO_CODE


def test_where_a_code_goes_of_a_number_or_an_address_that_nobody_has(world: World) -> None:
    """To the name itself, as the name of somebody is where theirs goes, in the letters that the pool keeps."""
    settings = {
        "AutoVerifiedAttributes": ["email", "phone_number"],
        "SmsConfiguration": SMS_CONFIGURATION,
        "UsernameConfiguration": {"CaseSensitive": False},
    }
    by_phone = world.pool(UsernameAttributes=["phone_number"], **settings, **order("verified_phone_number"))
    client = by_phone.client(PreventUserExistenceErrors="ENABLED")
    assert forget(world, client, PHONE)["Destination"] == BY_PHONE["Destination"]
    by_mail = world.pool(UsernameAttributes=["email"], **settings, **order("verified_email"))
    client = by_mail.client(PreventUserExistenceErrors="ENABLED")
    assert forget(world, client, "ADA@Example.com")["Destination"] == BY_MAIL["Destination"]


@pytest.mark.parametrize("hidden", [True, False])
def test_who_is_disabled_before_confirming_is_sent_nothing_and_not_confirmed(
    world: World, pool: Pool, hidden: bool
) -> None:
    client = pool.client(PreventUserExistenceErrors="ENABLED" if hidden else "LEGACY")
    sign_up(world, client)
    code = pool.code_for("ada", "SignUp")
    world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username="ada")
    if hidden:
        assert resend(world, client).keys() == BY_MAIL.keys()
    else:
        assert refusal(resend, world=world, client=client) == DISABLED
    assert len(world.messages(pool_id=pool.pool_id)) == 1
    assert refusal(confirm, world=world, client=client, code=code) == DISABLED
    world.idp.admin_enable_user(UserPoolId=pool.pool_id, Username="ada")
    assert user_of(pool)[0] == "UNCONFIRMED"
    confirm(world, client, code)


@pytest.mark.parametrize(
    ("factor", "setting", "elsewhere"),
    [("sms", "SMSMfaSettings", BY_MAIL), ("email", "EmailMfaSettings", BY_PHONE)],
)
def test_no_password_is_recovered_where_the_second_factor_goes(
    world: World, factor: str, setting: str, elsewhere: dict[str, str]
) -> None:
    pool = with_mfa(world, "OPTIONAL", "sms", "email")
    client = pool.client()
    pool.user("ada", phone_number=PHONE, phone_number_verified="true")
    assert forget(world, client) == BY_PHONE, "the pool's order, as long as there is no second factor"
    prefer(pool, **{setting: PREFERRED})
    assert forget(world, client) == elsewhere
    gone = "email" if elsewhere == BY_MAIL else "phone_number"
    unverified = [{"Name": f"{gone}_verified", "Value": "false"}]
    world.idp.admin_update_user_attributes(UserPoolId=pool.pool_id, Username="ada", UserAttributes=unverified)
    assert refusal(forget, world=world, client=client) == NO_CONTACT


def test_pools_without_a_setting_recover_by_the_phone_whatever_it_is_for(world: World) -> None:
    pool = with_mfa(world, "OPTIONAL", "sms")
    shown = world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
    world.idp.update_user_pool(
        UserPoolId=pool.pool_id, MfaConfiguration="OPTIONAL", SmsConfiguration=shown["SmsConfiguration"]
    )
    pool.user("ada", phone_number=PHONE, phone_number_verified="true")
    prefer(pool, SMSMfaSettings=PREFERRED)
    assert forget(world, pool.client()) == BY_PHONE


def signed_up_without_password(world: World) -> tuple[Pool, Client, str]:
    pool = passwordless(world, "EMAIL_OTP")
    client = pool.client(ExplicitAuthFlows=FLOWS)
    first = sign_up(world, client, Password=None)["Session"]
    second = confirm(world, client, pool.code_for("ada", "SignUp"), Session=first)["Session"]
    answer = world.idp.initiate_auth(
        ClientId=client["ClientId"], AuthFlow="USER_AUTH", AuthParameters={"USERNAME": "ada"}, Session=second
    )
    return pool, client, answer["AuthenticationResult"]["AccessToken"]


def test_who_never_had_a_password_gets_one_without_an_old_one_once(world: World) -> None:
    pool, client, token = signed_up_without_password(world)
    change = world.idp.change_password
    wrong_one = refusal(change, AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=PASSWORD)
    assert wrong_one == not_authorized("Incorrect username or password.")
    weak = refusal(change, AccessToken=token, ProposedPassword="mechanism-1831")
    assert weak == (
        "InvalidPasswordException",
        "Password does not conform to policy: Password must have uppercase characters",
    )
    change(AccessToken=token, ProposedPassword=PASSWORD)
    assert pool.tokens(client)["IdToken"]
    assert refusal(change, AccessToken=token, ProposedPassword=NEW) == invalid(
        "Missing required parameter PreviousPassword"
    )
