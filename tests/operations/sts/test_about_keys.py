"""What STS says of keys, messages and callers; and its answers in JSON. Source: STS API reference."""

from __future__ import annotations

import json

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from asking import refusal
from federated import ACCOUNT, allow
from halfday.server.domain.aws.callers import Root
from halfday.server.domain.aws.policies import Decision, Kind, Outcome
from halfday.server.flows.identity.authorization_messages import encoded_message
from signers import role, trusting, user
from world import World

DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}


def test_everybody_may_ask_who_they_are_whatever_policies_say(world: World) -> None:
    ada = user(world, DENY)
    assert ada.client().get_caller_identity()["Arn"] == ada.arn
    grace = user(world)
    session = grace.assume(role(world, trusting(grace.arn), DENY))
    assert session.client().get_caller_identity()["Arn"] == session.arn


def test_the_account_of_a_key_is_told_of_those_that_are_here_and_of_others(world: World) -> None:
    ada, root = user(world, allow("sts:GetAccessKeyInfo")), world.boto3("sts")
    key = ada.keys["aws_access_key_id"]
    session = ada.client().get_session_token()["Credentials"]["AccessKeyId"]
    for known in (key, session):
        assert root.get_access_key_info(AccessKeyId=known)["Account"] == ACCOUNT
        assert ada.client().get_access_key_info(AccessKeyId=known)["Account"] == ACCOUNT
    world.boto3("iam").delete_access_key(UserName=ada.arn.rpartition("/")[2], AccessKeyId=key)
    assert root.get_access_key_info(AccessKeyId=key)["Account"] == ACCOUNT
    assert root.get_access_key_info(AccessKeyId="ASIAQNZGKIQY56JQ7WML")["Account"] == "029608264753"
    assert refusal(root.get_access_key_info, AccessKeyId="not_an_access_key")[0] == "ValidationError"


def test_who_may_not_ask_is_told_so_without_a_resource(world: World) -> None:
    ada = user(world)
    code, sentence = refusal(ada.client().get_access_key_info, AccessKeyId="ASIAQNZGKIQY56JQ7WML")
    assert code == "AccessDenied"
    assert sentence == (
        f"User: {ada.arn} is not authorized to perform: sts:GetAccessKeyInfo "
        "because no identity-based policy allows the sts:GetAccessKeyInfo action"
    )
    assert refusal(ada.client().decode_authorization_message, EncodedMessage="x")[0] == "AccessDenied"


def test_an_authorization_message_is_read_by_who_may_and_made_by_nobody_else(world: World) -> None:
    services = world.running.services
    decision = Decision(Outcome.EXPLICIT_DENY, "ec2:RunInstances", Kind.IDENTITY, "p", "NoMachines")
    message = encoded_message(services, Root(ACCOUNT), decision, "*", {"aws:SourceIp": "127.0.0.1"})
    sts = world.boto3("sts")
    told = json.loads(sts.decode_authorization_message(EncodedMessage=message)["DecodedMessage"])
    assert (told["allowed"], told["explicitDeny"]) == (False, True)
    assert told["context"]["principal"]["arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert told["context"]["action"] == "ec2:RunInstances"
    for wrong in ("made up", message[:-2] + ("AA" if message[-2:] != "AA" else "BB"), message[1:]):
        code, sentence = refusal(sts.decode_authorization_message, EncodedMessage=wrong)
        assert (code, sentence) == ("InvalidAuthorizationMessageException", "Message is not valid")


def signed(world: World, method: str, fields: dict[str, str], **headers: str) -> requests.Response:
    """A call that a program of its own signs, in a query or in a form."""
    form = method == "POST"
    request = AWSRequest(
        method,
        f"{world.origin}/",
        data=fields if form else None,
        params=None if form else fields,
        headers=headers,
    )
    SigV4Auth(Credentials("test", "test"), "sts", "us-east-1").add_auth(request)
    prepared = request.prepare()
    return requests.request(method, prepared.url, data=prepared.body, headers=dict(prepared.headers), timeout=10)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_whoever_accepts_json_is_answered_in_json(world: World, method: str) -> None:
    answer = signed(world, method, {"Action": "GetSessionToken", "Version": "2011-06-15"}, Accept="application/json")
    assert answer.headers["Content-Type"] == "application/json"
    members = answer.json()["GetSessionTokenResponse"]
    credentials = members["GetSessionTokenResult"]["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert isinstance(credentials["Expiration"], (int, float))
    assert members["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_refusals_are_in_json_too(world: World, method: str) -> None:
    fields = {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody",
        "RoleSessionName": "session",
    }
    answer = signed(world, method, fields, Accept="application/json")
    assert answer.status_code == 403
    error = {"Code": "AccessDenied", "Message": "Roles may not be assumed by root accounts.", "Type": "Sender"}
    assert answer.json()["Error"] == error
    assert answer.json()["RequestId"]
    unsigned = requests.get(f"{world.origin}/", params=fields, headers={"Accept": "application/json"}, timeout=10)
    assert unsigned.json()["Error"]["Code"] == "MissingAuthenticationToken"
    assert "<Code>MissingAuthenticationToken</Code>" in requests.get(f"{world.origin}/", params=fields, timeout=10).text
