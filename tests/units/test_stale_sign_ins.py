"""A sign-in waits for the database after its proof. What comes next is decided by the person as they are then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.authentication_levels import Authentication
from halfday.server.domain.sign_in.next_step import Challenge, Proof
from halfday.server.domain.users.users import User
from halfday.server.flows.sign_in.challenges import SignIn
from halfday.server.flows.sign_in.sign_in import Challenged, advance
from halfday.server.flows.tokens import sso_sessions
from halfday.server.flows.tokens.tokens import SignedIn, issue
from halfday.server.storage.errors import Missing
from halfday.server.storage.sqlite import SqliteDatabase
from in_process import CLIENT, POOL, Server, make_pool, make_user, server_over

Step = Callable[[Server, User], Awaitable[Any]]


async def _advance(server: Server, user: User) -> Any:
    pool, client = await server.store.pools.get(POOL), await server.store.app_clients.find(CLIENT)
    assert client is not None
    return await advance(server.services, SignIn(pool, client), user, proof=Proof.PASSWORD)


async def _issue(server: Server, user: User) -> Any:
    pool, client = await server.store.pools.get(POOL), await server.store.app_clients.find(CLIENT)
    assert client is not None
    return await issue(server.services, SignedIn(pool, client, user, RequestContext()))


async def _begin_session(server: Server, user: User) -> Any:
    pool, client = await server.store.pools.get(POOL), await server.store.app_clients.find(CLIENT)
    assert client is not None
    return await sso_sessions.begin(server.services, pool, client, user, Authentication())


def after(folder: Path, change: Step, step: Step) -> Any:
    """What the step gives for the person as they were before the change."""

    async def run() -> Any:
        database = SqliteDatabase(folder / "store.sqlite3")
        server = server_over(database)
        server.now = 2000.0
        try:
            await make_pool(server)
            await make_user(server, phone_number="+15550100", phone_number_verified="true")
            user = await server.store.users.get(POOL, "ada")
            await change(server, user)
            return await step(server, user)
        finally:
            server.services.key_pairs.close()
            await database.close()

    return asyncio.run(run())


async def _another_password(server: Server, user: User) -> None:
    await server.call("AdminSetUserPassword", Username="ada", Password="Fresh-56789", Permanent=True)


async def _disabled(server: Server, user: User) -> None:
    await server.call("AdminDisableUser", Username="ada")


async def _another_of_the_name(server: Server, user: User) -> None:
    await server.call("AdminDeleteUser", Username="ada")
    await make_user(server)


@pytest.mark.parametrize("change", [_another_password, _disabled, _another_of_the_name])
@pytest.mark.parametrize("step", [_advance, _issue, _begin_session])
def test_what_was_proven_before_the_change_brings_nothing(tmp_path: Path, change: Step, step: Step) -> None:
    with pytest.raises((Refused, Missing)):
        after(tmp_path, change, step)


async def _with_texts(server: Server, user: User) -> None:
    change: Callable[[User], User] = lambda known: replace(known, mfa_enabled=("SMS_MFA",))  # noqa: E731
    await server.store.users.change(POOL, user.username, change)


def test_a_second_factor_that_was_switched_on_meanwhile_is_asked_for(tmp_path: Path) -> None:
    outcome = after(tmp_path, _with_texts, _advance)
    assert isinstance(outcome, Challenged)
    assert outcome.name is Challenge.SMS_MFA


async def _nothing(server: Server, user: User) -> None:
    """The person is as they were."""


@pytest.mark.parametrize("step", [_advance, _issue, _begin_session])
def test_an_unchanged_person_signs_in(tmp_path: Path, step: Step) -> None:
    assert after(tmp_path, _nothing, step) is not None
