"""What changes between two steps of a sign-in, or of a recovery, ends what was begun before it."""

from __future__ import annotations

from typing import Any

import pytest

from asking import not_authorized, refusal, unchecked
from halfday.server.domain.users.factors import totp
from operations.test_mfa import ON, PREFERRED, prefer, set_up_app, signed_in, step, with_mfa
from operations.test_recovery import NEW, RESET, asked_for, recover, reset
from operations.test_sign_in import initiate, new_password_session, respond
from operations.test_sign_up import NO_CODE, PHONE, listed
from operations.test_user_auth import FLOWS, begin, passwordless
from world import PASSWORD, Pool, World

SPENT = not_authorized("Invalid session for the user.")
Client = dict[str, Any]


def set_password(pool: Pool, password: str = NEW, *, permanent: bool = True) -> None:
    pool.world.idp.admin_set_user_password(
        UserPoolId=pool.pool_id, Username="ada", Password=password, Permanent=permanent
    )


def set_attributes(pool: Pool, **attributes: str) -> None:
    pool.world.idp.admin_update_user_attributes(
        UserPoolId=pool.pool_id, Username="ada", UserAttributes=listed(attributes)
    )


def refusal_at_once(world: World, client: Client, asked: dict[str, Any], **responses: str) -> tuple[str, str]:
    """Of the first answer: boto3 would ask again after an internal error, and then find the session used up."""
    answer = unchecked(world, "cognito-idp").respond_to_auth_challenge
    given = {"ClientId": client["ClientId"], "ChallengeName": asked["ChallengeName"], "Session": asked["Session"]}
    return refusal(answer, **given, ChallengeResponses=responses)


def test_a_recovery_code_is_worth_nothing_once_the_address_is_another(world: World, pool: Pool) -> None:
    pool.user()
    client = pool.client()
    code = asked_for(pool, client)
    set_attributes(pool, email="new@example.com", email_verified="true")
    assert refusal(recover, world=world, client=client, code=code) == NO_CODE
    assert pool.tokens(client)["IdToken"]


@pytest.mark.parametrize("by", ["administrator", "oneself"])
def test_a_recovery_code_is_worth_nothing_once_there_is_a_new_password(world: World, pool: Pool, by: str) -> None:
    pool.user()
    client = pool.client()
    token = pool.tokens(client)["AccessToken"]
    code = asked_for(pool, client)
    if by == "administrator":
        set_password(pool)
    else:
        world.idp.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=NEW)
    assert refusal(recover, world=world, client=client, code=code, password="Stolen-1815") == NO_CODE
    assert pool.tokens(client, password=NEW)["IdToken"]


def test_a_sign_in_that_began_with_the_old_password_ends_with_it(world: World) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    client = pool.client()
    asked = signed_in(world, client)
    set_password(pool)
    code = {"USERNAME": "ada", "EMAIL_OTP_CODE": pool.code_for("ada", "Authentication")}
    assert (
        refusal(respond, world=world, client=client, challenge="EMAIL_OTP", session=asked["Session"], **code) == SPENT
    )


def test_who_knew_the_former_temporary_password_chooses_no_new_one(world: World, pool: Pool) -> None:
    client = pool.client()
    session = new_password_session(world, pool, client)
    set_password(pool, "Temporary-2", permanent=False)
    given = {"USERNAME": "ada", "NEW_PASSWORD": "Stolen-1815"}
    assert (
        refusal(respond, world=world, client=client, challenge="NEW_PASSWORD_REQUIRED", session=session, **given)
        == SPENT
    )
    assert initiate(world, client, USERNAME="ada", PASSWORD="Temporary-2")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_a_password_that_was_reset_does_not_choose_its_successor(world: World, pool: Pool) -> None:
    pool.user()
    client = pool.client()
    token = pool.tokens(client)["AccessToken"]
    reset(pool)
    change = {"AccessToken": token, "PreviousPassword": PASSWORD, "ProposedPassword": NEW}
    assert refusal(world.idp.change_password, **change) == RESET
    recover(world, client, pool.code_for("ada", "ForgotPassword"))


