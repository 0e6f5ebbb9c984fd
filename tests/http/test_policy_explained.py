"""What somebody may do, asked at management: by a person's name, a role, a user, a session or an access key."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

import commands
from federated import Identities, identities
from world import World

ACCOUNT = "123456789012"
OWN = "arn:aws:s3:::uploads/${cognito-identity.amazonaws.com:sub}/*"
TRUST = {
    "Effect": "Allow",
    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
    "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="module")
def people(shared_world: World) -> Identities:
    """Ada, in a pool of her own, whose role may read what is below her identity's id."""
    world = shared_world
    made = identities(world)
    trust = {**TRUST, "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": made.identity_pool_id}}}
    iam = world.boto3("iam")
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    own = {"Sid": "Own", "Effect": "Allow", "Action": "s3:GetObject", "Resource": OWN}
    team = {
        "Sid": "Team",
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue", "s3:prefix": "x/"}},
    }
    iam.put_role_policy(RoleName="reader", PolicyName="folder", PolicyDocument=document(own, team))
    world.boto3("cognito-identity").set_identity_pool_roles(
        IdentityPoolId=made.identity_pool_id, Roles={"authenticated": role}
    )
    return made


def explained(world: World, who: str, action: str, resource: str, **more: Any) -> Any:
    body = {"as": who, "action": action, "resource": resource, **more}
    answer = requests.post(f"{world.running.management}/policies/explain", json=body, timeout=10)
    return {"status": answer.status_code, **answer.json()}


def test_a_person_is_asked_for_by_name(world: World, people: Identities) -> None:
    name = f"{people.pool.pool_id}/ada"
    before = explained(world, name, "s3:GetObject", "arn:aws:s3:::uploads/x/k")
    assert (before["allowed"], before["misses"][0]["lacks"]) == (False, ["its Resource does not name it"])
    assert "they have no session now" in before["how"]
    keys = people.credentials(people.logins())
    identity, keys = people.get_id(people.logins()), keys
    mine = explained(world, name, "s3:GetObject", f"arn:aws:s3:::uploads/{identity}/k")
    assert (mine["allowed"], mine["policy"], mine["statement"]) == (True, "folder", "Own")
    assert mine["written"]["Resource"] == OWN
    assert mine["how"].startswith("their newest session")
    by_key = explained(world, keys["AccessKeyId"], "s3:GetObject", f"arn:aws:s3:::uploads/{identity}/k")
    assert by_key["who"] == mine["who"]


def test_a_role_is_asked_for_with_tags_and_a_context(world: World, people: Identities) -> None:
    role, bucket = f"arn:aws:iam::{ACCOUNT}:role/reader", "arn:aws:s3:::uploads"
    tags = {"team": "blue"}
    assert explained(world, role, "s3:ListBucket", bucket, session_tags=tags)["unknown_keys"] == ["s3:prefix"]
    context = {"s3:prefix": "x/"}
    untagged = explained(world, role, "s3:ListBucket", bucket, context=context)
    (miss,) = untagged["misses"]
    assert miss["lacks"] == ["StringEquals aws:PrincipalTag/team does not hold: it is absent"]
    assert explained(world, role, "s3:ListBucket", bucket, context=context, session_tags=tags)["statement"] == "Team"


def test_a_user_and_the_root_are_asked_for(world: World) -> None:
    iam = world.boto3("iam")
    iam.create_user(UserName="dev")
    iam.put_user_policy(
        UserName="dev",
        PolicyName="all",
        PolicyDocument=document({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}),
    )
    key = iam.create_access_key(UserName="dev")["AccessKey"]["AccessKeyId"]
    for who in (f"arn:aws:iam::{ACCOUNT}:user/dev", key):
        assert explained(world, who, "sqs:SendMessage", "*")["policy"] == "all"
        assert not explained(world, who, "s3:GetObject", "*")["allowed"]
    assert explained(world, "root", "s3:GetObject", "*")["kind"] is None


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"as": "nobody"}, 404, "nobody in a user pool"),
        ({"as": "arn:aws:iam::999999999999:role/x"}, 404, "another account"),
        ({"as": f"arn:aws:iam::{ACCOUNT}:role/none"}, 404, "there is no role none"),
        ({"as": "arn:aws:s3:::b"}, 404, "another account"),
        ({"as": "root", "session_tags": {"a": "b"}}, 404, "name a role"),
        ({"as": ""}, 400, "as: must be a text"),
        ({"action": "GetObject"}, 400, "SERVICE:NAME"),
        ({"context": {"a": 1}}, 400, "context: must be"),
        ({"session_tags": {"a": ["b"]}}, 400, "session_tags: must be"),
        ({"who": "x"}, 400, "no such parameter"),
    ],
)
def test_what_cannot_be_asked_is_refused(world: World, body: dict[str, Any], status: int, sentence: str) -> None:
    whole = {"as": "root", "action": "s3:GetObject", "resource": "*", **body}
    answer = requests.post(f"{world.running.management}/policies/explain", json=whole, timeout=10)
    assert answer.status_code == status
    assert sentence in answer.json()["message"]


def test_it_is_asked_for_at_management_alone(world: World) -> None:
    whole = {"as": "root", "action": "s3:GetObject", "resource": "*"}
    assert requests.post(f"{world.origin}/policies/explain", json=whole, timeout=10).status_code >= 400
    told = requests.post(
        f"{world.running.management}/policies/explain", json=whole, headers={"origin": "http://x"}, timeout=10
    )
    assert told.status_code == 403


def test_the_command_asks_the_server(world: World, people: Identities) -> None:
    words = (
        "policy",
        "explain",
        "s3:ListBucket",
        "arn:aws:s3:::uploads",
        "--as",
        f"arn:aws:iam::{ACCOUNT}:role/reader",
    )
    done = commands.run(*words, "--management", str(world.running.management), env={"NO_COLOR": "1"})
    assert (done.returncode, done.stderr) == (1, "")
    assert "folder, Team (identity-based policy)" in done.stdout
    assert "StringEquals s3:prefix does not hold: it is not known here" in done.stdout
    nobody = commands.run(*words[:-1], "nobody", "--management", str(world.running.management), env={"NO_COLOR": "1"})
    assert nobody.returncode == 2
    assert "nobody in a user pool" in nobody.stderr
