"""The AWS SDK for JavaScript v3 and STS: roles by a profile, by a call, and by a token of a user pool."""

from __future__ import annotations

from pathlib import Path

import pytest

from federated import ACCOUNT
from real_clients.javascript import Node, Opened, Refused
from signers import Signer, of, role, trusting, user
from world import Pool, World


@pytest.fixture
def sts(world: World, node: Node, tmp_path: Path) -> Opened:
    return node.open("sts", endpoint=world.origin, folder=str(tmp_path))


def keys(signer: Signer) -> dict[str, str]:
    return {"accessKeyId": signer.keys["aws_access_key_id"], "secretAccessKey": signer.keys["aws_secret_access_key"]}


def test_a_profile_that_names_a_role_gets_its_credentials(world: World, sts: Opened) -> None:
    ada = user(world)
    arn = role(world, trusting(ada.arn))
    lines = [
        "[profile ada]",
        f"aws_access_key_id = {ada.keys['aws_access_key_id']}",
        f"aws_secret_access_key = {ada.keys['aws_secret_access_key']}",
        "[profile role]",
        f"role_arn = {arn}",
        "source_profile = ada",
        "role_session_name = by-profile",
        "region = us-east-1",
    ]
    told = sts.byProfile("\n".join(lines))
    assert told["accountId"] == ACCOUNT
    who = of(world, "", told).client().get_caller_identity()
    assert who["Arn"].endswith(f"{arn.rpartition('/')[2]}/by-profile")


def test_a_token_of_a_user_pool_gets_credentials(world: World, pool: Pool, sts: Opened) -> None:
    pool.user()
    client = pool.client()
    url = f"https://cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"
    made = world.boto3("iam").create_open_id_connect_provider(Url=url, ClientIDList=[client["ClientId"]])
    arn = role(world, trusting({"Federated": made["OpenIDConnectProviderArn"]}, "sts:AssumeRoleWithWebIdentity"))
    token = pool.tokens(client)["IdToken"]
    told = sts.byWebToken({"roleArn": arn, "roleSessionName": "by-token", "webIdentityToken": token})
    assert of(world, "", told).client().get_caller_identity()["Arn"].endswith("/by-token")
    with pytest.raises(Refused, match="InvalidIdentityToken"):
        sts.byWebToken({"roleArn": arn, "roleSessionName": "by-token", "webIdentityToken": "nothing"})


def test_a_refusal_is_aws_s(world: World, sts: Opened) -> None:
    ada = user(world)
    arn = role(world, trusting(user(world).arn))
    given = {"RoleArn": arn, "RoleSessionName": "session"}
    with pytest.raises(Refused, match=f"AccessDenied: User: {ada.arn} is not authorized to perform: sts:AssumeRole"):
        sts.assume(keys(ada), given)
    with pytest.raises(Refused, match="Roles may not be assumed by root accounts"):
        sts.assume({"accessKeyId": "test", "secretAccessKey": "test"}, given)
