"""Hashes of other products: which kinds every sign-in pays for, and where former ones are compared."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from brought import hashes
from databases import DATABASES, run
from halfday.server.domain.user_pools.password_policy import PasswordPolicy
from halfday.server.domain.users import password_hashes
from halfday.server.flows.factors import kinds_of_hashes
from halfday.server.flows.factors.kinds_of_hashes import forget_unused_kinds
from halfday.server.outside import password_hashing
from halfday.server.storage.errors import Missing
from halfday.server.transfer.writing import Writer
from halfday.server.transfer.writing_users import write_users
from in_process import PASSWORD, POOL, Server, make_pool, make_user, server_over, sign_in

OTHER = "Other-56789"
Steps = Callable[[Server, Server], Awaitable[None]]


@pytest.fixture(params=DATABASES)
def over(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Steps], None]:
    """Runs steps over two servers of one folder."""

    def done(steps: Steps) -> None:
        async def work() -> None:
            servers = [server_over(DATABASES[request.param](tmp_path), seed) for seed in ("one", "two")]
            try:
                await steps(servers[0], servers[1])
            finally:
                for one in servers:
                    await one.store.close()

        run(work())

    return done


async def bring(server: Server, name: str, kind: str, **members: Any) -> None:
    writer = Writer(server.services)
    user = {"Username": name, "PasswordHash": hashes()[kind], "UserStatus": "CONFIRMED", **members}
    await write_users(writer, POOL, [user])
    assert writer.told.refused == []


async def kinds(server: Server) -> set[str]:
    return {password_hashes.read(one).algorithm for one in (await server.store.pools.get(POOL)).brought_hashes}


def test_a_kind_is_paid_for_until_nobody_has_it(over: Callable[[Steps], None]) -> None:
    async def steps(one: Server, other: Server) -> None:
        await make_pool(one)
        for name in (f"person{number:03}" for number in range(120)):
            await make_user(one, name) if name in ("person000", "person119") else await bring(one, name, "bcrypt")
        await bring(one, "zoe", "scrypt")
        await forget_unused_kinds(one.services)
        assert await kinds(other) == {"bcrypt", "scrypt"}
        await sign_in(other, "zoe")
        assert await kinds(one) == {"bcrypt", "scrypt"}, "the time of the next sign-in would tell of this one"
        await forget_unused_kinds(other.services)
        assert await kinds(one) == {"bcrypt"}
        await bring(one, "ada", "scrypt")
        assert await kinds(other) == {"bcrypt", "scrypt"}
        assert await sign_in(other, "ada")

    over(steps)


@pytest.mark.parametrize("end", ["AdminSetUserPassword", "AdminDeleteUser"])
def test_a_kind_ends_with_the_password_or_the_person(over: Callable[[Steps], None], end: str) -> None:
    async def steps(one: Server, other: Server) -> None:
        await make_pool(one)
        await bring(one, "ada", "bcrypt")
        more = {"Password": OTHER, "Permanent": True} if end == "AdminSetUserPassword" else {}
        await one.call(end, Username="ada", **more)
        await forget_unused_kinds(other.services)
        assert await kinds(one) == set()

    over(steps)


@pytest.mark.parametrize("known_before", [True, False])
def test_who_is_brought_behind_the_look_is_not_forgotten(
    over: Callable[[Steps], None], monkeypatch: pytest.MonkeyPatch, known_before: bool
) -> None:
    async def steps(one: Server, other: Server) -> None:
        await make_pool(one)
        await bring(one, "ada", "bcrypt")
        if not known_before:
            await bring(one, "grace", "scrypt")
        await one.call("AdminDeleteUser", Username="ada")
        unused = kinds_of_hashes._unused

        async def and_then(*given: Any) -> Any:
            found = await unused(*given)
            await bring(other, "alan", "bcrypt")
            monkeypatch.undo()
            await kinds_of_hashes._look(other.services, POOL) if known_before else None
            return found

        monkeypatch.setattr(kinds_of_hashes, "_unused", and_then)
        await forget_unused_kinds(one.services)
        assert "bcrypt" in await kinds(one)
        assert await sign_in(one, "alan")

    over(steps)


def test_a_pool_that_is_deleted_meanwhile_stops_no_look(
    over: Callable[[Steps], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def steps(one: Server, _other: Server) -> None:
        await make_pool(one)
        await bring(one, "ada", "bcrypt")
        looked = kinds_of_hashes._unused

        async def and_deleted(*given: Any) -> Any:
            await one.store.pools.delete(POOL)
            return await looked(*given)

        monkeypatch.setattr(kinds_of_hashes, "_unused", and_deleted)
        await forget_unused_kinds(one.services)
        with pytest.raises(Missing):
            await one.store.pools.get(POOL)

    over(steps)


def test_a_kind_that_is_not_taken_any_more_is_kept_for_when_it_is(
    over: Callable[[Steps], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def steps(one: Server, _other: Server) -> None:
        await make_pool(one)
        await bring(one, "ada", "scrypt")
        with monkeypatch.context() as patched:
            patched.setattr(password_hashes, "_MOST_SCRYPT_BLOCKS", 1)
            await forget_unused_kinds(one.services)
        assert await sign_in(one, "ada")

    over(steps)


async def _by_administrator(server: Server, password: str) -> Any:
    return await server.call("AdminSetUserPassword", Username="ada", Password=password, Permanent=True)


async def _by_invitation(server: Server, password: str) -> Any:
    return await server.call("AdminCreateUser", Username="ada", TemporaryPassword=password, MessageAction="RESEND")


async def _by_recovery(server: Server, password: str) -> Any:
    await server.call("ForgotPassword", Username="ada")
    return await server.call("ConfirmForgotPassword", Username="ada", ConfirmationCode=server.code(), Password=password)


async def _by_challenge(server: Server, password: str) -> Any:
    """The temporary password is not the one that came with the hash; that is remembered."""
    await server.call("AdminSetUserPassword", Username="ada", Password="Before-" + password, Permanent=False)
    begun = await sign_in(server, password="Before-" + password)
    answer = {"USERNAME": "ada", "NEW_PASSWORD": password}
    return await server.call(
        "RespondToAuthChallenge",
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=begun["Session"],
        ChallengeResponses=answer,
    )


async def _by_change(server: Server, password: str) -> Any:
    """Likewise."""
    await server.call("AdminSetUserPassword", Username="ada", Password="Before-" + password, Permanent=True)
    token = (await sign_in(server, password="Before-" + password))["AccessToken"]
    return await server.call(
        "ChangePassword", AccessToken=token, PreviousPassword="Before-" + password, ProposedPassword=password
    )


@pytest.mark.parametrize("way", [_by_administrator, _by_invitation, _by_recovery, _by_challenge, _by_change])
def test_a_former_hash_is_compared_in_the_threads_of_the_hashes(
    over: Callable[[Steps], None], monkeypatch: pytest.MonkeyPatch, way: Any
) -> None:
    threads: set[str] = set()
    matches = password_hashing.matches

    def noted(known: password_hashes.Hash, password: str) -> bool:
        threads.add(threading.current_thread().name.rpartition("_")[0])
        return matches(known, password)

    monkeypatch.setattr("halfday.server.flows.factors.brought_hashes.matches", noted)

    async def steps(one: Server, _other: Server) -> None:
        seconds = itertools.count(1000.0)
        one.services.clock = lambda: next(seconds)
        await make_pool(one, password_policy=replace(PasswordPolicy(), history_size=5))
        status = "FORCE_CHANGE_PASSWORD" if way is _by_invitation else "CONFIRMED"
        address = [{"Name": "email", "Value": "ada@example.com"}, {"Name": "email_verified", "Value": "true"}]
        await bring(one, "ada", "bcrypt", UserStatus=status, Attributes=address)
        with pytest.raises(Exception, match="previously been used"):
            await way(one, PASSWORD)
        await way(one, OTHER)

    over(steps)
    assert threads == {"password hashes"}
