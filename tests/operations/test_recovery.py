"""Forgotten passwords, and those that a pool remembers. Source: facts/api.md §5, §6, §7, §8, §9."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from asking import invalid, missing, not_authorized, refusal
from halfday.protocol.srp import secret_hash
from operations.test_mfa import SMS_CONFIGURATION, wrong
from operations.test_sign_in import WRONG, initiate, respond
from operations.test_sign_up import (
    BY_MAIL,
    BY_PHONE,
    LIMITED,
    NO_CODE,
    PHONE,
    UNKNOWN,
    WRONG_CODE,
    listed,
    sign_up,
    user_of,
)
from world import PASSWORD, Pool, World

Client = dict[str, Any]
NEW = "Mechanism-1831"
BY_ADMINISTRATOR = ("NotAuthorizedException", "Contact administrator to reset password.")
"""Source: github.com/getmoto/moto, tests of ForgotPassword."""
NO_CONTACT = invalid("Cannot reset password for the user as there is no registered/verified email or phone_number")
WRONG_STATE = not_authorized("User password cannot be reset in the current state.")
DISABLED = not_authorized("User is disabled.")
RESET = ("PasswordResetRequiredException", "Password reset required for the user")
USED_BEFORE = ("PasswordHistoryPolicyViolationException", "Password has previously been used")


@pytest.fixture
def pool(world: World) -> Pool:
    pool = world.pool()
    pool.user()
    return pool


@pytest.fixture
def client(pool: Pool) -> Client:
    return pool.client()


def forget(world: World, client: Client, username: str = "ada", **given: Any) -> dict[str, Any]:
    answer = world.idp.forgot_password(ClientId=client["ClientId"], Username=username, **given)
    return answer["CodeDeliveryDetails"]


def recover(
    world: World, client: Client, code: str, password: str = NEW, username: str = "ada", **given: Any
) -> dict[str, Any]:
    answer = world.idp.confirm_forgot_password(
        ClientId=client["ClientId"], Username=username, ConfirmationCode=code, Password=password, **given
    )
    answer.pop("ResponseMetadata")
    return answer


def reset(pool: Pool, username: str = "ada") -> None:
    pool.world.idp.admin_reset_user_password(UserPoolId=pool.pool_id, Username=username)


def asked_for(pool: Pool, client: Client) -> str:
    forget(pool.world, client)
    return pool.code_for("ada", "ForgotPassword")


def test_a_forgotten_password_is_replaced_by_who_reads_the_mail(world: World, pool: Pool, client: Client) -> None:
    assert forget(world, client) == BY_MAIL
    (message,) = world.messages(pool_id=pool.pool_id)
    assert (message["destination"], message["purpose"]) == ("ada@example.com", "ForgotPassword")
    assert message["text"] == f"Your verification code is {message['code']}. "
    assert len(message["code"]) == 6
    assert pool.tokens(client)["IdToken"], "until then the old one serves"
    assert recover(world, client, message["code"]) == {}
    assert refusal(pool.tokens, client=client) == WRONG
    assert pool.tokens(client, password=NEW)["IdToken"]
    assert refusal(recover, world=world, client=client, code=message["code"], password=PASSWORD) == NO_CODE


def test_a_wrong_a_superseded_and_an_expired_code(world: World, pool: Pool, client: Client) -> None:
    attempt = {"world": world, "client": client}
    assert refusal(recover, **attempt, code="000000") == NO_CODE, "none was sent"
    first, second = asked_for(pool, client), asked_for(pool, client)
    assert refusal(recover, **attempt, code=first) == NO_CODE
    assert refusal(recover, **attempt, code=wrong(second)) == WRONG_CODE
    world.clock.advance(3599)
    assert refusal(recover, **attempt, code=wrong(second)) == WRONG_CODE
    world.clock.advance(2)
    assert refusal(recover, **attempt, code=second) == NO_CODE
    assert pool.tokens(client)["IdToken"]


def test_a_code_of_another_kind_recovers_nothing(world: World) -> None:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    client = pool.client()
    sign_up(world, client)
    code = pool.code_for("ada", "SignUp")
    assert refusal(recover, world=world, client=client, code=code) == NO_CODE
    pool.user("eve")
    forget(world, client, "eve")
    assert refusal(recover, world=world, client=client, code=pool.code_for("eve", "ForgotPassword")) == NO_CODE


def test_a_better_password_may_follow_with_the_same_code(world: World, pool: Pool, client: Client) -> None:
    code = asked_for(pool, client)
    refused = refusal(recover, world=world, client=client, code=code, password="Mechanism-x")
    assert refused == (
        "InvalidPasswordException",
        "Password does not conform to policy: Password must have numeric characters",
    )
    recover(world, client, code)


def test_of_two_at_once_one_password_is_set(world: World, pool: Pool, client: Client) -> None:
    code = asked_for(pool, client)
    passwords, refused = [f"{NEW}-{n}" for n in range(4)], list[tuple[str, str]]()
    start = threading.Barrier(len(passwords))

    def one(password: str) -> None:
        start.wait()
        try:
            recover(world, client, code, password)
        except world.idp.exceptions.ExpiredCodeException:
            refused.append(NO_CODE)

    threads = [threading.Thread(target=one, args=(password,)) for password in passwords]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    serves = [password for password in passwords if signs_in(pool, client, password)]
    assert (len(serves), len(refused)) == (1, 3)


def signs_in(pool: Pool, client: Client, password: str) -> bool:
    try:
        pool.tokens(client, password=password)
    except pool.world.idp.exceptions.NotAuthorizedException:
        return False
    return True


def unconfirmed(pool: Pool, client: Client) -> None:
    sign_up(pool.world, client, "eve")


def invited(pool: Pool, client: Client) -> None:
    pool.user("eve", password=None)


def disabled(pool: Pool, client: Client) -> None:
    pool.world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username=pool.user("eve"))


def without_address(pool: Pool, client: Client) -> None:
    named = {"UserPoolId": pool.pool_id, "Username": pool.user("eve")}
    pool.world.idp.admin_delete_user_attributes(**named, UserAttributeNames=["email"])


def with_unverified_address(pool: Pool, client: Client) -> None:
    pool.user("eve", email_verified="false", phone_number=PHONE, phone_number_verified="false")


@pytest.mark.parametrize(
    ("state", "forgotten", "reset_by_admin"),
    [
        (unconfirmed, NO_CONTACT, WRONG_STATE),
        (invited, WRONG_STATE, WRONG_STATE),
        (disabled, DISABLED, DISABLED),
        (without_address, NO_CONTACT, NO_CONTACT),
        (with_unverified_address, NO_CONTACT, NO_CONTACT),
    ],
)
def test_a_password_that_cannot_be_reset(
    world: World,
    pool: Pool,
    client: Client,
    state: Callable[[Pool, Client], None],
    forgotten: tuple[str, str],
    reset_by_admin: tuple[str, str],
) -> None:
    state(pool, client)
    before = user_of(pool, "eve")
    assert refusal(forget, world=world, client=client, username="eve") == forgotten
    assert refusal(reset, pool=pool, username="eve") == reset_by_admin
    assert user_of(pool, "eve") == before
    assert world.messages(pool_id=pool.pool_id, purpose="ForgotPassword") == []


def test_who_is_disabled_meanwhile_recovers_nothing(world: World, pool: Pool, client: Client) -> None:
    code = asked_for(pool, client)
    world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username="ada")
    assert refusal(recover, world=world, client=client, code=code) == DISABLED


def order(*names: str) -> dict[str, Any]:
    mechanisms = [{"Name": name, "Priority": number} for number, name in enumerate(names, 1)]
    return {"AccountRecoverySetting": {"RecoveryMechanisms": mechanisms}}


BOTH = {"phone_number": PHONE, "phone_number_verified": "true"}


@pytest.mark.parametrize(
    ("mechanisms", "attributes", "details"),
    [
        (["verified_email", "verified_phone_number"], BOTH, BY_MAIL),
        (["verified_phone_number", "verified_email"], BOTH, BY_PHONE),
        (["verified_phone_number", "verified_email"], {}, BY_MAIL),
        (["verified_email", "verified_phone_number"], {**BOTH, "email_verified": "false"}, BY_PHONE),
    ],
)
def test_the_code_goes_to_the_first_verified_address_in_the_pool_s_order(
    world: World, mechanisms: list[str], attributes: dict[str, str], details: dict[str, str]
) -> None:
    pool = world.pool(SmsConfiguration=SMS_CONFIGURATION, **order(*mechanisms))
    pool.user(**attributes)
    assert forget(world, pool.client()) == details
    (message,) = world.messages(pool_id=pool.pool_id)
    assert message["destination"] == (PHONE if details == BY_PHONE else "ada@example.com")


@pytest.mark.parametrize(
    ("attributes", "at_first", "without_the_setting"),
    [
        (BOTH, BY_MAIL, BY_PHONE),
        ({}, BY_MAIL, BY_MAIL),
        ({**BOTH, "phone_number_verified": "false"}, BY_MAIL, BY_MAIL),
        ({**BOTH, "email_verified": "false"}, BY_PHONE, BY_PHONE),
    ],
)
def test_a_new_pool_sends_mail_first_and_one_without_the_setting_texts(
    world: World, attributes: dict[str, str], at_first: dict[str, str], without_the_setting: dict[str, str]
) -> None:
    """API reference, AccountRecoverySetting: "In the absence of this setting, Cognito uses the legacy behavior"."""
    pool = world.pool(SmsConfiguration=SMS_CONFIGURATION)
    pool.user(**attributes)
    assert forget(world, pool.client()) == at_first
    world.idp.update_user_pool(UserPoolId=pool.pool_id, SmsConfiguration=SMS_CONFIGURATION, AccountRecoverySetting={})
    assert forget(world, pool.client()) == without_the_setting


@pytest.mark.parametrize(("mechanism", "attributes"), [("admin_only", BOTH), ("verified_phone_number", {})])
def test_nothing_goes_to_an_address_that_the_pool_does_not_name(
    world: World, mechanism: str, attributes: dict[str, str]
) -> None:
    pool = world.pool(SmsConfiguration=SMS_CONFIGURATION, **order(mechanism))
    pool.user(**attributes)
    told = BY_ADMINISTRATOR if mechanism == "admin_only" else NO_CONTACT
    assert refusal(forget, world=world, client=pool.client()) == told
    assert refusal(reset, pool=pool) == NO_CONTACT
    assert user_of(pool)[0] == "CONFIRMED"


@pytest.mark.parametrize("hidden", [False, True])
def test_somebody_unknown(world: World, pool: Pool, hidden: bool) -> None:
    client = pool.client(PreventUserExistenceErrors="ENABLED" if hidden else "LEGACY")
    nobody = {"world": world, "client": client, "username": "nobody"}
    if hidden:
        first = forget(**nobody)
        assert first == forget(**nobody)
        assert (first["DeliveryMedium"], first["AttributeName"], first["Destination"][1:6]) == (
            "EMAIL",
            "email",
            "***@" + first["Destination"][5],
        )
        assert refusal(recover, **nobody, code="000000") == WRONG_CODE, "as anybody's would be"
    else:
        assert refusal(forget, **nobody) == UNKNOWN
        assert refusal(recover, **nobody, code="000000") == UNKNOWN
    assert world.messages(pool_id=pool.pool_id) == []


@pytest.mark.parametrize(("mechanism", "medium"), [("verified_phone_number", "SMS"), ("admin_only", None)])
def test_somebody_unknown_looks_like_whoever_there_could_be(world: World, mechanism: str, medium: str | None) -> None:
    pool = world.pool(SmsConfiguration=SMS_CONFIGURATION, **order(mechanism))
    client = pool.client(PreventUserExistenceErrors="ENABLED")
    if medium is None:
        assert refusal(forget, world=world, client=client, username="nobody") == BY_ADMINISTRATOR
    else:
        assert forget(world, client, "nobody")["DeliveryMedium"] == medium


@pytest.mark.parametrize("name", ["ada", "nobody"])
@pytest.mark.parametrize("operation", ["forget", "recover"])
def test_twenty_an_hour(world: World, pool: Pool, name: str, operation: str) -> None:
    client = pool.client(PreventUserExistenceErrors="ENABLED")
    code = wrong(asked_for(pool, client))
    asked = {"world": world, "client": client, "username": name}
    attempt = forget if operation == "forget" else recover
    if operation == "recover":
        asked["code"] = code
    made = 1 if (operation, name) == ("forget", "ada") else 0
    for _ in range(20 - made):
        if operation == "forget":
            forget(**asked)
        else:
            assert refusal(recover, **asked) != LIMITED
    assert refusal(attempt, **asked) == LIMITED
    world.clock.advance(3601)
    if operation == "forget":
        forget(**asked)
    else:
        assert refusal(recover, **asked) == NO_CODE


def test_a_client_with_a_secret_proves_it(world: World, pool: Pool) -> None:
    secret = pool.client(GenerateSecret=True)
    proof = {"SecretHash": secret_hash("ada", secret["ClientId"], secret["ClientSecret"])}
    without = f"Client {secret['ClientId']} is configured with secret but SECRET_HASH was not received"
    mismatch = f"Unable to verify secret hash for client {secret['ClientId']}"
    asked = {"world": world, "client": secret}
    assert refusal(forget, **asked) == not_authorized(without)
    assert refusal(forget, **asked, SecretHash="x") == not_authorized(mismatch)
    forget(world, secret, **proof)
    code = pool.code_for("ada", "ForgotPassword")
    assert refusal(recover, **asked, code=code) == not_authorized(without)
    assert refusal(recover, **asked, code=code, SecretHash="x") == not_authorized(mismatch)
    recover(world, secret, code, **proof)
    assert refusal(forget, world=world, client={"ClientId": "gone"}) == missing("User pool client gone does not exist.")


def test_an_alias_serves_for_a_name_with_one_count_of_attempts(world: World) -> None:
    pool = world.pool(AliasAttributes=["email"])
    pool.user()
    client = pool.client()
    for name in ["ada", "ada@example.com"] * 10:
        forget(world, client, name)
    assert refusal(forget, world=world, client=client) == LIMITED
    recover(world, client, pool.code_for("ada", "ForgotPassword"), username="ada@example.com")
    assert pool.tokens(client, "ada@example.com", NEW)["IdToken"]


def test_an_administrator_resets_a_password_until_there_is_another(world: World, pool: Pool, client: Client) -> None:
    reset(pool)
    assert user_of(pool)[0] == "RESET_REQUIRED"
    assert refusal(pool.tokens, client=client) == RESET
    assert refusal(pool.tokens, client=client, password="Wrong-1815") == WRONG
    first = pool.code_for("ada", "ForgotPassword")
    forget(world, client)
    reset(pool)
    newest = world.messages(pool_id=pool.pool_id)[0]["code"]
    assert refusal(recover, world=world, client=client, code=first) == NO_CODE
    recover(world, client, newest)
    assert user_of(pool)[0] == "CONFIRMED"
    assert pool.tokens(client, password=NEW)["IdToken"]
    assert refusal(reset, pool=pool, username="nobody") == ("UserNotFoundException", "User does not exist.")


def test_who_has_no_password_yet_gets_one_by_a_code(world: World) -> None:
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = world.pool(Policies=policy)
    attributes = listed({"email": "ada@example.com", "email_verified": "true"})
    world.idp.admin_create_user(UserPoolId=pool.pool_id, Username="ada", UserAttributes=attributes)
    client = pool.client()
    assert refusal(pool.tokens, client=client) == WRONG
    recover(world, client, asked_for(pool, client))
    assert pool.tokens(client, password=NEW)["IdToken"]


def remembering(world: World, size: int) -> Pool:
    policy = {"PasswordHistorySize": size, "MinimumLength": 8}
    for kind in ("Uppercase", "Lowercase", "Numbers", "Symbols"):
        policy[f"Require{kind}"] = True
    pool = world.pool(Policies={"PasswordPolicy": policy}, UserPoolTier="PLUS")
    pool.user()
    return pool


def by_recovery(pool: Pool, client: Client, old: str, new: str) -> None:
    """Two passwords, one code: what was used before leaves the code as good as it was."""
    code = asked_for(pool, client)
    assert refusal(recover, world=pool.world, client=client, code=code, password=old) == USED_BEFORE
    recover(pool.world, client, code, new)


def by_change(pool: Pool, client: Client, old: str, new: str) -> None:
    given = {"AccessToken": pool.tokens(client, password=old)["AccessToken"], "PreviousPassword": old}
    assert refusal(pool.world.idp.change_password, **given, ProposedPassword=old) == USED_BEFORE
    pool.world.idp.change_password(**given, ProposedPassword=new)


def by_administrator(pool: Pool, client: Client, old: str, new: str) -> None:
    given = {"UserPoolId": pool.pool_id, "Username": "ada", "Permanent": True}
    assert refusal(pool.world.idp.admin_set_user_password, **given, Password=old) == USED_BEFORE
    pool.world.idp.admin_set_user_password(**given, Password=new)


def by_invitation(pool: Pool, client: Client, old: str, new: str) -> None:
    """A temporary password is one of those that are remembered; a refused one leaves the session as it was."""
    world = pool.world
    world.idp.admin_set_user_password(UserPoolId=pool.pool_id, Username="ada", Password="Temporary-1")
    session = initiate(world, client, USERNAME="ada", PASSWORD="Temporary-1")["Session"]
    given = {"world": world, "client": client, "challenge": "NEW_PASSWORD_REQUIRED", "session": session}
    assert refusal(respond, **given, USERNAME="ada", NEW_PASSWORD=old) == USED_BEFORE
    respond(**given, USERNAME="ada", NEW_PASSWORD=new)


@pytest.mark.parametrize("way", [by_recovery, by_change, by_administrator, by_invitation])
def test_a_password_that_is_remembered_is_not_used_again(
    world: World, way: Callable[[Pool, Client, str, str], None]
) -> None:
    pool = remembering(world, 3)
    client = pool.client()
    way(pool, client, PASSWORD, NEW)
    assert pool.tokens(client, password=NEW)["IdToken"]


def test_so_many_are_remembered_and_no_more(world: World) -> None:
    pool = remembering(world, 2)
    given = {"UserPoolId": pool.pool_id, "Username": "ada", "Permanent": True}
    set_password = world.idp.admin_set_user_password
    set_password(**given, Password="Second-1815")
    for remembered in (PASSWORD, "Second-1815"):
        assert refusal(set_password, **given, Password=remembered) == USED_BEFORE
    set_password(**given, Password="Third-1815")
    assert refusal(set_password, **given, Password="Second-1815") == USED_BEFORE
    set_password(**given, Password=PASSWORD)


def test_nothing_is_remembered_unless_the_pool_says_so(world: World, pool: Pool, client: Client) -> None:
    token = pool.tokens(client)["AccessToken"]
    world.idp.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=PASSWORD)
    recover(world, client, asked_for(pool, client), PASSWORD)


def test_five_changes_of_a_password_an_hour(world: World, pool: Pool, client: Client) -> None:
    given = {"PreviousPassword": PASSWORD, "ProposedPassword": PASSWORD}
    token = pool.tokens(client)["AccessToken"]
    for _ in range(5):
        world.idp.change_password(AccessToken=token, **given)
    assert refusal(world.idp.change_password, AccessToken=token, **given) == LIMITED
    world.clock.advance(3601)
    world.idp.change_password(AccessToken=pool.tokens(client)["AccessToken"], **given)
