"""Two secrets alive at once, so that one can be replaced without a gap."""

from __future__ import annotations

from typing import Any

import requests

from asking import missing, refusal
from halfday.protocol.srp import secret_hash
from world import PASSWORD, Pool, World


def works(world: World, client: dict[str, Any], secret: str) -> bool:
    """Whether this secret is good for Basic; the code is made up, so that the client alone is looked at."""
    form = {"grant_type": "authorization_code", "code": "made-up", "redirect_uri": "http://localhost:8080"}
    answer = requests.post(f"{world.origin}/oauth2/token", data=form, auth=(client["ClientId"], secret), timeout=10)
    return bool(answer.json()["error"] == "invalid_grant")


def test_a_second_secret_works_beside_the_first_until_that_is_deleted(world: World, pool: Pool) -> None:
    pool.user()
    client = pool.client(GenerateSecret=True)
    named = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"]}
    added = world.idp.add_user_pool_client_secret(**named)["ClientSecretDescriptor"]
    assert added["ClientSecretId"].startswith(f"{client['ClientId']}--")
    for secret in (client["ClientSecret"], added["ClientSecretValue"]):
        assert works(world, client, secret)
        hashed = secret_hash("ada", client["ClientId"], secret)
        parameters = {"USERNAME": "ada", "PASSWORD": PASSWORD, "SECRET_HASH": hashed}
        given = {"ClientId": client["ClientId"], "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
        assert "AuthenticationResult" in world.idp.initiate_auth(**given)
    listed = world.idp.list_user_pool_client_secrets(**named)["ClientSecrets"]
    assert len({secret["ClientSecretId"] for secret in listed}) == 2
    assert all("ClientSecretValue" not in secret for secret in listed)
    first = next(s["ClientSecretId"] for s in listed if s["ClientSecretId"] != added["ClientSecretId"])
    world.idp.delete_user_pool_client_secret(**named, ClientSecretId=first)
    assert not works(world, client, client["ClientSecret"])
    assert works(world, client, added["ClientSecretValue"])
    described = world.idp.describe_user_pool_client(**named)["UserPoolClient"]
    assert described["ClientSecret"] == added["ClientSecretValue"]


def test_there_are_two_at_the_most_and_one_at_the_least(world: World, pool: Pool) -> None:
    client = pool.client(GenerateSecret=True)
    named = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"]}
    only = world.idp.list_user_pool_client_secrets(**named)["ClientSecrets"][0]["ClientSecretId"]
    last = refusal(world.idp.delete_user_pool_client_secret, **named, ClientSecretId=only)
    assert last[0] == "InvalidParameterException"
    gone = missing("Client secret nothing does not exist.")
    assert refusal(world.idp.delete_user_pool_client_secret, **named, ClientSecretId="nothing") == gone
    chosen = world.idp.add_user_pool_client_secret(**named, ClientSecret="c" * 24)["ClientSecretDescriptor"]
    assert "ClientSecretValue" not in chosen, "whoever chose it knows it"
    assert works(world, client, "c" * 24)
    assert refusal(world.idp.add_user_pool_client_secret, **named)[0] == "LimitExceededException"


def test_a_public_client_stays_public(world: World, pool: Pool) -> None:
    named = {"UserPoolId": pool.pool_id, "ClientId": pool.client()["ClientId"]}
    assert refusal(world.idp.add_user_pool_client_secret, **named)[0] == "InvalidParameterException"
    assert world.idp.list_user_pool_client_secrets(**named)["ClientSecrets"] == []
