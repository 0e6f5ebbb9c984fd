"""Pairs of calls that link, merge, unlink and delete identities at once. Registered with `races`, run by test_races.

However they are interleaved, a login belongs to one identity, and that identity says so.
"""

from __future__ import annotations

from typing import Any

from halfday.server.domain.aws.identity_pools import Identity, IdentityPool
from halfday.server.domain.aws.logins import LoginKind, ProvenLogin
from halfday.server.flows.identity.identities import identity_for_logins, identity_of
from in_process import Server, Work
from units.races import call, race

POOL, DEVELOPER = "us-east-1:00000000-0000-4000-8000-000000000001", "login.example.com"
GUEST = "us-east-1:00000000-0000-4000-8000-00000000000a"


async def _with_pool(server: Server) -> str:
    pool = IdentityPool(POOL, "people", 1.0, allow_guests=True, developer_provider=DEVELOPER)
    await server.store.identity_pools.insert(pool)
    await server.store.identities.insert(Identity(POOL, GUEST, 1.0, 1.0))
    for user in ("one", "two"):
        await _vouch(server, user)
    return GUEST


async def _vouch(server: Server, user: str, **given: Any) -> str:
    ask = {"IdentityPoolId": POOL, "Logins": {DEVELOPER: user}, **given}
    answer = await server.call("GetOpenIdTokenForDeveloperIdentity", "cognito-identity", **ask)
    return str(answer["IdentityId"])


def vouch(user: str, **given: Any) -> Work:
    async def work(server: Server, _known: Any) -> Any:
        return await _vouch(server, user, **given)

    return work


def merge(source: str, destination: str) -> Work:
    return call(
        "MergeDeveloperIdentities",
        "cognito-identity",
        IdentityPoolId=POOL,
        DeveloperProviderName=DEVELOPER,
        SourceUserIdentifier=source,
        DestinationUserIdentifier=destination,
    )


def show(*logins: tuple[str, str], guest: bool = False) -> Work:
    """Somebody who has proven these logins asks for an identity, as a guest or for the first time."""

    async def work(server: Server, _known: Any) -> Any:
        pool = await server.store.identity_pools.get(POOL)
        shown = [ProvenLogin(LoginKind.OIDC, provider, subject) for provider, subject in logins]
        if not guest:
            return (await identity_of(server.services, pool, shown)).identity_id
        known = await server.store.identities.find(GUEST)
        assert known is not None
        return (await identity_for_logins(server.services, pool, known, shown)).identity_id

    return work


async def consistent(server: Server) -> list[Identity]:
    """The identities that are somebody's. Every login is one identity's, as that identity says."""
    identities = await server.store.identities.page(POOL, enabled_only=False, limit=100)
    sql = "SELECT provider_name, subject, identity_id FROM identity_logins WHERE identity_pool_id = $1"
    rows = await server.store._database.fetch(sql, POOL)
    said = sorted((provider, subject, one.identity_id) for one in identities for provider, subject in one.pairs)
    assert sorted(map(tuple, rows)) == said
    assert all(one.is_guest for one in identities if not one.enabled)
    return [one for one in identities if one.enabled and not one.is_guest]


@race(_with_pool, merge("one", "two"), merge("two", "one"))
async def two_users_merged_into_each_other(server: Server, _known: Any, _results: list[Any]) -> None:
    (both,) = await consistent(server)
    assert set(both.developer_logins[DEVELOPER]) == {"one", "two"}


@race(_with_pool, vouch("three", IdentityId=GUEST), vouch("four", IdentityId=GUEST))
async def two_users_of_the_backend_who_take_one_guest(server: Server, _known: Any, results: list[Any]) -> None:
    """The second is told that the logins don't match: it is somebody's by then."""
    found = {user for one in await consistent(server) for user in one.developer_logins[DEVELOPER]}
    assert len(found & {"three", "four"}) == 1
    assert GUEST in results


@race(_with_pool, vouch("three"), vouch("three"))
async def a_user_vouched_for_twice(server: Server, _known: Any, results: list[Any]) -> None:
    assert len(set(results)) == 1
    assert len(await consistent(server)) == 3


@race(_with_pool, show(("a", "ada"), guest=True), show(("b", "bob"), guest=True))
async def two_people_who_sign_in_as_one_guest(server: Server, _known: Any, _results: list[Any]) -> None:
    found = [one for one in await consistent(server) if one.logins]
    assert [one.identity_id for one in found] == [GUEST]
    assert len(found[0].logins) == 1, "they are not made one person by that"


@race(_with_pool, show(("a", "ada"), ("b", "ada")), show(("b", "ada"), ("c", "ada")))
async def logins_linked_two_by_two(server: Server, _known: Any, results: list[Any]) -> None:
    (found,) = [one for one in await consistent(server) if one.logins]
    assert set(found.logins) == {"a", "b", "c"}
    assert set(results) == {found.identity_id}


@race(_with_pool, show(("a", "ada"), ("b", "ada")), show(("b", "ada"), guest=True))
async def a_login_linked_while_a_guest_takes_it(server: Server, _known: Any, results: list[Any]) -> None:
    (found,) = [one for one in await consistent(server) if one.logins]
    assert set(found.logins) == {"a", "b"}
    assert found.identity_id in results


async def _with_one_user(server: Server) -> str:
    await _with_pool(server)
    return await _vouch(server, "one")


def unlink(user: str) -> Work:
    async def work(server: Server, identity_id: Any) -> Any:
        given = {"IdentityId": identity_id, "IdentityPoolId": POOL, "DeveloperProviderName": DEVELOPER}
        return await server.call("UnlinkDeveloperIdentity", "cognito-identity", **given, DeveloperUserIdentifier=user)

    return work


@race(_with_one_user, unlink("one"), merge("one", "two"))
async def a_user_unlinked_while_it_is_merged(server: Server, _known: Any, _results: list[Any]) -> None:
    users = sorted(user for one in await consistent(server) for user in one.developer_logins.get(DEVELOPER, ()))
    assert users in (["two"], ["one", "two"])


@race(
    _with_one_user,
    lambda server, identity_id: server.call("DeleteIdentities", "cognito-identity", IdentityIdsToDelete=[identity_id]),
    merge("one", "two"),
)
async def an_identity_deleted_while_it_is_merged(server: Server, _known: Any, _results: list[Any]) -> None:
    await consistent(server)
