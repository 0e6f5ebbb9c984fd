"""The same session, awaited: renewed once however many tasks ask, in a thread, and not at all while it is good."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from cognito_peer import CLIENT_ID, IDENTITY_ID, IDENTITY_POOL_ID, PASSWORD, REDIRECT_URI, SUB, Peer

from halfday import AsyncCognito, AsyncSession, Cognito, SignInNeeded


@pytest.fixture
def aio(peer: Peer) -> AsyncCognito:
    return AsyncCognito(domain=peer.origin, client_id=CLIENT_ID, identity_pool_id=IDENTITY_POOL_ID)


def test_a_code_becomes_claims_and_credentials(aio: AsyncCognito, peer: Peer) -> None:
    async def story() -> None:
        session = await aio.exchange(peer.issue({}), REDIRECT_URI)
        assert (await session.claims())["email"] == "ada@example.com"
        assert session.subject == SUB
        assert await session.identity_id() == IDENTITY_ID
        assert (await session.credentials()).access_key_id.startswith("ASIA")
        token = await session.access_token()
        assert (await aio.verify(token, token_use="access")).subject == SUB

    asyncio.run(story())


def test_fifty_tasks_make_one_renewal(make_cognito: Callable[..., Cognito], peer: Peer) -> None:
    now = [time.time()]
    peer.rotates = True
    blocking = make_cognito(clock=lambda: now[0]).exchange(peer.issue({}), REDIRECT_URI)
    now[0] += 3599
    peer.token_life_s = 7200
    before = peer.count("/oauth2/token")

    async def story() -> tuple[set[str], set[str]]:
        session = AsyncSession(blocking)
        ids = await asyncio.gather(*(session.id_token() for _ in range(50)))
        keys = await asyncio.gather(*(session.credentials() for _ in range(50)))
        return set(ids), {key.access_key_id for key in keys}

    ids, keys = asyncio.run(story())
    assert (len(ids), len(keys)) == (1, 1)
    assert peer.count("/oauth2/token") == before + 1
    assert peer.count("GetCredentialsForIdentity") == 1


def test_what_is_good_takes_no_thread(aio: AsyncCognito, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        session = await aio.exchange(peer.issue({}), REDIRECT_URI)
        await session.credentials()

        async def no_threads(*_: Any) -> None:
            raise AssertionError("a thread was taken")

        monkeypatch.setattr(asyncio, "to_thread", no_threads)
        assert await session.id_token()
        assert await session.access_token()
        assert await session.credentials()

    asyncio.run(story())


def test_the_loop_goes_on_while_a_session_is_renewed(aio: AsyncCognito, peer: Peer) -> None:
    """The peer holds its answer back until the loop has run something else."""
    peer_may_answer = threading.Event()
    answer = peer.tokens

    def held_back(sent: dict[str, Any]) -> Any:
        assert peer_may_answer.wait(timeout=10), "the loop stood still"
        return answer(sent)

    async def story() -> None:
        session = await aio.exchange(peer.issue({}), REDIRECT_URI)
        peer.tokens = held_back  # type: ignore[method-assign]
        renewal = asyncio.create_task(session.renew())
        await asyncio.sleep(0)
        peer_may_answer.set()
        await renewal

    asyncio.run(story())


def test_password_kept_session_and_log_out(aio: AsyncCognito, peer: Peer) -> None:
    async def story() -> None:
        session = await aio.sign_in("ada", PASSWORD, keep=True)
        assert aio.session.subject == session.subject
        await session.logout()
        with pytest.raises(SignInNeeded):
            _ = aio.session

    asyncio.run(story())
