"""aws-jwt-verify, which is AWS's, takes our tokens, and refuses what is not for its asker. Source: facts/tokens.md."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from real_clients.javascript import Node, Opened, Refused
from world import Pool, World

KINDS = ["local", "aws"]
USES = {"id": "IdToken", "access": "AccessToken"}


def pool_of(world: World, kind: str) -> Pool:
    pool = world.pool(UserPoolTags={"_issuer_": kind})
    pool.user()
    return pool


def verifier(node: Node, pool: Pool, kind: str, client: dict[str, Any], use: str, **expected: Any) -> Opened:
    """AWS's own for pools, as an API's author writes it, where the issuer is AWS's; else the general one."""
    address = f"{pool.world.origin}/{pool.pool_id}"
    if kind == "aws":
        expected = {"userPoolId": pool.pool_id, "clientId": client["ClientId"], "tokenUse": use, **expected}
        jwks = requests.get(f"{address}/.well-known/jwks.json", timeout=10).json()
        return node.open("jwt_verify", expected=expected, jwks=jwks)
    audience = client["ClientId"] if use == "id" else None
    return node.open("jwt_verify", expected={"issuer": address, "audience": audience, **expected})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("use", USES)
def test_good_tokens_are_taken(world: World, node: Node, kind: str, use: str) -> None:
    pool = pool_of(world, kind)
    client = pool.client()
    claims = verifier(node, pool, kind, client, use).verify(pool.tokens(client)[USES[use]])
    assert (claims["token_use"], claims["cognito:username" if use == "id" else "username"]) == (use, "ada")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("use", USES)
def test_expired_and_tampered_tokens_are_refused(world: World, node: Node, kind: str, use: str) -> None:
    pool = pool_of(world, kind)
    client = pool.client()
    good = verifier(node, pool, kind, client, use)
    world.clock.advance(-3700)
    expired = pool.tokens(client)[USES[use]]
    world.clock.advance(3700)
    with pytest.raises(Refused, match="Token expired"):
        good.verify(expired)
    header, _, signature = expired.split(".")
    claims = pool.tokens(client)[USES[use]].split(".")[1]
    with pytest.raises(Refused, match="Invalid signature"):
        good.verify(f"{header}.{claims}.{signature}")


@pytest.mark.parametrize("use", USES)
def test_a_token_for_another_client_use_or_group_is_refused(world: World, node: Node, use: str) -> None:
    pool = pool_of(world, "aws")
    mine, other = pool.client(), pool.client()
    world.idp.create_group(UserPoolId=pool.pool_id, GroupName="engineers")
    world.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, GroupName="engineers", Username="ada")
    token = pool.tokens(mine)[USES[use]]
    another = "access" if use == "id" else "id"
    assert verifier(node, pool, "aws", mine, use, groups=["engineers"]).verify(token)["cognito:groups"] == ["engineers"]
    for refusing, name in [
        (verifier(node, pool, "aws", other, use), "CognitoJwtInvalidClientIdError"),
        (verifier(node, pool, "aws", mine, another), "CognitoJwtInvalidTokenUseError"),
        (verifier(node, pool, "aws", mine, use, groups=["poets"]), "CognitoJwtInvalidGroupError"),
    ]:
        with pytest.raises(Refused) as caught:
            refusing.verify(token)
        assert caught.value.name == name


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_of_another_pool_is_refused(world: World, node: Node, kind: str) -> None:
    mine, other = pool_of(world, kind), pool_of(world, kind)
    client = other.client()
    with pytest.raises(Refused, match=r"issuer|not found in the JWKS"):
        verifier(node, mine, kind, client, "id").verify(other.tokens(client)["IdToken"])
