"""A server's own API, asked with the keys of the environment; without any, with dummy keys, which a server that only
this machine reaches takes.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

from halfday.client.errors import ApiRefused
from halfday.client.transport import wire
from halfday.client.transport.blocking import Transport
from halfday.protocol import sigv4
from halfday.protocol.endpoints import discovery_url

_TARGETS = {
    "cognito-idp": "AWSCognitoIdentityProviderService",
    "cognito-identity": "AWSCognitoIdentityService",
}


class Api:
    """The API in one Region: it lists the pools of that Region, as AWS does."""

    def __init__(self, endpoint: str, region: str) -> None:
        self.endpoint, self._region = endpoint, region
        self._transport = Transport()

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """The answer of one operation. Raises ApiRefused, NetworkError."""
        service = "cognito-identity" if "IdentityPool" in operation else "cognito-idp"
        body = json.dumps(members).encode()
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{_TARGETS[service]}.{operation}"}
        bare = wire.Request("POST", f"{self.endpoint}/", headers, body)
        signed = wire.Request("POST", bare.url, {**headers, **_signature(bare, service, self._region)}, body)
        response = self._transport.send(signed)
        answer = response.json()
        if response.status == 200:
            return answer
        code = str(answer.get("__type", "")).rpartition("#")[2]
        if not code:
            raise wire.unusable(signed, response)
        raise ApiRefused(operation, code, str(answer.get("message") or answer.get("Message") or ""))

    def all(self, operation: str, name: str, **members: Any) -> list[dict[str, Any]]:
        """What a listing has on all of its pages."""
        found: list[dict[str, Any]] = []
        token: dict[str, Any] = {}
        while True:
            answer = self.call(operation, **members, **token)
            found += answer[name]
            if not answer.get("NextToken"):
                return found
            token = {"NextToken": answer["NextToken"]}

    def issuer(self, pool_id: str) -> str:
        """The pool's issuer, as its discovery document says."""
        request = wire.Request("GET", discovery_url(self.endpoint, pool_id))
        response = self._transport.send(request)
        wire.raise_for_fault(request, response)
        return wire.text_of(response.json(), "issuer", request.url)


def _signature(request: wire.Request, service: str, region: str) -> dict[str, str]:
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    given = bool(key and secret)
    return sigv4.sign(
        "POST",
        "/",
        "",
        [("Host", _host(request)), *request.headers.items()],
        access_key_id=key if given and key else "test",
        secret_access_key=secret if given and secret else "test",
        session_token=os.environ.get("AWS_SESSION_TOKEN") if given else None,
        region=region,
        service=service,
        payload_hash=sigv4.hash_of(request.body or b""),
        now=time.time(),
    )


def _host(request: wire.Request) -> str:
    from urllib.parse import urlsplit

    return urlsplit(request.url).netloc
