"""What tells somebody who exists from somebody who does not, where a client is not to learn it (facts/api.md §6)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import pytest

from asking import not_authorized, refusal
from halfday.protocol import srp
from halfday.protocol.srp import ClientStart
from operations.test_lockout import LOCKED
from operations.test_mfa import WRONG_CODE
from operations.test_recovery import forget
from operations.test_sign_in import WRONG, answer_srp, initiate, respond
from operations.test_sign_in import srp as sign_in_by_srp
from operations.test_sign_up import resend
from operations.test_user_auth import FLOWS, begin
from security.choosing import BY_ALL, BY_PASSWORD, in_which_nobody_is_offered
from world import PASSWORD, Pool, World

Client = dict[str, Any]
NAMES = ["somebody@example.com", "nobody@example.com"]


@pytest.fixture
def pool(world: World) -> Pool:
    world.clock.hold()
    return world.pool()


def with_somebody(world: World, **given: Any) -> tuple[Pool, Client]:
    """A pool of addresses in which NAMES[0] is somebody who signs in by codes alone."""
    world.clock.hold()
    pool, client = in_which_nobody_is_offered(
        BY_ALL, NAMES[1:], lambda: choosing_pool(world, UsernameAttributes=["email"], **given)
    )
    world.idp.admin_create_user(UserPoolId=pool.pool_id, Username=NAMES[0], MessageAction="SUPPRESS")
    return pool, client


def choosing_pool(world: World, **given: Any) -> tuple[Pool, Client]:
    """One in which people sign in by passwords and codes, and a client that hides who exists."""
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = world.pool(**{"Policies": policies, **given})
    flows = [*FLOWS, "ALLOW_USER_SRP_AUTH"]
    return pool, pool.client(ExplicitAuthFlows=flows, PreventUserExistenceErrors="ENABLED")


def by_password(world: World, pool: Pool, client: Client, name: str) -> tuple[str, str]:
    return refusal(initiate, world=world, client=client, USERNAME=name, PASSWORD="wrong")


def by_srp(world: World, pool: Pool, client: Client, name: str) -> tuple[str, str]:
    return refusal(sign_in_by_srp, world=world, pool=pool, client=client, name=name, password="wrong")


def by_code(world: World, pool: Pool, client: Client, name: str) -> tuple[str, str]:
    def whole() -> None:
        asked = begin(world, client, name, PREFERRED_CHALLENGE="EMAIL_OTP")
        answer = {"USERNAME": name, "EMAIL_OTP_CODE": "1"}
        respond(world, client, "EMAIL_OTP", asked["Session"], **answer)

    return refusal(whole)


WAYS = [by_password, by_srp, by_code]


@pytest.mark.parametrize("then", WAYS)
@pytest.mark.parametrize("wrong", WAYS)
def test_nobody_is_locked_out_by_whatever_locks_somebody_out(
    world: World, wrong: Callable[..., tuple[str, str]], then: Callable[..., tuple[str, str]]
) -> None:
    pool, client = with_somebody(world)
    for name in NAMES:
        for _ in range(5):
            assert wrong(world, pool, client, name) in (WRONG, WRONG_CODE)
        assert then(world, pool, client, name) == LOCKED, name


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_challenges_put_before_the_lock_are_answered_alike_during_it(world: World, pool: Pool, name: str) -> None:
    pool.user("ada")
    client = pool.client(PreventUserExistenceErrors="ENABLED")
    starts = [ClientStart(os.urandom(32)) for _ in range(6)]
    asked = [initiate(world, client, "USER_SRP_AUTH", USERNAME=name, SRP_A=start.public) for start in starts]
    answers = [answer_srp(pool, start, each, "wrong") for start, each in zip(starts, asked, strict=True)]
    given = {"world": world, "client": client, "challenge": "PASSWORD_VERIFIER"}
    assert [refusal(respond, **given, **answer) for answer in answers] == [WRONG] * 5 + [LOCKED]


def test_srp_takes_as_many_powers_for_nobody(world: World, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are what takes the time."""
    pool.user("ada")
    client, powers = pool.client(PreventUserExistenceErrors="ENABLED"), []

    def counting(number: int, exponent: int) -> int:
        powers.append(exponent.bit_length() // 64)
        return power(number, exponent)

    power = srp._power
    taken = []
    for name in ("ada", "nobody"):
        start = ClientStart(os.urandom(32))
        monkeypatch.setattr(srp, "_power", counting)
        asked = initiate(world, client, "USER_SRP_AUTH", USERNAME=name, SRP_A=start.public)
        monkeypatch.setattr(srp, "_power", power)
        answer = answer_srp(pool, start, asked, "wrong")
        monkeypatch.setattr(srp, "_power", counting)
        assert refusal(respond, world=world, client=client, challenge="PASSWORD_VERIFIER", **answer) == WRONG
        monkeypatch.setattr(srp, "_power", power)
        taken.append(len(powers))
        powers.clear()
    assert taken[0] == taken[1] > 0


def test_where_nobody_s_code_went_is_not_to_be_worked_out(world: World) -> None:
    """From the name and our own source: each pool has its own pretences, and the ways to be sent a code agree."""
    told = set()
    for _ in range(4):
        _, client = in_which_nobody_is_offered(
            BY_ALL, ["nobody"], lambda: choosing_pool(world, AutoVerifiedAttributes=["email"])
        )
        by_code = begin(world, client, "nobody", PREFERRED_CHALLENGE="EMAIL_OTP")["ChallengeParameters"]
        destinations = {
            forget(world, client, "nobody")["Destination"],
            resend(world, client, "nobody")["Destination"],
            by_code["CODE_DELIVERY_DESTINATION"],
        }
        assert len(destinations) == 1
        told |= destinations
    assert len(told) > 1


def test_somebody_with_no_way_in_is_offered_what_nobody_is(world: World) -> None:
    pool, hiding = in_which_nobody_is_offered(BY_ALL, ["eve", "nobody"], lambda: choosing_pool(world))
    pool.user("ada")
    world.idp.admin_create_user(
        UserPoolId=pool.pool_id, Username="eve", UserAttributes=[{"Name": "email", "Value": "eve@example.com"}]
    )
    world.idp.admin_delete_user_attributes(UserPoolId=pool.pool_id, Username="eve", UserAttributeNames=["email"])
    offered = [begin(world, hiding, name)["AvailableChallenges"] for name in ("eve", "nobody")]
    assert offered[0] == offered[1]
    for name in ("eve", "nobody"):
        asked = begin(world, hiding, name, PREFERRED_CHALLENGE="EMAIL_OTP")
        given = {"session": asked["Session"], "USERNAME": name, "EMAIL_OTP_CODE": "1"}
        assert refusal(respond, world=world, client=hiding, challenge="EMAIL_OTP", **given) == WRONG_CODE
    telling = pool.client(ExplicitAuthFlows=FLOWS)
    assert refusal(begin, world=world, client=telling, name="eve") == not_authorized("Incorrect username or password.")


def unconfirmed(pool: Pool, client: Client) -> None:
    email = [{"Name": "email", "Value": "eve@example.com"}]
    pool.world.idp.sign_up(ClientId=client["ClientId"], Username="eve", Password=PASSWORD, UserAttributes=email)


def confirmed(pool: Pool, client: Client) -> None:
    pool.user("eve")


def disabled(pool: Pool, client: Client) -> None:
    pool.world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username=pool.user("eve"))