@pytest.mark.parametrize("first", [True, False])
def test_a_code_sent_to_an_address_that_is_another_since_signs_nobody_in(world: World, first: bool) -> None:
    pool = passwordless(world, "EMAIL_OTP") if first else with_mfa(world, "ON", "email")
    pool.user()
    client = pool.client(ExplicitAuthFlows=FLOWS)
    asked = begin(world, client, PREFERRED_CHALLENGE="EMAIL_OTP") if first else signed_in(world, client)
    assert asked["ChallengeName"] == "EMAIL_OTP"
    code = pool.code_for("ada", "Authentication")
    set_attributes(pool, email="new@example.com", email_verified="true")
    given = {"session": asked["Session"], "USERNAME": "ada", "EMAIL_OTP_CODE": code}
    assert refusal(respond, world=world, client=client, challenge="EMAIL_OTP", **given) == SPENT


def test_a_code_of_a_factor_that_the_pool_has_no_more_signs_nobody_in(world: World) -> None:
    pool = with_mfa(world, "ON", "sms", "totp")
    pool.user(phone_number=PHONE)
    client = pool.client()
    prefer(pool, SMSMfaSettings=PREFERRED)
    asked = signed_in(world, client)
    assert asked["ChallengeName"] == "SMS_MFA"
    world.idp.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    code = {"USERNAME": "ada", "SMS_MFA_CODE": pool.code_for("ada", "Authentication")}
    assert refusal(respond, world=world, client=client, challenge="SMS_MFA", session=asked["Session"], **code) == SPENT


def test_who_has_an_app_since_is_not_set_up_with_another(world: World) -> None:
    """The one who was first at MFA_SETUP, with a password that two know, does not replace the other's app."""
    pool = with_mfa(world, "ON", "totp", "email")
    pool.user()
    world.idp.admin_delete_user_attributes(UserPoolId=pool.pool_id, Username="ada", UserAttributeNames=["email"])
    client = pool.client()
    at_once, associated = signed_in(world, client), signed_in(world, client)
    handed_on = world.idp.associate_software_token(Session=associated["Session"])
    secret, answer = set_up_app(world, client, signed_in(world, client))
    assert answer["AuthenticationResult"]
    assert refusal(world.idp.associate_software_token, Session=at_once["Session"]) == SPENT
    code = totp(handed_on["SecretCode"], step(world))
    assert refusal(world.idp.verify_software_token, Session=handed_on["Session"], UserCode=code) == SPENT
    given = {"session": at_once["Session"], "USERNAME": "ada", "EMAIL": "mallory@example.com"}
    assert refusal(respond, world=world, client=client, challenge="MFA_SETUP", **given) == SPENT
    asked = signed_in(world, client)
    right = {"USERNAME": "ada", "SOFTWARE_TOKEN_MFA_CODE": totp(secret, step(world) + 1)}
    assert respond(world, client, "SOFTWARE_TOKEN_MFA", asked["Session"], **right)["AuthenticationResult"]


def test_a_factor_that_is_gone_is_not_chosen_any_more(world: World) -> None:
    pool = with_mfa(world, "ON", "sms", "email")
    pool.user(phone_number=PHONE)
    client = pool.client()
    prefer(pool, SMSMfaSettings=ON, EmailMfaSettings=ON)
    asked = signed_in(world, client)
    assert asked["ChallengeName"] == "SELECT_MFA_TYPE"
    world.idp.admin_delete_user_attributes(UserPoolId=pool.pool_id, Username="ada", UserAttributeNames=["phone_number"])
    assert refusal_at_once(world, client, asked, USERNAME="ada", ANSWER="SMS_MFA") == SPENT


def test_an_address_that_is_gone_is_not_sent_a_first_code(world: World) -> None:
    pool = passwordless(world, "EMAIL_OTP")
    pool.user()
    client = pool.client(ExplicitAuthFlows=FLOWS)
    asked = begin(world, client)
    world.idp.admin_delete_user_attributes(UserPoolId=pool.pool_id, Username="ada", UserAttributeNames=["email"])
    assert refusal_at_once(world, client, asked, USERNAME="ada", ANSWER="EMAIL_OTP") == SPENT
