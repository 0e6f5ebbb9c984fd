"""What CDK, SAM, osls and Amplify Gen 2 made of applications (`make.sh`) is applied unchanged, and works.

Each on one server: applied, applied again, used, changed, deleted.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import jwt
import pytest
import requests
from appliers import BUILT, Applier, outputs, steps

from halfday.server.templates import documents
from halfday.server.templates.amplify_outputs import amplify_outputs
from world import PASSWORD, World, running

EMAIL = "ann@example.com"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """With an AWS behind the front door."""
    with running(tmp_path_factory.mktemp("data")) as up:
        yield up


@pytest.fixture
def built(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of what a tool has built, which a test may change."""

    def copied(tool: str) -> Path:
        shutil.copytree(BUILT / tool / "built", tmp_path / tool)
        return tmp_path / tool

    return copied


def sign_up_and_in(world: World, client_id: str, username: str = EMAIL) -> dict[str, Any]:
    """The function that confirms who signs up has to have run."""
    attributes = [{"Name": "email", "Value": EMAIL}]
    signed_up = world.idp.sign_up(ClientId=client_id, Username=username, Password=PASSWORD, UserAttributes=attributes)
    assert signed_up["UserConfirmed"] is True
    asked = {"USERNAME": username, "PASSWORD": PASSWORD}
    answer = world.idp.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=asked)
    return answer["AuthenticationResult"]


def credentials_of(world: World, found: dict[str, Any], id_token: str) -> dict[str, Any]:
    identity = world.boto3("cognito-identity")
    logins = {f"cognito-idp.us-east-1.amazonaws.com/{found['UserPoolId']}": id_token}
    identity_id = identity.get_id(IdentityPoolId=found["IdentityPoolId"], Logins=logins)["IdentityId"]
    got = identity.get_credentials_for_identity(IdentityId=identity_id, Logins=logins)["Credentials"]
    return {**got, "IdentityId": identity_id}


def s3_of(world: World, credentials: dict[str, Any]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=world.for_tools,
        region_name="us-east-1",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretKey"],
        aws_session_token=credentials["SessionToken"],
    )


def test_cdk(applier: Applier, world: World, built: Callable[[str], Path]) -> None:
    """From `cdk synth` to a picture in a bucket that the signed-in person's own role lets them write to."""
    folder = built("cdk")
    ((template, stack),) = documents.found_at(folder)
    applied = applier.file(template, stack)
    assert set(applied.untaken.values()) == {"AWS::SQS::Queue", "AWS::CDK::Metadata"}
    found = outputs(applied)

    tokens = sign_up_and_in(world, found["ClientId"])
    claims = jwt.decode(tokens["IdToken"], options={"verify_signature": False})
    assert claims["shop"] == "north"
    credentials = credentials_of(world, found, tokens["IdToken"])
    s3, own = s3_of(world, credentials), f"{credentials['IdentityId']}/cat.png"
    s3.put_object(Bucket=found["Bucket"], Key=own, Body=b"cat")
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.put_object(Bucket=found["Bucket"], Key="somebody-else/cat.png", Body=b"cat")

    world.clock.advance(86_400)
    assert steps(applier.file(template, stack)) == []

    body = json.loads(template.read_text())
    pool = next(one for one in body["Resources"].values() if one["Type"] == "AWS::Cognito::UserPool")
    pool["Properties"]["Policies"]["PasswordPolicy"]["MinimumLength"] = 14
    template.write_text(json.dumps(body))
    changed = applier.file(template, stack)
    assert [(step.action, step.type, step.why) for step in changed.steps] == [
        ("update", "AWS::Cognito::UserPool", ("Policies",))
    ]
    policy = world.idp.describe_user_pool(UserPoolId=found["UserPoolId"])["UserPool"]["Policies"]["PasswordPolicy"]
    assert policy["MinimumLength"] == 14

    world.boto3("s3").delete_object(Bucket=found["Bucket"], Key=own)
    assert {action for action, _ in steps(applier.delete(stack))} == {"delete"}
    assert found["UserPoolId"] not in [one["Id"] for one in world.idp.list_user_pools(MaxResults=60)["UserPools"]]
    assert world.boto3("lambda").list_functions()["Functions"] == []
    assert [role for role in world.boto3("iam").list_roles()["Roles"] if role["RoleName"].startswith("Shop-")] == []


