"""The front door on a socket with moto behind it, and people with credentials that were issued for one folder."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import boto3
import httpx2
import pytest
import uvicorn
from botocore.config import Config
from botocore.exceptions import ClientError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from halfday.protocol.sigv4 import hash_of, sign
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.sessions import IssuedCredentials
from halfday.server.domain.calls.kept_answers import KeptAnswers
from halfday.server.domain.s3.uploads import KnownUploads
from halfday.server.http.edge import Edge
from halfday.server.http.front_door.signed_calls import handle
from halfday.server.http.requests.proxies import see_through_proxies
from halfday.server.outside.upstreams import MotoUpstream
from halfday.server.settings import Settings

ACCOUNT = "123456789012"
ME = "us-east-1:11111111-1111-c111-1111-111111111111"
SOMEONE_ELSE = "us-east-1:22222222-2222-c222-2222-222222222222"
VARIABLE = "${cognito-identity.amazonaws.com:sub}"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Own",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "Resource": f"arn:aws:s3:::app/{VARIABLE}/*",
        },
        {
            "Sid": "ListOwn",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::app",
            "Condition": {"StringLike": {"s3:prefix": f"{VARIABLE}/*"}},
        },
    ],
}
ROLE = Role(ACCOUNT, "people", "AROAPEOPLE", trust_policy={}, created_at=0, policies={"own-folder": POLICY})


class Table:
    """Stands in for one family of the store."""

    def __init__(self) -> None:
        self.rows: dict[Any, Any] = {}

    async def find(self, *key: str) -> Any:
        return self.rows.get(key)

    async def has(self, *key: str) -> bool:
        return key in self.rows

    async def of(self, resource: str) -> Any:
        return self.rows.get(resource, {})

    async def put(self, resource: str, row: Any) -> None:
        self.rows[resource] = row

    async def delete(self, resource: str) -> None:
        self.rows.pop(resource, None)


def issue(number: int, *, lifetime_s: float = 3600, session_policies: tuple[Any, ...] = ()) -> IssuedCredentials:
    now = time.time()
    return IssuedCredentials(
        access_key_id=f"ASIA{number:016}",
        secret_access_key=f"secret-{number}",
        session_token=f"token-{number}",
        account=ACCOUNT,
        role_name=ROLE.name,
        role_id=ROLE.role_id,
        session_name="CognitoIdentityCredentials",
        issued_at=now,
        expires_at=now + lifetime_s,
        context={"cognito-identity.amazonaws.com:sub": [ME]},
        session_policies=session_policies,
    )


class Door:
    """The server under test: `services` may be changed between calls."""

    def __init__(self) -> None:
        families = ("credentials", "roles", "access_keys", "retired_access_keys", "iam_users", "resource_pins")
        store = SimpleNamespace(**{family: Table() for family in families})
        store.roles.rows[(ACCOUNT, ROLE.name)] = ROLE
        self.ahead_s = 0.0
        self.services: Any = SimpleNamespace(
            store=store,
            settings=Settings(account_id=ACCOUNT),
            origin="http://127.0.0.1",
            upstream=MotoUpstream(),
            known_uploads=KnownUploads(),
            resource_policies=KeptAnswers(),
            clock=lambda: time.time() + self.ahead_s,
        )
        self.url = ""

    async def answer(self, request: Request) -> Response:
        see_through_proxies(request.scope, self.services.settings)
        return await handle(request, self.services)

    def admit(self, issued: IssuedCredentials) -> IssuedCredentials:
        self.services.store.credentials.rows[(issued.access_key_id,)] = issued
        return issued

    def client(self, issued: IssuedCredentials, **changes: Any) -> Any:
        given = {
            "aws_access_key_id": issued.access_key_id,
            "aws_secret_access_key": issued.secret_access_key,
            "aws_session_token": issued.session_token,
        }
        return self.raw_client(**{**given, **changes})

    def raw_client(self, **keys: Any) -> Any:
        config = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}, signature_version="s3v4")
        return boto3.client("s3", region_name="us-east-1", endpoint_url=self.url, config=config, **keys)

    @cached_property
    def _root(self) -> Any:
        return self.raw_client(aws_access_key_id="test", aws_secret_access_key="test")

    def root(self) -> Any:
        """The same each time, for it takes long to make: nothing is changed of it."""
        return self._root


@pytest.fixture(scope="module")
def running_door() -> Iterator[Door]:
    door = Door()
    methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"]
    app = Edge(Starlette(routes=[Route("/{path:path}", door.answer, methods=methods)]))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", proxy_headers=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    door.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    door.root().create_bucket(Bucket="app")
    yield door
    server.should_exit = True
    thread.join()


@pytest.fixture
def door(running_door: Door) -> Iterator[Door]:
    settings = running_door.services.settings
    yield running_door
    running_door.services.settings, running_door.ahead_s = settings, 0.0
    running_door.services.store.credentials.rows.clear()


def refusal(call: Any, **arguments: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"].get("Message", "")


def tamper(client: Any, event: str, change: Any) -> None:
    """Changes a request after it was signed."""
    client.meta.events.register(f"before-send.s3.{event}", lambda request, **_: change(request))


def signed(
    door: Door,
    issued: IssuedCredentials,
    method: str,
    target: str,
    *,
    body: bytes = b"",
    headers: Iterable[tuple[str, str]] = (),
    unsigned: Iterable[tuple[str, str]] = (),
    region: str = "us-east-1",
) -> httpx2.Response:
    """The answer to a request that our own client half signed; `unsigned` headers are slipped in on the way."""
    url = httpx2.URL(f"{door.url}{target}")
    path, _, query = url.raw_path.decode().partition("?")
    given = [("host", url.netloc.decode()), *headers]
    added = sign(
        method,
        path,
        query,
        given,
        access_key_id=issued.access_key_id,
        secret_access_key=issued.secret_access_key,
        session_token=issued.session_token,
        region=region,
        service="s3",
        payload_hash=hash_of(body),
        now=time.time(),
    )
    sent = [(name.encode(), value.encode()) for name, value in [*given, *added.items(), *unsigned]]
    return httpx2.request(method, url, headers=sent, content=body, verify=False)  # else certificates are loaded


def code_of(answer: httpx2.Response) -> str:
    """S3's code in the error document."""
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]
