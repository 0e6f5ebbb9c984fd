"""What an attacker sends, and reads back: AWS calls with dummy keys over one connection kept open, and bare bytes."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from attack import logs

TARGETS = {"cognito-idp": "AWSCognitoIdentityProviderService", "cognito-identity": "AWSCognitoIdentityService"}
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
UNHEARD = (OSError, http.client.HTTPException)
"""A request that was not answered, or not readably."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        members: dict[str, Any] = json.loads(self.body)
        return members

    @property
    def code(self) -> str:
        """AWS's code of the error; empty for a success."""
        if self.status < 400:
            return ""
        try:
            return str(json.loads(self.body).get("__type", "")).rpartition("#")[2]
        except (ValueError, AttributeError):
            return self.body.decode(errors="replace").partition("<Code>")[2].partition("</Code>")[0]


class Refused(Exception):
    """An AWS call was answered with an error."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.body[:300]!r}")
        self.answer = answer
        self.code = answer.code


class Client:
    """One keep-alive connection. A request that gets no answer raises one of UNHEARD; the next one connects anew."""

    def __init__(self, address: tuple[str, int], *, timeout_s: float = 60) -> None:
        self.address, self.timeout_s = address, timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = self._connection or http.client.HTTPConnection(*self.address, timeout=self.timeout_s)
        self._connection = connection
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # refused half way: the answer comes all the same
                connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        except UNHEARD:
            self.close()
            raise

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def json_call(self, service: str, operation: str, body: bytes, **headers: str) -> Answer:
        sent = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"{TARGETS[service]}.{operation}",
            **dummy_signature(service),
            **headers,
        }
        return self.request("POST", "/", body, sent)

    def query_call(self, service: str, fields: Mapping[str, str]) -> Answer:
        sent = {"Content-Type": "application/x-www-form-urlencoded", **dummy_signature(service)}
        return self.request("POST", "/", urlencode({"Version": VERSIONS[service], **fields}).encode(), sent)

    def call(self, service: str, operation: str, /, **members: Any) -> dict[str, Any]:
        """What the operation answers. Raises Refused."""
        answer = self.json_call(service, operation, json.dumps(members).encode())
        if answer.status != 200:
            raise Refused(answer)
        logs.NOW.keep(answer.json())
        return answer.json()

    def idp(self, operation: str, /, **members: Any) -> dict[str, Any]:
        return self.call("cognito-idp", operation, **members)

    def iam(self, operation: str, /, **fields: str) -> Answer:
        answer = self.query_call("iam", {"Action": operation, **fields})
        if answer.status != 200:
            raise Refused(answer)
        return answer


def dummy_signature(service: str, key: str = "test") -> dict[str, str]:
    """The headers of a call signed with a pair that nobody issued."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{key}/{now[:8]}/us-east-1/{service}/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    return {"X-Amz-Date": now, "Authorization": signature}


def form(client: Client, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
    sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    return client.request("POST", path, urlencode(fields).encode(), sent)


def exchange(address: tuple[str, int], sent: bytes, *, wait_s: float = 10, most: int = 10_000_000) -> bytes:
    """What comes back to these very bytes until the server closes, or says nothing more for `wait_s`."""
    parts: list[bytes] = []
    with socket.create_connection(address, timeout=wait_s) as connection:
        with suppress(OSError):  # refused half way: the answer may have come all the same
            connection.sendall(sent)
        with suppress(OSError):
            while sum(map(len, parts)) < most and (part := connection.recv(65536)):
                parts.append(part)
    return b"".join(parts)


def statuses(answers: bytes) -> list[int]:
    """The status lines in what came back."""
    found = []
    for line in answers.split(b"HTTP/1.1 ")[1:]:
        if line[:3].isdigit():
            found.append(int(line[:3]))
    return found
