"""An identity pool that takes developer identities, which the server does not yet: two operations, as AWS's model has
them."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import Any

from sockets import Handler, answering

IDENTITY_ID = "us-east-1:11111111-2222-4333-8444-555555555555"
TOKEN = "developer-token"


def answer(operation: str, sent: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    if operation == "GetOpenIdTokenForDeveloperIdentity" and sent["Logins"]:
        return 200, {"IdentityId": IDENTITY_ID, "Token": TOKEN}
    if operation == "GetCredentialsForIdentity" and sent == {
        "IdentityId": IDENTITY_ID,
        "Logins": {"cognito-identity.amazonaws.com": TOKEN},
    }:
        keys = {"AccessKeyId": "ASIAEXAMPLE", "SecretKey": "s", "SessionToken": "t", "Expiration": 4_000_000_000}
        return 200, {"IdentityId": IDENTITY_ID, "Credentials": keys}
    return 400, {"__type": "InvalidParameterException", "message": operation}


def vouching() -> AbstractContextManager[str]:
    """Its origin."""

    class Peer(Handler):
        def do_POST(self) -> None:
            status, told = answer(self.headers["X-Amz-Target"].rpartition(".")[2], json.loads(self.read_body()))
            self.answer(status, json.dumps(told).encode(), "application/x-amz-json-1.1")

    return answering(Peer)
