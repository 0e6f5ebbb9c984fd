"""The demo's seed file on a real socket, and what the words of the pages mean there."""

from __future__ import annotations

import socket
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs.browser import sign_in
from halfday.server import demo
from world import World, running


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
            "YOUR-CLIENT-ID": demo.CONFIDENTIAL_CLIENT_ID,
            "YOUR-CLIENT-SECRET": self.client_secret,
            "YOUR-PUBLIC-CLIENT-ID": demo.PUBLIC_CLIENT_ID,
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
    document: dict[str, Any] = tomllib.loads(demo.seed_text(callback_urls=[callback]))
    allow_list = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    document["role"][0]["policies"]["list"] = {"Version": "2012-10-17", "Statement": [allow_list]}
    document["identity_pool"][0] |= {"guests": True, "classic_flow": True, "unauthenticated_role": "demo-guests"}
    pool = {"identity_pool": demo.IDENTITY_POOL_ID, "kind": "unauthenticated"}
    document["role"].append({"name": "demo-guests", **pool, "policies": document["role"][0]["policies"]})
    secret = next(c["secret"] for c in document["user_pool"][0]["client"] if "secret" in c)
    with running(data, document) as world:
        world.boto3("s3").create_bucket(Bucket=demo.BUCKET)
        yield Place(world, callback, secret)
