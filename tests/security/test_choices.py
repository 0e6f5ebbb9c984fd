"""The first factors that USER_AUTH lists are no sign of who exists: nobody may lack what people may lack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from asking import refusal
from halfday.server.domain.user_pools.attributes import SchemaAttribute
from halfday.server.domain.user_pools.pools import MfaPolicy, Pool
from halfday.server.flows.protection.user_existence import _drawn
from operations.test_sign_in import respond
from operations.test_user_auth import begin
from security.choosing import BY_ALL, BY_PASSWORD, in_which_nobody_is_offered, offered
from security.test_unknown_users import choosing_pool, nobody, without_address
from world import World

COUNT = 200
POOL = Pool("us-east-1_aB3dE5gH7", "p", "local", 0, 0, first_factors=("PASSWORD", "EMAIL_OTP", "SMS_OTP"))


def test_no_list_of_choices_is_of_one_kind_only(world: World) -> None:
    """200 people, of whom half have no address and some no password, and 200 names that nobody has."""
    pool, client = choosing_pool(world)
    listed: dict[bool, set[tuple[str, ...]]] = {True: set(), False: set()}
    for number in range(COUNT):
        somebody, made_up = f"somebody{number}", f"nobody{number}"
        pool.user(somebody, **({"password": None} if number % 4 == 0 else {}))
        if number % 2:
            named = {"UserPoolId": pool.pool_id, "Username": somebody}
            world.idp.admin_delete_user_attributes(**named, UserAttributeNames=["email"])
        listed[True].add(offered(pool, client, somebody))
        listed[False].add(offered(pool, client, made_up))
    assert listed[True] == listed[False] == {BY_PASSWORD, BY_ALL, ("EMAIL_OTP",)}


def test_an_answer_is_stable_and_each_pool_has_its_own(world: World) -> None:
    drawn = []
    for _ in range(2):
        pool, client = choosing_pool(world, UsernameConfiguration={"CaseSensitive": False})
        names = [f"nobody{number}" for number in range(20)]
        first = [offered(pool, client, name) for name in names]
        assert first == [offered(pool, client, name.upper()) for name in names]
        drawn.append(first)
    assert drawn[0] != drawn[1]


@pytest.mark.parametrize("state", [nobody, without_address])
def test_a_code_that_is_not_offered_is_refused_alike(world: World, state: Callable[..., None]) -> None:
    pool, client = in_which_nobody_is_offered(BY_PASSWORD, ["eve"], lambda: choosing_pool(world))
    state(pool, client)
    asked = begin(world, client, "eve", PREFERRED_CHALLENGE="EMAIL_OTP")
    assert (asked["ChallengeName"], tuple(asked["AvailableChallenges"])) == ("SELECT_CHALLENGE", BY_PASSWORD)
    answer = {"session": asked["Session"], "USERNAME": "eve", "ANSWER": "EMAIL_OTP"}
    refused = refusal(respond, world=world, client=client, challenge="SELECT_CHALLENGE", **answer)
    sentence = "EMAIL_OTP is not among the available challenges: PASSWORD, PASSWORD_SRP."
    assert refused == ("InvalidParameterException", sentence)


def drawn(name: str = "eve", **settings: Any) -> set[frozenset[str]]:
    """All that may be drawn for this name."""
    bytes_drawn = [bytes([a, b, c, d]) for a in (0, 255) for b in (0, 255) for c in (0, 255) for d in (0, 255)]
    return {frozenset(_drawn(replace(POOL, **settings), name, each)) for each in bytes_drawn}


MAIL, PHONE = "eve@example.com", "+15555550199"
TOTP = MfaPolicy(mode="OPTIONAL", factors=("SOFTWARE_TOKEN_MFA",))


@pytest.mark.parametrize(
    ("name", "settings", "had"),
    [
        (MAIL, {"username_attributes": ("email",)}, "email"),
        (PHONE, {"username_attributes": ("phone_number",)}, "phone_number"),
        (MAIL, {"username_attributes": ("email", "phone_number")}, "email"),
        (PHONE, {"username_attributes": ("email", "phone_number")}, "phone_number"),
        (MAIL, {"alias_attributes": ("email",)}, "email"),
        ("eve", {"schema": (SchemaAttribute("email", required=True),)}, "email"),
    ],
)
def test_nobody_lacks_an_address_that_everybody_of_such_a_name_has(
    name: str, settings: dict[str, Any], had: str
) -> None:
    assert all(had in each for each in drawn(name, **settings))
    assert frozenset({"password"}) in drawn(name, mfa=TOTP, **settings), "who has a second factor begins by a password"


def test_people_lack_all_else_and_so_does_nobody() -> None:
    both, password = {"email", "phone_number"}, {"password"}
    each = [password, {"email"}, {"phone_number"}, both]
    assert drawn() == {
        frozenset(one) for one in [*each, {"email", *password}, {"phone_number", *password}, both | password]
    }
    assert drawn(first_factors=("PASSWORD",)) == {frozenset(password)}
    assert drawn(first_factors=("PASSWORD", "SMS_OTP")) == {
        frozenset(one) for one in [password, {"phone_number"}, {"phone_number", *password}]
    }
