"""The AWS SDK for JavaScript v3, which is AWS's: app clients with a secret, what a server's code does with it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import Any

import pytest

from halfday.protocol.srp import ClientStart
from operations.test_sign_in import answer_srp
from real_clients.javascript import Node, Opened, Refused
from world import PASSWORD, Pool, World

ANOTHER_PASSWORD = "Analytical-1837"


@pytest.fixture
def sdk(world: World, node: Node) -> Opened:
    return node.open("sdk", endpoint=world.origin)


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool(AutoVerifiedAttributes=["email"])


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    return pool.client(GenerateSecret=True)


def secret_hash(client: dict[str, Any], username: str = "ada") -> str:
    told = f"{username}{client['ClientId']}".encode()
    return base64.b64encode(hmac.new(client["ClientSecret"].encode(), told, hashlib.sha256).digest()).decode()


def named(client: dict[str, Any]) -> dict[str, str]:
    return {"ClientId": client["ClientId"], "Username": "ada", "SecretHash": secret_hash(client)}


def sign_in(sdk: Opened, client: dict[str, Any], flow: str = "USER_PASSWORD_AUTH", **parameters: str) -> Any:
    given = {"USERNAME": "ada", "SECRET_HASH": secret_hash(client), **parameters}
    return sdk.send("InitiateAuth", {"ClientId": client["ClientId"], "AuthFlow": flow, "AuthParameters": given})


def test_sign_up_and_recovery_with_a_secret(sdk: Opened, pool: Pool, client: dict[str, Any]) -> None:
    me, mail = named(client), {"Name": "email", "Value": "ada@example.com"}
    with pytest.raises(Refused, match=r"^NotAuthorizedException: Client .* is configured with secret"):
        sdk.send("SignUp", {"ClientId": client["ClientId"], "Username": "ada", "Password": PASSWORD})
    sdk.send("SignUp", {**me, "Password": PASSWORD, "UserAttributes": [mail]})
    sdk.send("ResendConfirmationCode", me)
    sdk.send("ConfirmSignUp", {**me, "ConfirmationCode": pool.code_for()})
    sdk.send("ForgotPassword", me)
    sdk.send("ConfirmForgotPassword", {**me, "ConfirmationCode": pool.code_for(), "Password": ANOTHER_PASSWORD})
    assert "AccessToken" in sign_in(sdk, client, PASSWORD=ANOTHER_PASSWORD)["AuthenticationResult"]


def test_srp_and_refresh_with_a_secret(sdk: Opened, pool: Pool, client: dict[str, Any]) -> None:
    pool.user()
    start = ClientStart(os.urandom(32))
    asked = sign_in(sdk, client, "USER_SRP_AUTH", SRP_A=start.public)
    proof = answer_srp(pool, start, asked, PASSWORD)
    answered = {"ClientId": client["ClientId"], "ChallengeName": "PASSWORD_VERIFIER"}
    with pytest.raises(Refused, match="NotAuthorizedException"):
        sdk.send("RespondToAuthChallenge", {**answered, "ChallengeResponses": proof})
    proven = {**proof, "SECRET_HASH": secret_hash(client)}
    tokens = sdk.send("RespondToAuthChallenge", {**answered, "ChallengeResponses": proven})["AuthenticationResult"]
    renewed = sign_in(sdk, client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"])
    user = sdk.send("GetUser", {"AccessToken": renewed["AuthenticationResult"]["AccessToken"]})
    assert user["Username"] == "ada"
    given = {"ClientId": client["ClientId"], "ClientSecret": client["ClientSecret"]}
    sdk.send("RevokeToken", {**given, "Token": tokens["RefreshToken"]})
    with pytest.raises(Refused, match="NotAuthorizedException"):
        sdk.send("GetUser", {"AccessToken": tokens["AccessToken"]})


@pytest.mark.parametrize("hashed", ["", "bm90IHRoaXM="])
def test_without_the_right_hash_nobody_gets_in(sdk: Opened, pool: Pool, client: dict[str, Any], hashed: str) -> None:
    pool.user()
    with pytest.raises(Refused, match=r"^NotAuthorizedException: "):
        sign_in(sdk, client, PASSWORD=PASSWORD, SECRET_HASH=hashed)


def test_an_administrator_s_calls_are_signed_and_their_dates_are_dates(sdk: Opened, pool: Pool) -> None:
    sdk.send("AdminCreateUser", {"UserPoolId": pool.pool_id, "Username": "ada", "MessageAction": "SUPPRESS"})
    [user] = sdk.send("ListUsers", {"UserPoolId": pool.pool_id, "Filter": 'username = "ada"'})["Users"]
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert user["UserCreateDate"].endswith("Z"), "JSON of a Date"
    with pytest.raises(Refused, match=r"^UserNotFoundException: User does not exist\.$"):
        sdk.send("AdminGetUser", {"UserPoolId": pool.pool_id, "Username": "nobody"})
