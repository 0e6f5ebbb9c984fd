"""Whose name a name is: in pools that fold names, of users of providers, and of addresses that only look alike."""

from __future__ import annotations

from typing import Any

import pytest

from asking import invalid, not_authorized, refusal
from halfday.protocol.identifiers import make_uuid
from halfday.server.domain.users.users import User, UserStatus
from operations.test_sign_in import WRONG, initiate
from operations.test_sign_up import listed, sign_up
from operations.test_user_auth import FLOWS, begin, passwordless
from stored import stored
from world import Pool, World


def from_provider(pool: Pool, username: str, **attributes: str) -> str:
    """Somebody whom a provider has signed in once."""

    async def insert(store: Any) -> None:
        status = UserStatus.EXTERNAL_PROVIDER
        user = User(pool.pool_id, username, make_uuid(b"\x05" * 16), status, 0.0, 0.0, attributes=attributes)
        await store.users.insert(user, {})

    stored(pool.world, insert)
    return username


def test_nobody_signs_up_as_who_a_provider_signs_in(world: World) -> None:
    """An administrator means the user of the provider, whatever somebody else has called themselves."""
    pool = world.pool(UsernameConfiguration={"CaseSensitive": False})
    sign_up(world, pool.client(), "google_113")
    from_provider(pool, "Google_113")
    named = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="Google_113")
    assert (named["Username"], named["UserStatus"]) == ("Google_113", "EXTERNAL_PROVIDER")
    world.idp.create_group(UserPoolId=pool.pool_id, GroupName="admins")
    world.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, Username="Google_113", GroupName="admins")
    (member,) = world.idp.list_users_in_group(UserPoolId=pool.pool_id, GroupName="admins")["Users"]
    assert member["Username"] == "Google_113"


@pytest.mark.parametrize("flow", ["USER_AUTH", "USER_PASSWORD_AUTH"])
def test_who_a_provider_signs_in_does_not_sign_in_otherwise(world: World, flow: str) -> None:
    """Whom the provider locks out is out (Developer guide, Authentication flows, Sign-in with third-party IdPs)."""
    pool = passwordless(world, "EMAIL_OTP", "SMS_OTP")
    name = from_provider(pool, "Google_113", email="eve@example.com", email_verified="true")
    client = pool.client(ExplicitAuthFlows=FLOWS)
    if flow == "USER_AUTH":
        assert refusal(begin, world=world, client=client, name=name, PREFERRED_CHALLENGE="EMAIL_OTP") == WRONG
    else:
        assert refusal(initiate, world=world, client=client, USERNAME=name, PASSWORD="x") == WRONG
    assert world.messages(pool_id=pool.pool_id) == []


@pytest.mark.parametrize(
    ("attribute", "value", "sentence"),
    [
        ("email", "ada@example.com\n", "Invalid email address format."),
        ("phone_number", "+15555550839\n", "Invalid phone number format."),
    ],
)
def test_an_address_with_a_line_break_is_none(
    world: World, pool: Pool, attribute: str, value: str, sentence: str
) -> None:
    """Else it is another name than without, for the same mailbox."""
    create = world.idp.admin_create_user
    given = {"UserPoolId": pool.pool_id, "Username": "eve", "MessageAction": "SUPPRESS"}
    assert refusal(create, **given, UserAttributes=listed({attribute: value})) == invalid(sentence)


def test_nobody_is_verified_by_something_like_true(world: World, pool: Pool) -> None:
    given = {
        "UserPoolId": pool.pool_id,
        "Username": pool.user(),
        "UserAttributes": listed({"email_verified": "true\n"}),
    }
    code, _ = refusal(world.idp.admin_update_user_attributes, **given)
    assert code == "InvalidParameterException"


def test_a_pool_s_sessions_are_no_other_pool_s(world: World) -> None:
    """Two pools with the same names in them."""
    one, other = passwordless(world, "EMAIL_OTP"), passwordless(world, "EMAIL_OTP")
    for pool in (one, other):
        pool.user()
    asked = begin(world, one.client(ExplicitAuthFlows=FLOWS), PREFERRED_CHALLENGE="EMAIL_OTP")
    refused = refusal(
        world.idp.respond_to_auth_challenge,
        ClientId=other.client(ExplicitAuthFlows=FLOWS)["ClientId"],
        ChallengeName="EMAIL_OTP",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": "ada", "EMAIL_OTP_CODE": one.code_for("ada", "Authentication")},
    )
    assert refused == not_authorized("Invalid session for the user.")
