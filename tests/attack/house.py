"""Two people with a folder each behind the front door, and a root pair that is wanted: signatures are strict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attack.signing import Keys, Request, send, sign
from attack.wire import Client
from world import World, running

POOL, CLIENT, IDENTITY_POOL = "us-east-1_House0001", "houseclient", "us-east-1:00000000-0000-4000-8000-00000000000a"
PASSWORD = "Hush7-Lovelace-1815"
BUCKET = "house"
ROOT = Keys("AKIAROOTROOTROOTROOT", "root-secret-of-the-attack")
SECRET = b"what only ada may read: Hush7"
VARIABLE = "${cognito-identity.amazonaws.com:sub}"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "Resource": f"arn:aws:s3:::{BUCKET}/home/{VARIABLE}/*",
        },
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": f"arn:aws:s3:::{BUCKET}",
            "Condition": {"StringLike": {"s3:prefix": f"home/{VARIABLE}/*"}},
        },
    ],
}


@dataclass
class Person:
    keys: Keys
    folder: str
    id_token: str


@dataclass
class House:
    world: World
    ada: Person
    mallory: Person

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", int(self.world.origin.rpartition(":")[2])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.address[1]}"

    @property
    def secret_path(self) -> str:
        return f"/{BUCKET}/{self.ada.folder}/secret"

    def request(self, method: str, path: str, body: bytes = b"", **query: str) -> Request:
        return Request(method, path, tuple(query.items()), (("host", self.host),), body)

    def as_root(self, method: str, path: str, body: bytes = b"", **query: str) -> tuple[int, bytes]:
        return send(self.address, sign(self.request(method, path, body, **query), ROOT))


@contextmanager
def house(**settings: Any) -> Iterator[House]:
    """The bucket stands; ada's secret lies in her folder."""
    chosen = {
        "signatures": "strict",
        "root_access_key_id": ROOT.access_key_id,
        "root_secret_access_key": ROOT.secret,
        "upstream": "moto",
        **settings,
    }
    with (
        TemporaryDirectory(prefix="halfday-attack-") as folder,
        running(Path(folder), _document(), **chosen) as world,
    ):
        port = int(world.origin.rpartition(":")[2])
        built = House(world, *(_credentials(port, name) for name in ("ada", "mallory")))
        assert built.as_root("PUT", f"/{BUCKET}")[0] == 200
        assert built.as_root("PUT", built.secret_path, SECRET)[0] == 200
        yield built


def _credentials(port: int, username: str) -> Person:
    client = Client(("127.0.0.1", port))
    given = {"USERNAME": username, "PASSWORD": PASSWORD}
    answer = client.idp("InitiateAuth", ClientId=CLIENT, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
    token = answer["AuthenticationResult"]["IdToken"]
    logins = {f"cognito-idp.us-east-1.amazonaws.com/{POOL}": token}
    known = client.call("cognito-identity", "GetId", IdentityPoolId=IDENTITY_POOL, Logins=logins)
    issued = client.call("cognito-identity", "GetCredentialsForIdentity", **known, Logins=logins)["Credentials"]
    client.close()
    keys = Keys(issued["AccessKeyId"], issued["SecretKey"], issued["SessionToken"])
    return Person(keys, f"home/{known['IdentityId']}".replace(":", "%3A"), token)


def _document() -> dict[str, Any]:
    client = {"id": CLIENT, "auth_flows": ["ALLOW_USER_PASSWORD_AUTH"]}
    people = [{"username": name, "password": PASSWORD} for name in ("ada", "mallory")]
    role = {"name": "people", "identity_pool": IDENTITY_POOL, "policies": {"own-folder": json.dumps(POLICY)}}
    pool = {"id": IDENTITY_POOL, "name": "house", "clients": [CLIENT], "authenticated_role": "people"}
    return {
        "user_pool": [{"id": POOL, "client": [client], "user": people}],
        "identity_pool": [pool],
        "role": [role],
    }
