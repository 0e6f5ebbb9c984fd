"""Under relaxed signatures any keys are root's; a web page from elsewhere, opened on the same machine, is not root."""

from __future__ import annotations

import json

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from world import World


def call(world: World, origin: str | None) -> requests.Response:
    headers = {
        "X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools",
        "Content-Type": "application/x-amz-json-1.1",
    }
    signed = AWSRequest("POST", world.origin, headers=headers, data=json.dumps({"MaxResults": 1}))
    SigV4Auth(Credentials("test", "test"), "cognito-idp", "us-east-1").add_auth(signed)
    sent = dict(signed.headers) | ({"Origin": origin} if origin else {})
    return requests.post(world.origin, data=signed.data, headers=sent, timeout=10)


@pytest.mark.parametrize("origin", [None, "http://localhost:3000", "http://127.0.0.1:5173"])
def test_programs_and_pages_of_this_machine_may_use_dummy_keys(world: World, origin: str | None) -> None:
    assert call(world, origin).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "http://evil.example:4242", "null"])
def test_pages_from_elsewhere_may_not(world: World, origin: str) -> None:
    answer = call(world, origin)
    assert (answer.status_code, answer.json()["__type"]) == (400, "UnrecognizedClientException")