def invited(pool: Pool, client: Client) -> None:
    pool.user("eve", password=None)


def without_address(pool: Pool, client: Client) -> None:
    confirmed(pool, client)
    named = {"UserPoolId": pool.pool_id, "Username": "eve"}
    pool.world.idp.admin_delete_user_attributes(**named, UserAttributeNames=["email"])


def nobody(pool: Pool, client: Client) -> None:
    pass


STATES = [unconfirmed, confirmed, disabled, invited, without_address, nobody]
State = Callable[[Pool, Client], None]


def with_eve(world: World, state: State) -> tuple[Pool, Client]:
    """Nobody of eve's name is offered here what eve is, in this state."""
    choices = BY_PASSWORD if state is without_address else BY_ALL
    pool, client = in_which_nobody_is_offered(
        choices, ["eve"], lambda: choosing_pool(world, AutoVerifiedAttributes=["email"])
    )
    state(pool, client)
    return pool, client


@pytest.mark.parametrize("state", STATES)
def test_all_that_is_said_of_where_codes_go_agrees(world: World, state: State) -> None:
    """Two ways to be sent a code that named two addresses would tell that one of them is made up."""
    _, client = with_eve(world, state)
    told = {forget(world, client, "eve")["Destination"], resend(world, client, "eve")["Destination"]}
    if state is not without_address:  # whoever there is may have no e-mail to sign in by
        asked = begin(world, client, "eve", PREFERRED_CHALLENGE="EMAIL_OTP")
        told.add(asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"])
    assert len(told) == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", [s for s in STATES if s is not without_address])
def test_what_is_wrong_is_refused_alike_whoever_there_is(
    world: World, state: State, way: Callable[..., tuple[str, str]]
) -> None:
    pool, client = with_eve(world, state)
    assert way(world, pool, client, "eve") == (WRONG_CODE if way is by_code else WRONG)


def test_who_is_disabled_is_told_so_for_the_right_password_only(world: World) -> None:
    pool, client = with_eve(world, disabled)
    told = not_authorized("User is disabled.")
    given = {"world": world, "client": client, "USERNAME": "eve"}
    assert refusal(initiate, **given, PASSWORD="wrong") == WRONG
    assert refusal(initiate, **given, PASSWORD=PASSWORD) == told
    assert refusal(sign_in_by_srp, world=world, pool=pool, client=client, name="eve") == told


A_SUB = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"


@pytest.mark.parametrize(
    ("settings", "name", "is_itself"),
    [
        ({}, "nobody", True),
        ({}, "nobody@example.com", True),
        ({"AliasAttributes": ["email"]}, "nobody", True),
        ({"AliasAttributes": ["email"]}, "nobody@example.com", False),
        ({"AliasAttributes": ["phone_number"]}, "+15555550199", False),
        ({"AliasAttributes": ["preferred_username"]}, "nobody", True),
        ({"UsernameAttributes": ["email"]}, "nobody@example.com", False),
        ({"UsernameAttributes": ["email"]}, A_SUB, True),
    ],
)
def test_srp_names_nobody_as_it_would_name_somebody_of_this_name(
    world: World, settings: dict[str, Any], name: str, is_itself: bool
) -> None:
    """USER_ID_FOR_SRP is the username: what was typed, or a UUID where that can only be another name."""
    pool = world.pool(**settings)
    client = pool.client(PreventUserExistenceErrors="ENABLED")

    def asked() -> dict[str, str]:
        srp_a = ClientStart(os.urandom(32)).public
        return initiate(world, client, "USER_SRP_AUTH", USERNAME=name, SRP_A=srp_a)["ChallengeParameters"]

    first, second = asked(), asked()
    assert (first["USER_ID_FOR_SRP"], first["SALT"]) == (second["USER_ID_FOR_SRP"], second["SALT"])
    assert (first["USER_ID_FOR_SRP"] == name) is is_itself
    assert is_itself or re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first["USER_ID_FOR_SRP"])
    assert first["USERNAME"] == first["USER_ID_FOR_SRP"]
    elsewhere = world.pool(**settings).client(PreventUserExistenceErrors="ENABLED")
    client = elsewhere
    assert asked()["SALT"] != first["SALT"], "each pool has its own"


