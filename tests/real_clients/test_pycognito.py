"""pycognito, which is not ours, signs in by SRP; PyJWT verifies what it gets."""

from __future__ import annotations

from typing import Any

import boto3
import jwt
import pytest
from pycognito import AWSSRP

from world import PASSWORD, Pool, World


def sign_in(world: World, pool: Pool, client: dict[str, Any], username: str, password: str) -> dict[str, Any]:
    idp = boto3.client(
        "cognito-idp",
        endpoint_url=world.origin,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    srp = AWSSRP(
        username=username,
        password=password,
        pool_id=pool.pool_id,
        client_id=client["ClientId"],
        client=idp,
        client_secret=client.get("ClientSecret"),
    )
    result: dict[str, Any] = srp.authenticate_user()["AuthenticationResult"]
    return result


@pytest.mark.parametrize("with_secret", [False, True])
def test_pycognito_signs_in_by_srp_and_pyjwt_verifies_both_tokens(world: World, pool: Pool, with_secret: bool) -> None:
    client = pool.client(GenerateSecret=with_secret)
    pool.user()
    tokens = sign_in(world, pool, client, "ada", PASSWORD)
    keys = jwt.PyJWKClient(f"{world.origin}/{pool.pool_id}/.well-known/jwks.json")
    issuer = f"{world.origin}/{pool.pool_id}"
    identity = jwt.decode(
        tokens["IdToken"],
        keys.get_signing_key_from_jwt(tokens["IdToken"]).key,
        algorithms=["RS256"],
        audience=client["ClientId"],
        issuer=issuer,
    )
    access = jwt.decode(
        tokens["AccessToken"],
        keys.get_signing_key_from_jwt(tokens["AccessToken"]).key,
        algorithms=["RS256"],
        issuer=issuer,
    )
    assert identity["cognito:username"] == access["username"] == "ada"
    assert access["scope"] == "aws.cognito.signin.user.admin"


def test_pycognito_with_a_wrong_password_is_refused(world: World, pool: Pool) -> None:
    client = pool.client()
    pool.user()
    with pytest.raises(world.idp.exceptions.NotAuthorizedException, match="Incorrect username or password"):
        sign_in(world, pool, client, "ada", "Wrong-1815")


def test_pycognito_signs_in_where_the_name_is_an_e_mail_address(world: World) -> None:
    pool = world.pool(UsernameAttributes=["email"])
    client = pool.client()
    pool.user("ada@example.com")
    assert "IdToken" in sign_in(world, pool, client, "ada@example.com", PASSWORD)
