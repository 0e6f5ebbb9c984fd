"""Two `halfday serve` on one data folder: what one is told to change holds at the other from its next request on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from halfday.protocol.jwk import thumbprint_kid
from halfday.server.compose import DATABASE_FILE
from halfday.server.domain.user_pools.pools import SigningKey
from halfday.server.storage.sealing import Sealer, load_master_key
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.store import Store
from halfday.server.storage.tables.pools import SIGNING_KEYS
from ports import free_port
from units.test_two_servers import CLIENT, POOL, SEED, idp, served, wait_for
from world import CALLBACK, Browser

GOOGLE = {"client_id": "id", "client_secret": "s3cret", "authorize_scopes": "openid"}


@dataclass(frozen=True)
class Two:
    """The first is told to change something; the second has answered before, and is asked again."""

    data: Path
    first: Any
    second: Any
    origin: str

    def client(self, **given: Any) -> dict[str, Any]:
        named = {"UserPoolId": POOL, "ClientName": "another", **given}
        made: dict[str, Any] = self.first.create_user_pool_client(**named)["UserPoolClient"]
        return made

    def tokens(self, client_id: str = CLIENT) -> dict[str, str]:
        given = {"USERNAME": "ada", "PASSWORD": "Lovelace-1815"}
        answer = self.second.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
        return dict(answer["AuthenticationResult"])

    def kids(self) -> set[str]:
        keys = requests.get(f"{self.origin}/{POOL}/.well-known/jwks.json", timeout=10).json()["keys"]
        return {key["kid"] for key in keys}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("two")
    (folder / "seed.toml").write_text(SEED)
    ports = free_port(), free_port()
    url = f"http://localhost:{ports[0]}"
    with served(folder, ports[0], free_port(), url), served(folder, ports[1], free_port(), url):
        for port in ports:
            wait_for(port)
        yield Two(folder / "data", idp(ports[0]), idp(ports[1]), f"http://127.0.0.1:{ports[1]}")


def refusal(call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**given)
    return str(refused.value.response["Error"]["Message"])


def test_a_client_that_one_deletes_is_gone_at_the_other(two: Two) -> None:
    client_id = two.client(ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])["ClientId"]
    tokens = two.tokens(client_id)
    assert two.second.get_user(AccessToken=tokens["AccessToken"])["Username"] == "ada"
    two.first.delete_user_pool_client(UserPoolId=POOL, ClientId=client_id)
    assert refusal(two.second.get_user, AccessToken=tokens["AccessToken"]) == "Invalid Access Token"
    renewal = {"REFRESH_TOKEN": tokens["RefreshToken"]}
    told = refusal(two.second.initiate_auth, ClientId=client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=renewal)
    assert told == f"User pool client {client_id} does not exist."


def test_a_flow_that_one_takes_from_a_client_is_refused_at_the_other(two: Two) -> None:
    client_id = two.client(ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])["ClientId"]
    assert two.tokens(client_id)
    kept = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    two.first.update_user_pool_client(UserPoolId=POOL, ClientId=client_id, ExplicitAuthFlows=kept)
    assert refusal(two.tokens, client_id=client_id) == "USER_PASSWORD_AUTH flow not enabled for this client"


def test_a_secret_that_one_deletes_opens_nothing_at_the_other(two: Two) -> None:
    two.first.create_resource_server(
        UserPoolId=POOL, Identifier="api", Name="api", Scopes=[{"ScopeName": "read", "ScopeDescription": "r"}]
    )
    flows = {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["api/read"]}
    machine = two.client(GenerateSecret=True, AllowedOAuthFlowsUserPoolClient=True, **flows)
    named = {"UserPoolId": POOL, "ClientId": machine["ClientId"]}
    (old,) = two.first.list_user_pool_client_secrets(**named)["ClientSecrets"]

    def status() -> int:
        keys = (machine["ClientId"], machine["ClientSecret"])
        form = {"grant_type": "client_credentials"}
        return requests.post(f"{two.origin}/oauth2/token", data=form, auth=keys, timeout=10).status_code

    assert status() == 200
    two.first.add_user_pool_client_secret(**named)
    assert status() == 200
    two.first.delete_user_pool_client_secret(**named, ClientSecretId=old["ClientSecretId"])
    assert status() == 400


def test_a_provider_that_one_takes_from_a_client_is_led_to_by_neither(two: Two) -> None:
    google = {"UserPoolId": POOL, "ProviderName": "Google"}
    two.first.create_identity_provider(**google, ProviderType="Google", ProviderDetails=GOOGLE)
    client = two.client(
        SupportedIdentityProviders=["COGNITO", "Google"],
        CallbackURLs=[CALLBACK],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
    )

    def leads_to() -> str | None:
        answer = Browser(two.origin).authorize(client, identity_provider="Google")
        return urlsplit(answer.headers["Location"]).hostname

    assert leads_to() == "accounts.google.com"
    details = {**GOOGLE, "authorize_url": "https://elsewhere.example.com/auth"}
    two.first.update_identity_provider(**google, ProviderDetails=details)
    assert leads_to() == "elsewhere.example.com"
    named = {"UserPoolId": POOL, "ClientId": client["ClientId"]}
    settings = {"AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid"], "CallbackURLs": [CALLBACK]}
    two.first.update_user_pool_client(
        **named, **settings, AllowedOAuthFlowsUserPoolClient=True, SupportedIdentityProviders=["COGNITO"]
    )
    assert leads_to() not in ("accounts.google.com", "elsewhere.example.com")
    two.first.delete_identity_provider(**google)
    assert refusal(two.second.describe_identity_provider, **google).startswith("Identity provider Google")


def test_what_a_rotated_key_signed_is_refused_and_the_new_one_signs(two: Two) -> None:
    """No operation rotates: a third process writes the key, past both servers."""
    token, kids = two.tokens()["AccessToken"], two.kids()
    assert two.second.get_user(AccessToken=token)["Username"] == "ada"
    kid = asyncio.run(_rotate(two.data))
    assert refusal(two.second.get_user, AccessToken=token) == "Could not verify signature for Access Token"
    assert (kid in two.kids(), len(two.kids() & kids)) == (True, 1)
    for server in (two.first, two.second):
        assert server.get_user(AccessToken=two.tokens()["AccessToken"])["Username"] == "ada"


async def _rotate(data: Path) -> str:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem, kid = private.private_bytes(*form).decode(), thumbprint_kid(private.public_key())
    store = Store(SqliteDatabase(data / DATABASE_FILE), Sealer(load_master_key(data / "master.key")))

    def rotated(key: SigningKey) -> SigningKey:
        return replace(key, kid=kid, private_pem=pem)

    await store.signing_keys._change(SIGNING_KEYS, POOL, "access", change=rotated)
    await store.close()
    return kid


def test_of_many_changes_at_either_none_is_seen_late_at_the_other(two: Two) -> None:
    """Each in its turn, with people signing in and being changed meanwhile."""
    for number in range(30):
        one, other = (two.first, two.second) if number % 2 else (two.second, two.first)
        one.update_user_pool(UserPoolId=POOL, PoolName=f"name {number}")
        assert other.describe_user_pool(UserPoolId=POOL)["UserPool"]["Name"] == f"name {number}"
        other.admin_update_user_attributes(
            UserPoolId=POOL, Username="ada", UserAttributes=[{"Name": "name", "Value": str(number)}]
        )
        if number % 10 == 0:
            two.tokens()


def test_a_pool_that_one_deletes_is_nobodys_at_the_other(two: Two) -> None:
    pool_id = two.first.create_user_pool(PoolName="short-lived")["UserPool"]["Id"]
    url = f"{two.origin}/{pool_id}/.well-known/jwks.json"
    assert requests.get(url, timeout=10).status_code == 200
    two.first.delete_user_pool(UserPoolId=pool_id)
    assert requests.get(url, timeout=10).status_code == 404
    assert refusal(two.second.describe_user_pool, UserPoolId=pool_id) == f"User pool {pool_id} does not exist."
