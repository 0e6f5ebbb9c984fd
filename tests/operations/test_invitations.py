"""AdminCreateUser: invitations, and what temporary passwords are exchanged for. Source: facts/api.md §4, §5, §8."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asking import invalid, not_authorized, refusal
from operations.test_mfa import FROM, SMS_CONFIGURATION
from operations.test_sign_in import WRONG, initiate, respond
from operations.test_sign_up import PHONE, listed, user_of
from world import PASSWORD, Pool, World

Client = dict[str, Any]
TEMPORARY = "Temporary-1"
EMAIL = "ada@example.com"
DAY_S = 86400
BOTH = {"email": EMAIL, "phone_number": PHONE}


def create(
    pool: Pool, attributes: dict[str, str] | None = None, *, username: str = "ada", **given: Any
) -> dict[str, Any]:
    attributes = {"email": EMAIL} if attributes is None else attributes
    answer = pool.world.idp.admin_create_user(
        UserPoolId=pool.pool_id, Username=username, UserAttributes=listed(attributes), **given
    )
    user: dict[str, Any] = answer["User"]
    return user


def invite_again(pool: Pool, username: str = "ada", **given: Any) -> dict[str, Any]:
    given = {"DesiredDeliveryMediums": ["EMAIL"], **given}
    answer = pool.world.idp.admin_create_user(
        UserPoolId=pool.pool_id, Username=username, MessageAction="RESEND", **given
    )
    user: dict[str, Any] = answer["User"]
    return user


def sent(pool: Pool) -> list[tuple[str, str]]:
    """(medium, destination), oldest first."""
    messages = pool.world.messages(pool_id=pool.pool_id)
    return [(message["medium"], message["destination"]) for message in reversed(messages)]


def asked(pool: Pool, client: Client, password: str, name: str = "ada") -> dict[str, Any]:
    """What stands in the way of who comes with a temporary password."""
    challenge = initiate(pool.world, client, USERNAME=name, PASSWORD=password)
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    return challenge


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool(SmsConfiguration=SMS_CONFIGURATION)


@pytest.fixture
def client(pool: Pool) -> Client:
    return pool.client()


def test_a_user_is_invited_with_a_password_that_is_exchanged_at_the_first_sign_in(
    world: World, pool: Pool, client: Client
) -> None:
    made = create(pool, DesiredDeliveryMediums=["EMAIL"])
    assert set(made) == {"Username", "Attributes", "UserCreateDate", "UserLastModifiedDate", "Enabled", "UserStatus"}
    assert (made["UserStatus"], made["Enabled"]) == ("FORCE_CHANGE_PASSWORD", True)
    (message,) = world.messages(pool_id=pool.pool_id)
    password = message["code"]
    assert (message["purpose"], message["subject"]) == ("AdminCreateUser", "Your temporary password")
    assert message["text"] == f"Your username is ada and temporary password is {password}. "
    challenge = asked(pool, client, password)
    respond(world, client, "NEW_PASSWORD_REQUIRED", challenge["Session"], USERNAME="ada", NEW_PASSWORD=PASSWORD)
    assert user_of(pool)[0] == "CONFIRMED"
    assert refusal(pool.tokens, client=client, password=password) == WRONG
    assert pool.tokens(client)["IdToken"]


@pytest.mark.parametrize(
    ("mediums", "attributes", "destinations"),
    [
        (None, BOTH, [("SMS", PHONE)]),
        (None, {"email": EMAIL}, []),
        (["EMAIL"], BOTH, [("EMAIL", EMAIL)]),
        (["EMAIL", "SMS"], BOTH, [("EMAIL", EMAIL), ("SMS", PHONE)]),
    ],
)
def test_an_invitation_goes_by_the_mediums_asked_for(
    pool: Pool, mediums: list[str] | None, attributes: dict[str, str], destinations: list[tuple[str, str]]
) -> None:
    create(pool, attributes, **({} if mediums is None else {"DesiredDeliveryMediums": mediums}))
    assert sorted(sent(pool)) == sorted(destinations)


@pytest.mark.parametrize(
    ("medium", "attributes", "sentence"),
    [
        ("EMAIL", {"phone_number": PHONE}, "No email provided but desired delivery medium was Email"),
        ("SMS", {"email": EMAIL}, "No phone number provided but desired delivery medium was SMS"),
    ],
)
def test_a_medium_without_an_address_is_refused_and_nobody_is_made(
    pool: Pool, medium: str, attributes: dict[str, str], sentence: str
) -> None:
    assert refusal(create, pool=pool, attributes=attributes, DesiredDeliveryMediums=[medium]) == invalid(sentence)
    assert pool.world.idp.list_users(UserPoolId=pool.pool_id)["Users"] == []


def test_nobody_is_told_where_the_message_is_suppressed(pool: Pool, client: Client) -> None:
    create(pool, BOTH, MessageAction="SUPPRESS", TemporaryPassword=TEMPORARY, DesiredDeliveryMediums=["EMAIL", "SMS"])
    assert sent(pool) == []
    assert asked(pool, client, TEMPORARY)


def test_the_pool_s_own_words_with_the_name_that_people_sign_in_with(world: World) -> None:
    words = {
        "EmailSubject": "Welcome",
        "EmailMessage": "Dear {username}: {####}!",
        "SMSMessage": "{username} {####}",
    }
    settings = {
        "AdminCreateUserConfig": {"InviteMessageTemplate": words},
        "SmsConfiguration": SMS_CONFIGURATION,
    }
    given = {"TemporaryPassword": TEMPORARY, "DesiredDeliveryMediums": ["EMAIL", "SMS"]}
    for extra, username, names in (
        ({}, "ada", ("ada", "ada")),
        ({"UsernameAttributes": ["email"]}, EMAIL, (EMAIL, EMAIL)),
        ({"UsernameAttributes": ["email", "phone_number"]}, EMAIL, (EMAIL, PHONE)),
    ):
        pool = world.pool(**settings, **extra)
        create(pool, BOTH, username=username, **given)
        texts = {message["medium"]: message for message in world.messages(pool_id=pool.pool_id)}
        assert (texts["EMAIL"]["subject"], texts["EMAIL"]["text"]) == ("Welcome", f"Dear {names[0]}: {TEMPORARY}!")
        assert texts["SMS"]["text"] == f"{names[1]} {TEMPORARY}"


def test_an_invitation_is_sent_again_with_another_password(world: World, pool: Pool, client: Client) -> None:
    create(pool, DesiredDeliveryMediums=["EMAIL"])
    first = pool.code_for("ada", "AdminCreateUser")
    assert invite_again(pool)["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    newest, _ = world.messages(pool_id=pool.pool_id)
    assert newest["code"] != first
    assert refusal(initiate, world=world, client=client, USERNAME="ada", PASSWORD=first) == WRONG
    assert asked(pool, client, newest["code"])
    invite_again(pool, TemporaryPassword=TEMPORARY)
    assert asked(pool, client, TEMPORARY)


def test_an_invitation_is_sent_again_to_who_still_waits_only(world: World, pool: Pool) -> None:
    pool.user()
    sentence = "Resend not possible. ada status is not FORCE_CHANGE_PASSWORD"
    assert refusal(invite_again, pool=pool) == ("UnsupportedUserStateException", sentence)
    unknown = ("UserNotFoundException", "User does not exist.")
    assert refusal(invite_again, pool=pool, username="nobody") == unknown
    create(pool, username="eve", MessageAction="SUPPRESS")
    weak = refusal(invite_again, pool=pool, username="eve", TemporaryPassword="temporary-1")
    sentence = "Password did not conform with password policy: Password must have uppercase characters"
    assert weak == ("InvalidPasswordException", sentence)
    assert sent(pool) == []


def test_a_temporary_password_ends_with_the_pool_s_days_and_begins_anew_with_each(world: World) -> None:
    policy = {
        "MinimumLength": 8,
        "RequireUppercase": True,
        "RequireLowercase": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "TemporaryPasswordValidityDays": 2,
    }
    pool = world.pool(Policies={"PasswordPolicy": policy})
    client = pool.client()
    create(pool, TemporaryPassword=TEMPORARY, MessageAction="SUPPRESS")
    world.clock.advance(2 * DAY_S - 60)
    asked(pool, client, TEMPORARY)
    world.clock.advance(120)
    expired = not_authorized("Temporary password has expired and must be reset by an administrator.")
    given = {"world": world, "client": client, "USERNAME": "ada"}
    assert refusal(initiate, **given, PASSWORD=TEMPORARY) == expired
    assert refusal(initiate, **given, PASSWORD="Wrong-1815") == WRONG
    invite_again(pool, TemporaryPassword=TEMPORARY)
    world.clock.advance(2 * DAY_S - 60)
    asked(pool, client, TEMPORARY)


def test_a_name_or_an_address_that_is_taken(world: World, pool: Pool) -> None:
    create(pool)
    assert refusal(create, pool=pool) == ("UsernameExistsException", "User account already exists")
    of_addresses = world.pool(UsernameAttributes=["email"])
    create(of_addresses, {}, username=EMAIL)
    exists = ("UsernameExistsException", "An account with the given email already exists.")
    for force in (False, True):
        given = {"pool": of_addresses, "attributes": {"email_verified": "true"}, "ForceAliasCreation": force}
        assert refusal(create, **given, username=EMAIL) == exists, "it is all that they sign in with"


@pytest.mark.parametrize("verified", [True, False])
def test_an_alias_is_taken_by_force_if_it_is_verified(world: World, verified: bool) -> None:
    pool = world.pool(AliasAttributes=["email", "preferred_username"])
    pool.user(preferred_username="countess")
    given = {"pool": pool, "username": "eve", "attributes": {"email": EMAIL, "email_verified": str(verified).lower()}}
    if verified:
        exists = ("UsernameExistsException", "An account with the given email already exists.")
        assert refusal(create, **given) == exists
    create(**given, ForceAliasCreation=True)
    owner = "eve" if verified else "ada"
    assert user_of(pool, EMAIL) == user_of(pool, owner)
    assert user_of(pool, "ada")[1]["email_verified"] == ("false" if verified else "true")
    given = {"pool": pool, "username": "bob", "attributes": {"preferred_username": "countess"}}
    exists = ("UsernameExistsException", "An account with the given preferred_username already exists.")
    assert refusal(create, **given, ForceAliasCreation=True) == exists
    assert "preferred_username_verified" not in user_of(pool, "ada")[1]


def test_required_attributes_are_asked_for_at_the_first_sign_in(world: World) -> None:
    required = [{"Name": name, "Required": True, "Mutable": True} for name in ("email", "name")]
    pool = world.pool(Schema=required)
    client = pool.client()
    create(pool, {"email": EMAIL, "email_verified": "true"}, TemporaryPassword=TEMPORARY, MessageAction="SUPPRESS")
    challenge = asked(pool, client, TEMPORARY)
    assert json.loads(challenge["ChallengeParameters"]["requiredAttributes"]) == ["userAttributes.name"]
    given = {"world": world, "client": client, "challenge": "NEW_PASSWORD_REQUIRED", "session": challenge["Session"]}
    given |= {"USERNAME": "ada", "NEW_PASSWORD": PASSWORD}
    assert refusal(respond, **given) == invalid("Invalid attributes given, name is missing")
    provided = {"userAttributes.name": "Ada", "userAttributes.email": "eve@example.com"}
    assert refusal(respond, **given, **provided) == not_authorized("Cannot modify an already provided email")
    respond(**given, **{"userAttributes.name": "Ada"})
    assert user_of(pool)[1].items() >= {"name": "Ada", "email": EMAIL, "email_verified": "true"}.items()


def test_an_address_given_with_the_new_password_is_not_taken_for_verified(world: World, pool: Pool) -> None:
    """Else whoever is invited at their own address could pass for the owner of any other."""
    client = pool.client()
    create(pool, {"email": EMAIL, "email_verified": "true"}, TemporaryPassword=TEMPORARY, MessageAction="SUPPRESS")
    challenge = asked(pool, client, TEMPORARY)
    given = {"world": world, "client": client, "challenge": "NEW_PASSWORD_REQUIRED", "session": challenge["Session"]}
    given |= {"USERNAME": "ada", "NEW_PASSWORD": PASSWORD}
    respond(**given, **{"userAttributes.email": "owner@example.com", "userAttributes.nickname": "Ada"})
    assert user_of(pool)[1].items() >= {"email": "owner@example.com", "email_verified": "false"}.items()


@pytest.mark.parametrize(
    ("factors", "given", "status"),
    [
        (["PASSWORD", "EMAIL_OTP"], {}, "CONFIRMED"),
        (["PASSWORD", "SMS_OTP"], {}, "CONFIRMED"),
        (["PASSWORD", "EMAIL_OTP"], {"TemporaryPassword": TEMPORARY}, "FORCE_CHANGE_PASSWORD"),
        (["PASSWORD", "WEB_AUTHN"], {}, "FORCE_CHANGE_PASSWORD"),
        (["PASSWORD"], {}, "FORCE_CHANGE_PASSWORD"),
    ],
)
def test_without_a_password_people_are_confirmed_where_codes_do(
    world: World, factors: list[str], given: dict[str, str], status: str
) -> None:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": factors}}
    pool = world.pool(Policies=policies, EmailConfiguration=FROM, SmsConfiguration=SMS_CONFIGURATION)
    assert create(pool, DesiredDeliveryMediums=["EMAIL"], **given)["UserStatus"] == status
    assert len(sent(pool)) == (0 if status == "CONFIRMED" else 1), "there is no password to tell"


def test_who_has_no_password_has_an_address(world: World) -> None:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = world.pool(Policies=policies, EmailConfiguration=FROM)
    refused = refusal(create, pool=pool, attributes={"name": "Ada"})
    assert refused == invalid("An email or a phone_number is required of a user without a password.")
    assert world.idp.list_users(UserPoolId=pool.pool_id)["Users"] == []
    create(pool, {"name": "Ada"}, TemporaryPassword=TEMPORARY)
    of_addresses = world.pool(Policies=policies, EmailConfiguration=FROM, UsernameAttributes=["email"])
    assert create(of_addresses, {}, username=EMAIL)["UserStatus"] == "CONFIRMED"


def test_who_has_no_password_signs_in_by_a_code(world: World) -> None:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = world.pool(Policies=policies, EmailConfiguration=FROM)
    client = pool.client(ExplicitAuthFlows=["ALLOW_USER_AUTH"])
    create(pool)
    begun = initiate(world, client, "USER_AUTH", USERNAME="ada", PREFERRED_CHALLENGE="EMAIL_OTP")
    code = pool.code_for("ada", "Authentication")
    done = respond(world, client, "EMAIL_OTP", begun["Session"], USERNAME="ada", EMAIL_OTP_CODE=code)
    assert done["AuthenticationResult"]["IdToken"]
    assert user_of(pool)[1]["email_verified"] == "true"