def test_sam(applier: Applier, world: World, built: Callable[[str], Path]) -> None:
    """`sam build`'s template by SAM's own translator; a function whose code changes is another, and nothing else is."""
    folder = built("sam")
    template = folder / "template.yaml"
    found = outputs(applier.file(template, "notes"))
    tokens = sign_up_and_in(world, found["ClientId"])
    api = found["ApiUrl"].removeprefix("https://").partition(".")[0]
    items = f"{world.for_tools}/_aws/execute-api/{api}/$default/items"
    assert requests.get(items, timeout=10).status_code == 401
    answer = requests.get(items, headers={"Authorization": f"Bearer {tokens['IdToken']}"}, timeout=20)
    assert (answer.status_code, answer.json()["items"]) == (200, []), answer.text
    assert steps(applier.file(template, "notes")) == []
    code = folder / "PreSignUp" / "app.py"
    code.write_text(code.read_text().replace('["autoConfirmUser"] = True', '["autoConfirmUser"] = False'))
    changed = applier.file(template, "notes")
    assert [(step.action, step.logical_id, step.why) for step in changed.steps] == [("update", "PreSignUp", ("Code",))]
    attributes = [{"Name": "email", "Value": "eve@example.com"}]
    signed_up = world.idp.sign_up(
        ClientId=found["ClientId"], Username="eve@example.com", Password=PASSWORD, UserAttributes=attributes
    )
    assert signed_up["UserConfirmed"] is False
    assert steps(applier.file(template, "notes", Stage="prod")) == [("update", "People")]
    pool = world.idp.describe_user_pool(UserPoolId=found["UserPoolId"])["UserPool"]
    assert (pool["Name"], pool["DeletionProtection"]) == ("notes-prod", "ACTIVE")
    applier.file(template, "notes", Stage="dev")
    applier.delete("notes")


def test_osls(applier: Applier, world: World, built: Callable[[str], Path]) -> None:
    """`osls package` names its package by the time of day: packaged again, nothing has changed."""
    folder = built("osls")
    template = folder / "cloudformation-template-update-stack.json"
    applied = applier.file(template, "journal-dev")
    assert {"AWS::Logs::LogGroup", "AWS::S3::BucketPolicy", "AWS::Lambda::Version"} <= set(applied.untaken.values())
    found = outputs(applied)
    tokens = sign_up_and_in(world, found["ClientId"], "ann")
    api = found["ServiceEndpoint"].removeprefix("https://").partition(".")[0]
    entries = f"{world.for_tools}/restapis/{api}/dev/_user_request_/entries"
    assert requests.get(entries, timeout=10).status_code == 401
    answer = requests.get(entries, headers={"Authorization": tokens["IdToken"]}, timeout=20)
    assert answer.status_code == 200, answer.text
    assert answer.json()["reader"] == jwt.decode(tokens["IdToken"], options={"verify_signature": False})["sub"]
    template.write_text(template.read_text().replace("1795944098109-2026-11-29T09:21:38.109Z", "1800000000000-later"))
    assert "1800000000000-later" in template.read_text()
    assert steps(applier.file(template, "journal-dev")) == []
    applier.delete("journal-dev")


def test_amplify_gen_2(applier: Applier, world: World, built: Callable[[str], Path]) -> None:
    """A nested stack by the assets beside it; amplify_outputs.json says what Amplify's own outputs say."""
    folder = built("amplify")
    ((template, stack),) = documents.found_at(folder)
    applied = applier.file(template, stack)
    found = outputs(applied)
    assert steps(applier.file(template, stack)) == []
    stacks = asyncio.run(applier.server.all())
    made = amplify_outputs([one for one in stacks if one.name.startswith(stack)], "us-east-1", world.origin)
    auth = made["auth"]
    assert auth["user_pool_id"] == found["userPoolId"]
    assert auth["user_pool_client_id"] == found["webClientId"]
    assert auth["identity_pool_id"] == found["identityPoolId"]
    assert auth["mfa_configuration"] == found["mfaConfiguration"]
    assert auth["mfa_methods"] == json.loads(found["mfaTypes"])
    assert auth["username_attributes"] == json.loads(found["usernameAttributes"])
    assert auth["groups"] == json.loads(found["groups"])
    assert auth["password_policy"]["min_length"] == int(found["passwordPolicyMinLength"])
    assert auth["unauthenticated_identities_enabled"] is True
    roles = world.boto3("cognito-identity").get_identity_pool_roles(IdentityPoolId=found["identityPoolId"])
    (mapping,) = roles["RoleMappings"].values()
    assert (mapping["Type"], mapping["AmbiguousRoleResolution"]) == ("Token", "AuthenticatedRole")
    applier.delete(stack)
    assert asyncio.run(applier.server.all()) == []
