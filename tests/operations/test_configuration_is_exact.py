"""Whatever calls configure, two servers on one database answer what the database holds, at each step."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from databases import KEY
from federated import allow, trust
from halfday.server.domain.user_pools.pools import MfaPolicy
from halfday.server.flows.tokens import keys
from halfday.server.storage.database import Database
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.store import Store
from in_process import ACCOUNT, CLIENT, POOL, Server, Template, a_private_key, make_pool, result_of, server_over, set_up
from stored_configuration import Names, answers, names_in
from suspending import SuspendingDatabase

KINDS: Mapping[str, Callable[[Path], Database]] = {"sqlite": SqliteDatabase, "suspending": SuspendingDatabase}
GOOGLE = {"client_id": "id", "client_secret": "s3cret", "authorize_scopes": "openid"}
CERTIFICATE = {"CertificateArn": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/00000000-0000-4000-8000-000000000001"}
MAPPING = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
READ = [{"ScopeName": "read", "ScopeDescription": "Read"}]
PLAN = [{"Name": "plan", "AttributeDataType": "String"}]


@dataclass(frozen=True)
class There:
    """What a call may name: one of each kind, the last that was made if there is any."""

    pool: str
    client: str
    secret: str
    identity_pool: str

    @property
    def arn(self) -> str:
        return f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{self.pool}"


def of_pool(**given: Any) -> Callable[[There], dict[str, Any]]:
    return lambda there: {"UserPoolId": there.pool, **given}


def of_client(**given: Any) -> Callable[[There], dict[str, Any]]:
    return lambda there: {"UserPoolId": there.pool, "ClientId": there.client, **given}


def of_identities(**given: Any) -> Callable[[There], dict[str, Any]]:
    return lambda there: {"IdentityPoolId": there.identity_pool, **given}


def _providers(there: There) -> list[dict[str, str]]:
    return [{"ProviderName": f"cognito-idp.us-east-1.amazonaws.com/{there.pool}", "ClientId": there.client}]


google = {"ProviderName": "Google"}
role = {"RoleName": "reader"}
role_arn = f"arn:aws:iam::{ACCOUNT}:role/reader"
reads = {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/reads"}
idp = {"OpenIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com"}

CALLS: tuple[tuple[str, Callable[[There], dict[str, Any]]], ...] = (
    ("CreateUserPool", lambda _: {"PoolName": "another"}),
    ("UpdateUserPool", of_pool(PoolName="new", UserPoolTags={"a": "b"})),
    ("UpdateUserPool", of_pool(EmailConfiguration={"ReplyToEmailAddress": "a@example.com"})),
    ("SetUserPoolMfaConfig", of_pool(MfaConfiguration="OFF")),
    ("SetUserPoolSessionConfiguration", of_pool(UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 3})),
    ("AddCustomAttributes", of_pool(CustomAttributes=PLAN)),
    ("TagResource", lambda there: {"ResourceArn": there.arn, "Tags": {"team": "shop"}}),
    ("UntagResource", lambda there: {"ResourceArn": there.arn, "TagKeys": ["team"]}),
    ("DeleteUserPool", of_pool()),
    ("CreateUserPoolClient", of_pool(ClientName="second", GenerateSecret=True)),
    ("UpdateUserPoolClient", of_client(ClientName="new", SupportedIdentityProviders=["COGNITO"])),
    ("AddUserPoolClientSecret", of_client()),
    ("DeleteUserPoolClientSecret", lambda there: {**of_client()(there), "ClientSecretId": there.secret}),
    ("CreateResourceServer", of_pool(Identifier="api", Name="API")),
    ("UpdateResourceServer", of_pool(Identifier="api", Name="API", Scopes=READ)),
    ("DeleteResourceServer", of_pool(Identifier="api")),
    ("CreateIdentityProvider", of_pool(**google, ProviderType="Google", ProviderDetails=GOOGLE)),
    ("UpdateIdentityProvider", of_pool(**google, IdpIdentifiers=["example.com"])),
    ("UpdateUserPoolClient", of_client(SupportedIdentityProviders=["COGNITO", "Google"])),
    ("DeleteIdentityProvider", of_pool(**google)),
    ("DeleteUserPoolClient", of_client()),
    ("CreateUserPoolDomain", of_pool(Domain="shop")),
    ("CreateUserPoolDomain", of_pool(Domain="auth.example.com", CustomDomainConfig=CERTIFICATE)),
    ("UpdateUserPoolDomain", of_pool(Domain="auth.example.com", CustomDomainConfig=CERTIFICATE)),
    ("DeleteUserPoolDomain", of_pool(Domain="shop")),
    ("DeleteUserPoolDomain", of_pool(Domain="auth.example.com")),
    ("CreateIdentityPool", lambda _: {"IdentityPoolName": "people", "AllowUnauthenticatedIdentities": True}),
    (
        "UpdateIdentityPool",
        lambda there: {
            **of_identities(IdentityPoolName="new", AllowUnauthenticatedIdentities=False)(there),
            "CognitoIdentityProviders": _providers(there),
            "SupportedLoginProviders": {"accounts.google.com": "app"},
            "DeveloperProviderName": "login.example.com",
        },
    ),
    ("SetIdentityPoolRoles", of_identities(Roles={"authenticated": role_arn})),
    ("SetIdentityPoolRoles", of_identities(Roles={}, RoleMappings={"accounts.google.com": MAPPING})),
    (
        "SetPrincipalTagAttributeMap",
        of_identities(IdentityProviderName="login.example.com", PrincipalTags={"a": "sub"}),
    ),
    ("DeleteIdentityPool", of_identities()),
    ("CreateRole", lambda there: {**role, "AssumeRolePolicyDocument": json.dumps(trust(there.identity_pool))}),
    ("PutRolePolicy", lambda _: {**role, "PolicyName": "p", "PolicyDocument": json.dumps(allow("s3:GetObject"))}),
    ("PutRolePolicy", lambda _: {**role, "PolicyName": "p", "PolicyDocument": json.dumps(allow("s3:*"))}),
    ("TagRole", lambda _: {**role, "Tags": [{"Key": "a", "Value": "b"}]}),
    ("CreatePolicy", lambda _: {"PolicyName": "reads", "PolicyDocument": json.dumps(allow("s3:GetObject"))}),
    ("AttachRolePolicy", lambda _: {**role, **reads}),
    ("CreatePolicyVersion", lambda _: {**reads, "PolicyDocument": json.dumps(allow("s3:*"))}),
    ("SetDefaultPolicyVersion", lambda _: {**reads, "VersionId": "v2"}),
    ("DeletePolicyVersion", lambda _: {**reads, "VersionId": "v1"}),
    ("PutRolePermissionsBoundary", lambda _: {**role, "PermissionsBoundary": reads["PolicyArn"]}),
    ("CreateOpenIDConnectProvider", lambda _: {"Url": "https://idp.example.com", "ClientIDList": ["app"]}),
    ("TagOpenIDConnectProvider", lambda _: {**idp, "Tags": [{"Key": "a", "Value": "b"}]}),
    ("DeleteOpenIDConnectProvider", lambda _: idp),
    ("CreateUser", lambda _: {"UserName": "dev"}),
    ("AttachUserPolicy", lambda _: {"UserName": "dev", **reads}),
    ("CreateAccessKey", lambda _: {"UserName": "dev"}),
    ("UpdateUser", lambda _: {"UserName": "dev", "NewUserName": "ops"}),
    ("DetachUserPolicy", lambda _: {"UserName": "ops", **reads}),
    ("DetachRolePolicy", lambda _: {**role, **reads}),
    ("DeleteRolePermissionsBoundary", lambda _: role),
    ("DeletePolicy", lambda _: reads),
    ("DeleteRolePolicy", lambda _: {**role, "PolicyName": "p"}),
    ("DeleteRole", lambda _: role),
)
OF_IAM = ("Role", "Policy", "PolicyVersion", "User", "AccessKey", "OpenIDConnectProvider")


def service_of(name: str) -> str:
    if "IdentityPool" in name or "PrincipalTag" in name:
        return "cognito-identity"
    made = name.removesuffix("Boundary").removesuffix("Permissions")
    return "iam" if made.endswith(OF_IAM) else "cognito-idp"


class OnePair:
    """For pools that sign nothing."""

    def are_ready(self) -> bool:
        return True

    async def take(self) -> Any:
        return a_private_key()


async def there(store: Store, last: bool) -> There:
    """`last`: of several, the newest; else the one that was there first."""

    async def one(sql: str, otherwise: str) -> str:
        rows = await store._database.fetch(sql)
        return str(rows[-1 if last else 0][0]) if rows else otherwise

    pool = await one("SELECT pool_id FROM pools ORDER BY created_at, rowid", POOL)
    client = await one("SELECT client_id FROM app_clients ORDER BY created_at, rowid", CLIENT)
    known = await store.app_clients.find(client)
    secret = known.secrets[0].secret_id if known and known.secrets else f"{client}--1"
    identities = await one("SELECT identity_pool_id FROM identity_pools ORDER BY rowid", "us-east-1:none")
    return There(known.pool_id if known and last else pool, client, secret, identities)


async def configure(servers: list[Server], fresh: Database, sequence: list[tuple[int, int, bool]]) -> None:
    names: Names = {}
    for at, (number, of, last) in enumerate(sequence):
        name, given = CALLS[number]
        store, server = Store(fresh, Sealer(KEY)), servers[of]
        asked = given(await there(store, last))
        server.now = 2000.0 + at
        result = await result_of(server.call(name, service_of(name), **asked))
        names = await names_in(Store(fresh, Sealer(KEY)), names)
        held = await answers(Store(fresh, Sealer(KEY)), names)
        assert await answers(server.store, names) == held, (name, result)
        await asyncio.sleep(0)  # what another process does is seen from the next turn on
        assert await answers(servers[1 - of].store, names) == held, (name, result)


async def a_pool(server: Server) -> None:
    await make_pool(server, mfa=MfaPolicy())


@pytest.fixture(scope="module", params=KINDS)
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Template]:
    return request.param, set_up(tmp_path_factory.mktemp("exact"), a_pool)


COUNTER: Iterator[int] = itertools.count()
STEPS = st.tuples(st.integers(0, len(CALLS) - 1), st.integers(0, 1), st.booleans())


def run_over(template: tuple[str, Template], sequence: list[tuple[int, int, bool]]) -> None:
    kind, made = template

    async def run() -> None:
        with TemporaryDirectory() as folder:
            path = Path(made.copy(f"run-{next(COUNTER)}")).rename(Path(folder) / "store.sqlite3")
            databases = [KINDS[kind](path) for _ in range(3)]
            servers = [server_over(database, f"server {n}") for n, database in enumerate(databases[:2])]
            for server in servers:
                server.services.key_pairs = OnePair()  # type: ignore[assignment]
            try:
                await configure(servers, databases[2], sequence)
            finally:
                for database in databases:
                    await database.close()

    asyncio.run(run())


@settings(max_examples=16, deadline=None)
@given(sequence=st.lists(STEPS, min_size=3, max_size=8))
def test_two_servers_answer_what_a_fresh_read_finds_after_any_calls(
    template: tuple[str, Template], sequence: list[tuple[int, int, bool]]
) -> None:
    run_over(template, sequence)


def test_two_servers_answer_what_a_fresh_read_finds_after_each_call_in_turn(template: tuple[str, Template]) -> None:
    """All calls in their order, by one server and the other: what is made is changed and deleted."""
    in_order = sorted(range(len(CALLS)), key=lambda number: CALLS[number][0] == "DeleteUserPool")
    run_over(template, [(number, at % 2, True) for at, number in enumerate(in_order)])


def test_an_opened_key_lives_no_longer_than_its_record(tmp_path: Path) -> None:
    made = set_up(tmp_path, a_pool)

    async def run() -> None:
        server = server_over(database := SqliteDatabase(made.copy("run")))
        first = (await keys.public_keys(server.services, POOL)).values()
        again = (await keys.public_keys(server.services, POOL)).values()
        assert all(one is other for one, other in zip(first, again, strict=True)), "opened once"
        assert len(server.services.opened_keys) == 2
        await server.call("UpdateUserPool", PoolName="new")
        assert await server.store.pools.get(POOL), "the change is seen"
        gc.collect()
        assert len(server.services.opened_keys) == 0
        await database.close()

    asyncio.run(run())


def test_each_call_of_the_list_does_what_it_says(tmp_path: Path) -> None:
    """In its order none is refused: else the list above would show less than it seems to."""
    made = set_up(tmp_path, a_pool)

    async def run() -> list[tuple[str, Any]]:
        server = server_over(database := SqliteDatabase(made.copy("run")))
        server.services.key_pairs = OnePair()  # type: ignore[assignment]
        results = []
        for name, given_by in sorted(CALLS, key=lambda call: call[0] == "DeleteUserPool"):
            server.now += 1
            result = await result_of(server.call(name, service_of(name), **given_by(await there(server.store, True))))
            results.append((name, result))
        await database.close()
        return results

    refused = [(name, result) for name, result in asyncio.run(run()) if isinstance(result, str)]
    assert refused == []
