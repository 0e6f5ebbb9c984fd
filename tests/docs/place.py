"""The demo's seed file on a real socket, and what the words of the pages mean there."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs.browser import sign_in
from halfday.server import demo
from ports import free_port
from sockets import Handler, answering
from world import World, running

MACHINE_CLIENT_ID = "demomachine"
MACHINE_SECRET = "machine_secret_of_the_docs_0123456789"


@dataclass
class Place:
    """The server, and what the pages' words mean at it."""

    world: World
    callback: str
    client_secret: str

    @property
    def words(self) -> dict[str, str]:
        return {
            "https://YOUR-PREFIX.auth.eu-west-1.amazoncognito.com": self.world.origin,
            "http://localhost:8080": self.callback,
            "8080:localhost:8080": "{0}:localhost:{0}".format(self.callback.rpartition(":")[2]),
            "YOUR-CLIENT-ID": demo.CONFIDENTIAL_CLIENT_ID,
            "YOUR-CLIENT-SECRET": self.client_secret,
            "YOUR-PUBLIC-CLIENT-ID": demo.PUBLIC_CLIENT_ID,
            "YOUR-MACHINE-CLIENT-ID": MACHINE_CLIENT_ID,
            "YOUR-MACHINE-SECRET": MACHINE_SECRET,
            "https://abc123.execute-api.eu-west-1.amazonaws.com/prod": f"{self.world.origin}{demo.API_PATH}",
            "eu-west-1:YOUR-IDENTITY-POOL": demo.IDENTITY_POOL_ID,
            "eu-west-1_YOURPOOL": demo.POOL_ID,
            "eu-west-1": "us-east-1",
            "YOUR-BUCKET": demo.BUCKET,
            "YOUR-ROLE": "demo-authenticated",
        }

    @property
    def connection(self) -> dict[str, str]:
        """The public app client's, as settings."""
        return {
            "domain": self.world.origin,
            "client_id": demo.PUBLIC_CLIENT_ID,
            "identity_pool_id": demo.IDENTITY_POOL_ID,
            "redirect_uri": self.callback,
        }

    def tokens(self) -> dict[str, str]:
        """`token`, an access token, and `id_token`: of a sign-in by password."""
        answer = self.world.idp.initiate_auth(
            ClientId=demo.PUBLIC_CLIENT_ID,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": demo.USERNAME, "PASSWORD": demo.PASSWORD},
        )["AuthenticationResult"]
        return {"token": answer["AccessToken"], "id_token": answer["IdToken"]}

    def new_code(self) -> str:
        link = (
            f"{self.world.origin}/oauth2/authorize?response_type=code&client_id={demo.CONFIDENTIAL_CLIENT_ID}"
            f"&redirect_uri={self.callback}"
        )
        return sign_in(link, demo.USERNAME, demo.PASSWORD).partition("code=")[2].partition("&")[0]


@contextmanager
def up(data: Path) -> Iterator[Place]:
    callback = f"http://localhost:{free_port()}"
    with _backend() as backend:
        document = tomllib.loads(demo.seed_text(callback_urls=[callback], backend=backend))
        _admit_guests(document)
        _add_orders(document, backend)
        secret = next(c["secret"] for c in document["user_pool"][0]["client"] if "secret" in c)
        with running(data, document) as world:
            _only_bucket(world, demo.BUCKET)
            yield Place(world, callback, secret)


def _only_bucket(world: World, name: str) -> None:
    """moto is the process's, and other tests have been here."""
    s3 = world.boto3("s3")
    for other in s3.list_buckets()["Buckets"]:
        for found in s3.list_objects_v2(Bucket=other["Name"]).get("Contents", ()):
            s3.delete_object(Bucket=other["Name"], Key=found["Key"])
        s3.delete_bucket(Bucket=other["Name"])
    s3.create_bucket(Bucket=name)


def _admit_guests(document: dict[str, Any]) -> None:
    """With the role that those who sign in have. And people whom a backend knows."""
    document["identity_pool"][0] |= {"guests": True, "classic_flow": True, "unauthenticated_role": "demo-guests"}
    document["identity_pool"][0]["developer_provider"] = "login.example.com"
    pool = {"identity_pool": demo.IDENTITY_POOL_ID, "kind": "unauthenticated"}
    document["role"].append({"name": "demo-guests", **pool, "policies": document["role"][0]["policies"]})


def _add_orders(document: dict[str, Any], backend: str) -> None:
    """/orders of the API wants a scope, and so an access token: the machine's, or a person's by the sign-in page."""
    pool = document["user_pool"][0]
    pool["resource_server"] = [{"identifier": "orders", "scopes": {"read": "read them"}}]
    next(c for c in pool["client"] if c["id"] == demo.PUBLIC_CLIENT_ID)["scopes"].append("orders/read")
    machine = {"id": MACHINE_CLIENT_ID, "name": "machine", "secret": MACHINE_SECRET, "flows": ["client_credentials"]}
    pool["client"].append({**machine, "scopes": ["orders/read"]})
    path = f"{demo.API_PATH}/orders"
    document["gateway"].append({"path": path, "pool": demo.POOL_ID, "backend": backend, "scopes": ["orders/read"]})


def _backend() -> AbstractContextManager[str]:
    """What stands behind the API: says who it was told it is."""

    class Backend(Handler):
        def do_GET(self) -> None:
            sent = self.read_body().decode()
            told = {"method": self.command, "email": self.headers.get("X-Email"), "sent": sent}
            self.answer(200, json.dumps({name: value for name, value in told.items() if value}).encode())

        do_POST = do_GET

    return answering(Backend)
