"""SRP's two steps, and what happens to a user, or does not exist at all, between them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from halfday.protocol.srp import PRIVATE_BYTES, ClientStart
from proof_of_password import proof_of_password
from world import PASSWORD, Pool, World

TIMESTAMP = "Tue Nov 3 00:09:40 UTC 2026"


def start(world: World, client: dict[str, Any], username: str) -> tuple[ClientStart, dict[str, str]]:
    ours = ClientStart(b"\x07" * PRIVATE_BYTES)
    answer = world.idp.initiate_auth(
        ClientId=client["ClientId"],
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": username, "SRP_A": ours.public},
    )
    assert answer["ChallengeName"] == "PASSWORD_VERIFIER"
    return ours, answer["ChallengeParameters"]


def finish(
    world: World, pool: Pool, client: dict[str, Any], ours: ClientStart, challenge: dict[str, str], **changes: str
) -> Any:
    username = challenge["USER_ID_FOR_SRP"]
    proof = proof_of_password(ours, challenge, pool.pool_id, PASSWORD, username=username, timestamp=TIMESTAMP)
    return world.idp.respond_to_auth_challenge(
        ClientId=client["ClientId"], ChallengeName="PASSWORD_VERIFIER", ChallengeResponses={**proof, **changes}
    )


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    pool.user()
    return pool.client(PreventUserExistenceErrors="ENABLED")


def test_the_two_steps_sign_in(world: World, pool: Pool, client: dict[str, Any]) -> None:
    assert "IdToken" in finish(world, pool, client, *start(world, client, "ada"))["AuthenticationResult"]


def test_a_user_disabled_between_the_steps_is_refused(world: World, pool: Pool, client: dict[str, Any]) -> None:
    begun = start(world, client, "ada")
    world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username="ada")
    with pytest.raises(ClientError, match=r"User is disabled\."):
        finish(world, pool, client, *begun)


def test_who_was_disabled_between_the_steps_begins_again(world: World, pool: Pool, client: dict[str, Any]) -> None:
    begun = start(world, client, "ada")
    world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username="ada")
    world.idp.admin_enable_user(UserPoolId=pool.pool_id, Username="ada")
    with pytest.raises(ClientError, match=r"Invalid session for the user\."):
        finish(world, pool, client, *begun)
    assert "IdToken" in finish(world, pool, client, *start(world, client, "ada"))["AuthenticationResult"]


def test_a_secret_block_that_was_never_given_out_is_a_refusal(world: World, pool: Pool, client: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match=r"Invalid session for the user\."):
        finish(world, pool, client, *start(world, client, "ada"), PASSWORD_CLAIM_SECRET_BLOCK="ää")


def test_nobody_gets_a_stable_pretence(world: World, pool: Pool, client: dict[str, Any]) -> None:
    (ours, one), (_, again) = start(world, client, "nobody"), start(world, client, "nobody")
    assert (one["SALT"], one["USER_ID_FOR_SRP"]) == (again["SALT"], again["USER_ID_FOR_SRP"])
    with pytest.raises(ClientError, match=r"Incorrect username or password\."):
        finish(world, pool, client, ours, one)
