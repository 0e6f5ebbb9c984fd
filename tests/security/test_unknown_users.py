"""What tells somebody who exists from somebody who does not, where a client is not to learn it (facts/api.md §6)."""

from __future__ import annotations

import os
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
from operations.test_sign_up import resend
from operations.test_user_auth import FLOWS, begin, passwordless
from world import Pool, World

Client = dict[str, Any]
NAMES = ["somebody@example.com", "nobody@example.com"]


@pytest.fixture
def pool(world: World) -> Pool:
    world.clock.hold()
    return world.pool()


def with_somebody(world: World, **given: Any) -> tuple[Pool, Client]:
    """A pool of addresses in which NAMES[0] is somebody who signs in by codes alone."""
    world.clock.hold()
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = world.pool(UsernameAttributes=["email"], Policies=policies, **given)
    world.idp.admin_create_user(UserPoolId=pool.pool_id, Username=NAMES[0], MessageAction="SUPPRESS")
    flows = [*FLOWS, "ALLOW_USER_SRP_AUTH"]
    return pool, pool.client(ExplicitAuthFlows=flows, PreventUserExistenceErrors="ENABLED")


def by_password(world: World, pool: Pool, client: Client, name: str) -> tuple[str, str]:
    return refusal(initiate, world=world, client=client, USERNAME=name, PASSWORD="wrong")


def by_srp(world: World, pool: Pool, client: Client, name: str) -> tuple[str, str]:
    def whole() -> None:
        start = ClientStart(os.urandom(32))
        asked = initiate(world, client, "USER_SRP_AUTH", USERNAME=name, SRP_A=start.public)
        respond(world, client, "PASSWORD_VERIFIER", **answer_srp(pool, start, asked, "wrong"))

    return refusal(whole)


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
        pool = passwordless(world, "EMAIL_OTP")
        auto = {"AutoVerifiedAttributes": ["email"]}
        world.idp.update_user_pool(
            UserPoolId=pool.pool_id,
            Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
            **auto,
        )
        client = pool.client(ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="ENABLED")
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
    pool = passwordless(world, "EMAIL_OTP")
    pool.user("ada")
    world.idp.admin_create_user(
        UserPoolId=pool.pool_id, Username="eve", UserAttributes=[{"Name": "email", "Value": "eve@example.com"}]
    )
    world.idp.admin_delete_user_attributes(UserPoolId=pool.pool_id, Username="eve", UserAttributeNames=["email"])
    hiding = pool.client(ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="ENABLED")
    offered = [begin(world, hiding, name)["AvailableChallenges"] for name in ("eve", "nobody")]
    assert offered[0] == offered[1]
    for name in ("eve", "nobody"):
        asked = begin(world, hiding, name, PREFERRED_CHALLENGE="EMAIL_OTP")
        given = {"session": asked["Session"], "USERNAME": name, "EMAIL_OTP_CODE": "1"}
        assert refusal(respond, world=world, client=hiding, challenge="EMAIL_OTP", **given) == WRONG_CODE
    telling = pool.client(ExplicitAuthFlows=FLOWS)
    assert refusal(begin, world=world, client=telling, name="eve") == not_authorized("Incorrect username or password.")
