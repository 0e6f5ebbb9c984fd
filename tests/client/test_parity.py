"""What is there blocking is there awaited, by the same names and with the same arguments; each asked once."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from cognito_peer import CLIENT_ID, IDENTITY_ID, IDENTITY_POOL_ID, Peer

from federated import Identities, allow, identities
from halfday import ApiRefused, AsyncCognito, AsyncSession, Cognito, Session, SettingsError, SignInNeeded, TokenInvalid
from halfday.client.aio import AsyncDeveloperIdentity, AsyncGuest, AsyncMachine
from halfday.client.identities import DeveloperIdentity, Guest
from halfday.client.machine import Machine
from operations.test_devices import tracking
from world import PASSWORD, Pool, World

PAIRS = [
    (Cognito, AsyncCognito),
    (Session, AsyncSession),
    (Guest, AsyncGuest),
    (DeveloperIdentity, AsyncDeveloperIdentity),
    (Machine, AsyncMachine),
]
OF_THREADS = {
    "boto3": "blocks; aiobotocore is the same for asyncio",
    "requests_auth": "requests blocks",
    "keep": "whoever keeps a session is a Cognito: keep=True",
    "now": "for the signers of requests, which are handed the blocking session",
    "sign_in_page": "for the signers of requests, which are handed the blocking session",
}
OF_PEOPLE = {
    "id_token": "a machine has none: the blocking one is there to say so",
    "identity_id": "a machine has none",
    "credentials": "a machine has none",
}


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.parametrize(("blocking", "awaited"), PAIRS, ids=lambda kind: kind.__name__)
def test_the_same_names(blocking: type, awaited: type) -> None:
    left_out = {*OF_THREADS, *(OF_PEOPLE if blocking is Machine else ())}
    assert public(awaited) - {"blocking"} == public(blocking) - left_out


def test_what_is_left_out_exists() -> None:
    assert set(OF_THREADS) <= set().union(*(public(blocking) for blocking, _ in PAIRS))
    assert set(OF_PEOPLE) <= public(Machine)


@pytest.mark.parametrize(("blocking", "awaited"), PAIRS, ids=lambda kind: kind.__name__)
def test_the_same_arguments(blocking: type, awaited: type) -> None:
    for name in sorted(public(blocking) & public(awaited)):
        ours, theirs = inspect.getattr_static(blocking, name), inspect.getattr_static(awaited, name)
        if isinstance(ours, property):
            assert not callable(theirs) or inspect.iscoroutinefunction(theirs), name
            continue
        wanted = [
            (parameter.name, parameter.kind, parameter.default)
            for parameter in list(inspect.signature(ours).parameters.values())[1:]
        ]
        found = list(inspect.signature(theirs).parameters.values())[1:]
        assert [(parameter.name, parameter.kind, parameter.default) for parameter in found] == wanted, name


# --- each of them, awaited --------------------------------------------------------------------------------------------


@pytest.fixture
def people(world: World) -> Iterator[Identities]:
    """An identity pool that admits guests and ada."""
    people = identities(world, AllowUnauthenticatedIdentities=True)
    role = people.role("readers", allow("s3:ListAllMyBuckets"))
    people.set_roles(authenticated=role, unauthenticated=people.role("visitors", kind="unauthenticated"))
    return people


def settings(pool: Pool, client: dict[str, Any], **more: Any) -> dict[str, Any]:
    known = {"user_pool_id": pool.pool_id, "endpoint_url": pool.world.origin, "client_id": client["ClientId"]}
    return {**known, "clock": pool.world.clock, **more}


def aio(people: Identities) -> AsyncCognito:
    return AsyncCognito(**settings(people.pool, people.client, identity_pool_id=people.identity_pool_id))


def test_a_guest_has_credentials_and_may_become_another_one(people: Identities) -> None:
    async def story() -> None:
        guest = aio(people).guest(keep=True)
        first = await guest.identity_id()
        assert (await guest.credentials()).access_key_id.startswith("ASIA")
        assert not guest.credentials_are_old()
        assert await aio(people).guest(keep=True).identity_id() == first
        await guest.forget()
        assert await guest.identity_id() != first

    asyncio.run(story())


@pytest.mark.parametrize("coroutine", [False, True], ids=["a function", "a coroutine function"])
def test_a_backend_vouches(peer: Peer, coroutine: bool) -> None:
    """A coroutine function is called on the loop that made the identity, whoever asks for its credentials."""
    loops: list[object] = []

    def ask_backend() -> tuple[str, str]:
        return IDENTITY_ID, "the backend's token"

    async def ask_soon() -> tuple[str, str]:
        loops.append(asyncio.get_running_loop())
        return ask_backend()

    async def story() -> None:
        cognito = AsyncCognito(domain=peer.origin, client_id=CLIENT_ID, identity_pool_id=IDENTITY_POOL_ID)
        mary = cognito.developer(ask_soon if coroutine else ask_backend)
        assert peer.requests == [], "nothing is asked before it is needed"
        assert (await mary.credentials()).access_key_id.startswith("ASIA")
        assert set(loops) == ({asyncio.get_running_loop()} if coroutine else set())

    asyncio.run(story())
    (sent,) = [members for name, members in peer.requests if name == "GetCredentialsForIdentity"]
    assert sent["Logins"] == {"cognito-identity.amazonaws.com": "the backend's token"}


def test_where_devices_are_tracked_a_session_goes_on_with_its_device(world: World) -> None:
    pool = tracking(world)
    known = settings(pool, pool.client())
    first = Cognito(**known).sign_in("ada", PASSWORD)
    token, key = str(first.refresh_token), first.device_key
    with pytest.raises(SignInNeeded):
        Cognito(**known).resume(token)
    session = Cognito(**known).resume(token, device_key=key)
    session.renew()
    assert (session.device_key, session.claims.subject) == (key, first.subject)


def test_groups_are_looked_at(world: World, pool: Pool) -> None:
    pool.user()
    client = pool.client()
    world.idp.create_group(UserPoolId=pool.pool_id, GroupName="analysts")
    world.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, Username="ada", GroupName="analysts")

    async def story() -> None:
        cognito = AsyncCognito(**settings(pool, client))
        session = await cognito.sign_in("ada", PASSWORD)
        token = await session.id_token()
        assert (await cognito.verify(token, groups=["analysts"])).subject == session.subject
        with pytest.raises(TokenInvalid):
            await cognito.verify(token, groups=["admins"])

    asyncio.run(story())


@pytest.mark.parametrize("rotates", [False, True], ids=["kept", "rotated"])
@pytest.mark.parametrize("secret", [False, True], ids=["public", "with a secret"])
def test_a_session_goes_on_by_its_refresh_token(world: World, pool: Pool, rotates: bool, secret: bool) -> None:
    pool.user()
    rotation = {"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}} if rotates else {}
    flows = ["ALLOW_USER_SRP_AUTH"] if rotates else ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    client = pool.client(GenerateSecret=secret, ExplicitAuthFlows=flows, **rotation)
    known = settings(pool, client, **({"client_secret": client["ClientSecret"]} if secret else {}))
    first = Cognito(**known).sign_in("ada", PASSWORD)
    assert first.refresh_token

    async def story() -> AsyncSession:
        return await AsyncCognito(**known).resume(str(first.refresh_token), keep=True)

    session = asyncio.run(story()).blocking
    assert session.claims.subject == first.subject
    assert (session.refresh_token != first.refresh_token) is rotates
    world.clock.advance(3590)
    assert Cognito(**known).session.claims.subject == first.subject


def test_a_session_of_the_sign_in_page_goes_on_at_the_token_endpoint(world: World, pool: Pool, browser: Any) -> None:
    pool.user()
    client = pool.client()
    known = settings(pool, client, domain=world.origin)
    first = Cognito(**known).exchange(browser.code(client), "http://localhost:8080")
    session = Cognito(**known).resume(str(first.refresh_token))
    session.renew()
    assert session.claims.subject == first.subject
    by_api = Cognito(**known).sign_in("ada", PASSWORD)
    assert Cognito(**known).resume(str(by_api.refresh_token), by_api=True).claims.subject == first.subject


@pytest.mark.parametrize("by_api", [False, True])
def test_a_refresh_token_that_is_dead_needs_a_sign_in(world: World, pool: Pool, by_api: bool) -> None:
    pool.user()
    cognito = Cognito(**settings(pool, pool.client(), domain=world.origin))
    session = cognito.sign_in("ada", PASSWORD)
    token = str(session.refresh_token)
    session.revoke()
    with pytest.raises(SignInNeeded, match="refresh token"):
        cognito.resume(token, by_api=by_api)


def test_a_wrong_secret_kills_no_refresh_token(pool: Pool) -> None:
    pool.user()
    client = pool.client(GenerateSecret=True)
    known = settings(pool, client, client_secret=client["ClientSecret"])
    token = str(Cognito(**known).sign_in("ada", PASSWORD).refresh_token)
    with pytest.raises(ApiRefused):
        Cognito(**{**known, "client_secret": "x" * 51}).resume(token)
    assert Cognito(**known).resume(token).subject


# --- machines ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def machine_settings(world: World, pool: Pool) -> dict[str, Any]:
    scopes = [{"ScopeName": name, "ScopeDescription": name} for name in ("read", "write")]
    world.idp.create_resource_server(UserPoolId=pool.pool_id, Identifier="engine", Name="engine", Scopes=scopes)
    given = {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["engine/read", "engine/write"]}
    client = pool.client(GenerateSecret=True, CallbackURLs=[], LogoutURLs=[], **given)
    return settings(pool, client, domain=world.origin, client_secret=client["ClientSecret"])


def test_a_machine_has_an_access_token_that_renews_itself(world: World, machine_settings: dict[str, Any]) -> None:
    async def story() -> None:
        machine = await AsyncCognito(**machine_settings).client_credentials("engine/read")
        token = await machine.access_token()
        assert await machine.access_token() == token
        assert (await machine.claims())["scope"] == "engine/read"
        world.clock.advance(3590)
        assert machine.tokens_are_old()
        assert await machine.access_token() != token
        assert token not in repr(machine)

    asyncio.run(story())


def test_a_machine_has_all_the_scopes_that_nobody_narrows(machine_settings: dict[str, Any]) -> None:
    everything = Cognito(**machine_settings).client_credentials()
    assert set(str(everything.claims["scope"]).split()) == {"engine/read", "engine/write"}
    set_ones = Cognito(**machine_settings, scopes="engine/write").client_credentials()
    assert set_ones.claims["scope"] == "engine/write"
    first = everything.access_token
    everything.renew()
    assert everything.access_token != first


def test_a_machine_is_nobody_and_says_what_to_take_instead(machine_settings: dict[str, Any]) -> None:
    machine = Cognito(**machine_settings).client_credentials()
    for ask in (lambda: machine.id_token, lambda: machine.identity_id, machine.credentials, machine.boto3):
        with pytest.raises(SettingsError, match="without an ID token") as refused:
            ask()
        assert "guest()" in refused.value.hint
