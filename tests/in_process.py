"""A server without sockets: calls go to `dispatch`, over any database. For races and kills, of which there are many.

What a test needs is set up once, and copied for each interleaving and each kill.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from databases import KEY
from halfday.protocol.errors import ServiceError
from halfday.protocol.jwk import thumbprint_kid
from halfday.server.domain.aws.callers import Root
from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import MFA_FACTORS, MfaPolicy, Pool, SigningKey
from halfday.server.operations import families as _every_operation  # noqa: F401
from halfday.server.operations.framework.dispatch import dispatch
from halfday.server.outside.sent_messages import SentMessages
from halfday.server.services import Services
from halfday.server.settings import Settings
from halfday.server.storage.database import Database
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.store import Store

POOL, CLIENT, ACCOUNT = "us-east-1_Process01", "client0000000000000000001", "123456789012"
PASSWORD = "Lovelace-1815"
POOL_ARN = f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{POOL}"
FLOWS = ("ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")


@dataclass
class Server:
    """`now` stands still until it is set."""

    services: Services
    now: float = 1000.0
    sent: SentMessages = field(default_factory=SentMessages)

    async def call(self, name: str, /, service: str = "cognito-idp", **given: Any) -> Mapping[str, Any]:
        """By the account's root, with the pool named where the operation has one and the call names none."""

        async def root() -> Root:
            return Root(ACCOUNT)

        def parse(known: Any) -> dict[str, Any]:
            members = known.model.input_shape.members
            named = {"UserPoolId": POOL, "ClientId": CLIENT}
            return {**{member: value for member, value in named.items() if member in members}, **given}

        context = RequestContext(source_address="192.0.2.1", user_agent="in process")
        _, output = await dispatch(
            self.services, service, name, region="us-east-1", context=context, prove=root, parse=parse
        )
        return output

    @property
    def store(self) -> Store:
        return self.services.store

    def code(self, purpose: str | None = None) -> str:
        (message,) = self.sent.newest(lambda message: purpose in (None, message.purpose), 1)
        return str(message.code)


def server_over(database: Database, seed: str = "work") -> Server:
    """Without HTTP and without mail; ids and codes are the same in every run of one seed."""
    sent, source = SentMessages(), random.Random(seed)
    services = Services(
        store=Store(database, Sealer(KEY)),
        settings=Settings(),
        origin="http://localhost:4242",
        http=cast(httpx2.AsyncClient, None),
        messages=sent,
        sent_messages=sent,
        random=source.randbytes,
        strict_about_ourselves=True,
    )
    server = Server(services, sent=sent)
    services.clock = lambda: server.now
    services.token = lambda: source.randbytes(32).hex()  # type: ignore[method-assign]
    return server


async def make_pool(server: Server, *, client: Mapping[str, Any] | None = None, **given: Any) -> None:
    """A pool with every kind of second factor, that verifies e-mail addresses; and an app client."""
    policy = MfaPolicy("OPTIONAL", MFA_FACTORS)
    defaults = {"alias_attributes": ("email",), "auto_verified_attributes": ("email",), "mfa": policy}
    pool = Pool(POOL, "in process", "local", 1.0, 1.0, **{**defaults, **given})
    await server.store.pools.insert(pool, [signing_key("id"), signing_key("access")])
    known = {"auth_flows": FLOWS, "oauth_enabled": True, "oauth_flows": ("code",), "scopes": ("openid",)}
    await server.store.app_clients.insert(AppClient(POOL, CLIENT, "web", 1.0, 1.0, **{**known, **(client or {})}))


async def make_user(server: Server, username: str = "ada", **attributes: str) -> None:
    attributes = {"email": f"{username}@example.com", "email_verified": "true", **attributes}
    listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
    await server.call("AdminCreateUser", Username=username, UserAttributes=listed, MessageAction="SUPPRESS")
    await server.call("AdminSetUserPassword", Username=username, Password=PASSWORD, Permanent=True)


async def sign_in(server: Server, username: str = "ada", password: str = PASSWORD) -> Mapping[str, Any]:
    parameters = {"USERNAME": username, "PASSWORD": password}
    answer = await server.call("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
    return cast(Mapping[str, Any], answer.get("AuthenticationResult", answer))


def signing_key(purpose: str) -> SigningKey:
    private = a_private_key()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(POOL, purpose, thumbprint_kid(private.public_key()), pem.decode(), 1.0)


@cache
def a_private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


SetUp = Callable[[Server], Awaitable[Any]]
Work = Callable[[Server, Any], Awaitable[Any]]
FILE = "store.sqlite3"


@dataclass(frozen=True)
class Template:
    """A database in which everything is set up. `known` is what the set-up returned."""

    folder: Path
    known: Any

    def copy(self, name: str) -> Path:
        shutil.copytree(self.folder, copied := self.folder.parent / name)
        return copied / FILE


def set_up(folder: Path, work: SetUp) -> Template:
    (folder / "template").mkdir()

    async def run() -> Any:
        database = SqliteDatabase(folder / "template" / FILE)
        try:
            return await work(server_over(database, "set up"))
        finally:
            await database.close()

    return Template(folder / "template", asyncio.run(run()))


async def result_of(work: Awaitable[Any]) -> Any:
    """What it returns, or the code of what it is refused with."""
    try:
        return await work
    except (ServiceError, Refused) as refused:
        return refused.code
