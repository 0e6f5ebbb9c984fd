"""Nobody's mailbox is filled by asking for codes: what sends one unproven, or wherever one says, is counted."""

from __future__ import annotations

from typing import Any

from asking import refusal, unchecked
from operations.test_sign_up import listed
from operations.test_user_auth import FLOWS, passwordless
from security.choosing import offered
from world import Pool, World

TOO_MANY = ("TooManyRequestsException", "Attempt limit exceeded, please try after some time.")


def begun(world: World, client: dict[str, Any], name: str) -> tuple[str, str] | None:
    """The refusal of a sign-in by mail, if it is refused; boto3 would try the refused one again."""
    given = {"ClientId": client["ClientId"], "AuthFlow": "USER_AUTH"}
    parameters = {"USERNAME": name, "PREFERRED_CHALLENGE": "EMAIL_OTP"}
    asked = unchecked(world, "cognito-idp").initiate_auth
    try:
        asked(**given, AuthParameters=parameters)
    except world.idp.exceptions.TooManyRequestsException:
        return refusal(asked, **given, AuthParameters=parameters)
    return None


def first_refused(world: World, client: dict[str, Any], name: str) -> int:
    """How many sign-ins came before the first refused one."""
    for count in range(100):
        refused = begun(world, client, name)
        if refused:
            assert refused == TOO_MANY
            return count
    raise AssertionError("a hundred mails, and no end")


def test_codes_of_a_first_factor_are_counted_whoever_is_asked_for(world: World) -> None:
    pool = passwordless(world)
    pool.user()
    client = pool.client(ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="ENABLED")
    world.clock.hold()
    nobody = next(name for name in (f"nobody{n}" for n in range(200)) if "EMAIL_OTP" in offered(pool, client, name))
    mine, nobodys = first_refused(world, client, "ada"), first_refused(world, client, nobody)
    assert mine == nobodys == 30, "or it would tell who exists"
    assert len(world.messages(username="ada")) == 30
    world.clock.advance(3601)
    assert begun(world, client, "ada") is None


def test_codes_to_changed_addresses_are_counted(world: World) -> None:
    pool: Pool = world.pool(AutoVerifiedAttributes=["email"])
    pool.user()
    token = pool.tokens(pool.client())["AccessToken"]
    update = unchecked(world, "cognito-idp").update_user_attributes
    for number in range(20):
        update(AccessToken=token, UserAttributes=listed({"email": f"victim-{number}@example.com"}))
    another = listed({"email": "victim-20@example.com"})
    assert refusal(update, AccessToken=token, UserAttributes=another) == TOO_MANY
    assert update(AccessToken=token, UserAttributes=listed({"name": "Ada"})), "what sends nothing is not counted"
