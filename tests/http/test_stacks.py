"""What was applied of templates is kept for those who may know it: at /halfday/stacks, signed."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from world import World

STACK = {"revision": 1, "content": {"resources": {}, "outputs": {"Secret": "s3cret-of-the-stack"}}}


def ask(world: World, method: str, path: str = "", body: Any = None, **more: Any) -> requests.Response:
    credentials = more.pop("credentials", Credentials("test", "test"))
    service, region = more.pop("service", "halfday"), more.pop("region", "us-east-1")
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body)
    request = AWSRequest(method, f"{world.for_tools}/halfday/stacks{path}", data=data)
    SigV4Auth(credentials, service, region).add_auth(request)
    made = request.prepare()
    return requests.request(method, made.url, headers=dict(made.headers), data=made.body, timeout=10)


def test_a_stack_is_kept_shown_and_forgotten(world: World) -> None:
    assert ask(world, "PUT", "/kept", STACK).json() == {"revision": 1}
    found = ask(world, "GET").json()
    assert {"name": "kept", **STACK} in found["stacks"]
    assert found["account"] == world.running.services.settings.account_id
    assert ask(world, "DELETE", "/kept").status_code == 200
    assert "kept" not in [one["name"] for one in ask(world, "GET").json()["stacks"]]


def test_of_two_who_write_at_once_one_is_refused(world: World) -> None:
    ask(world, "PUT", "/raced", STACK)
    assert ask(world, "PUT", "/raced", STACK).status_code == 409
    assert ask(world, "PUT", "/raced", {**STACK, "revision": 2}).status_code == 200
    assert ask(world, "PUT", "/raced", {**STACK, "revision": 2}).status_code == 409
    assert ask(world, "PUT", "/unborn", {**STACK, "revision": 4}).status_code == 409
    ask(world, "DELETE", "/raced")


def test_each_region_has_its_own(world: World) -> None:
    ask(world, "PUT", "/north", STACK, region="eu-north-1")
    assert "north" not in [one["name"] for one in ask(world, "GET").json()["stacks"]]
    assert [one["name"] for one in ask(world, "GET", region="eu-north-1").json()["stacks"]] == ["north"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/name", None, 404),
        ("PUT", "", STACK, 404),
        ("POST", "/name", STACK, 404),
        ("PUT", "/no%20name", STACK, 400),
        ("PUT", "/1name", STACK, 400),
        ("PUT", "/name", b"{", 400),
        ("PUT", "/name", {"revision": "1", "content": {}}, 400),
        ("PUT", "/name", {"revision": 1}, 400),
        ("PUT", "/name", [], 400),
    ],
)
def test_what_is_no_stack_is_refused(world: World, method: str, path: str, body: Any, status: int) -> None:
    assert ask(world, method, path, body).status_code == status


def test_nobody_reads_it_without_a_signature(world: World) -> None:
    assert requests.get(f"{world.for_tools}/halfday/stacks", timeout=10).status_code == 404
    unknown = Credentials("ASIAEXAMPLEEXAMPLE00", "x", "y")
    refused = ask(world, "GET", credentials=unknown)
    assert refused.status_code in (400, 403)
    assert "stacks" not in refused.json()


def test_a_developer_does_with_stacks_what_their_policy_allows(world: World) -> None:
    iam = world.boto3("iam")
    iam.create_user(UserName="developer")
    key = iam.create_access_key(UserName="developer")["AccessKey"]
    pair = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    assert ask(world, "GET", credentials=pair).status_code == 403
    allowed = {
        "Effect": "Allow",
        "Action": ["cloudformation:DescribeStacks", "cloudformation:UpdateStack"],
        "Resource": [
            "arn:aws:cloudformation:us-east-1:*:stack/theirs/*",
            "arn:aws:cloudformation:us-east-1:*:stack/*/*",
        ],
    }
    denied = {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:cloudformation:*:*:stack/other/*"}
    document = {"Version": "2012-10-17", "Statement": [allowed, denied]}
    iam.put_user_policy(UserName="developer", PolicyName="stacks", PolicyDocument=json.dumps(document))
    assert ask(world, "GET", credentials=pair).status_code == 200
    assert ask(world, "PUT", "/theirs", STACK, credentials=pair).status_code == 200
    refused = ask(world, "PUT", "/other", STACK, credentials=pair)
    assert (refused.status_code, refused.json()["__type"]) == (403, "AccessDeniedException")
    assert ask(world, "DELETE", "/theirs", credentials=pair).status_code == 403
    assert ask(world, "GET", credentials=Credentials(key["AccessKeyId"], "wrong")).status_code in (400, 403)
    ask(world, "DELETE", "/theirs")


def test_the_secrets_of_a_stack_are_sealed_in_the_file(world: World) -> None:
    ask(world, "PUT", "/sealed", STACK)
    files = [path.read_bytes() for path in world.data.iterdir() if path.is_file()]
    assert not any(b"s3cret-of-the-stack" in content for content in files)
    ask(world, "DELETE", "/sealed")