def test_srp_s_answers_have_one_form(world: World, pool: Pool) -> None:
    pool.user("ada")
    client, forms = pool.client(PreventUserExistenceErrors="ENABLED"), {}
    for name in ("ada", "eve"):
        start = ClientStart(os.urandom(32))
        told = initiate(world, client, "USER_SRP_AUTH", USERNAME=name, SRP_A=start.public)["ChallengeParameters"]
        forms[name] = {key: len(value) if key == "SECRET_BLOCK" else value == name for key, value in told.items()}
        assert 25 < len(told["SALT"]) <= 32
    assert forms["ada"] == forms["eve"]


def test_whoever_takes_the_name_meanwhile_has_no_part_in_a_pretence(world: World, pool: Pool) -> None:
    """A challenge that was put to nobody is not answered with the password of who has come since."""
    client = pool.client(PreventUserExistenceErrors="ENABLED")
    start = ClientStart(os.urandom(32))
    asked = initiate(world, client, "USER_SRP_AUTH", USERNAME="ada", SRP_A=start.public)
    pool.user("ada")
    answer = answer_srp(pool, start, asked, PASSWORD)
    refused = refusal(respond, world=world, client=client, challenge="PASSWORD_VERIFIER", **answer)
    assert refused[0] == "NotAuthorizedException"
