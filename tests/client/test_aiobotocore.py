"""The aiobotocore session and, after halfday.install(), aiobotocore's own.

They need aiobotocore, which wants another botocore than the one the server is pinned to, and are left out where it is
missing: `make test-aiobotocore` runs them in an environment of their own, and so does CI.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("aiobotocore")

import sts_peer
from aiobotocore.session import AioSession
from cognito_peer import CLIENT_ID, IDENTITY_POOL_ID, REDIRECT_URI, Peer
from sts_peer import Sts

import halfday
from halfday import Cognito, Session
from halfday.client.process_wide import uninstall


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sts]:
    with sts_peer.running() as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.origin)
        yield sts


@pytest.fixture
def session(peer: Peer, cognito: Cognito) -> Session:
    return cognito.exchange(peer.issue({}), REDIRECT_URI, keep=True)


async def caller(session: AioSession, times: int = 1) -> None:
    async with session.create_client("sts") as client:
        await asyncio.gather(*(client.get_caller_identity() for _ in range(times)))


def test_many_tasks_sign_with_one_renewal(session: Session, sts: Sts, peer: Peer) -> None:
    asyncio.run(caller(session.aiobotocore(), times=20))
    assert set(sts.heard) == {("GetCallerIdentity", session.credentials().access_key_id)}
    assert len(sts.heard) == 20
    assert peer.count("GetCredentialsForIdentity") == 1


def test_the_region_and_the_endpoint_are_the_connection_s(session: Session, peer: Peer) -> None:
    async def places() -> tuple[str, str]:
        async with session.aiobotocore().create_client("s3") as client:
            return client.meta.endpoint_url, client.meta.region_name

    assert asyncio.run(places()) == (peer.origin, "eu-west-1")


@pytest.fixture
def install(peer: Peer, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    config = own_home / "config"
    config.write_text(
        f"[profile demo]\nhalfday_domain = {peer.origin}\nhalfday_client_id = {CLIENT_ID}\nregion = eu-west-1\n"
        f"halfday_identity_pool_id = {IDENTITY_POOL_ID}\n"
        "[profile chained]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = demo\nregion = eu-west-1\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    yield halfday.install
    uninstall()


def test_installed_it_serves_aiobotocore_s_own_sessions(
    session: Session, sts: Sts, install: Callable[[], None]
) -> None:
    key = session.credentials().access_key_id
    install()
    asyncio.run(caller(AioSession(profile="demo")))
    asyncio.run(caller(AioSession(profile="chained")))
    assert sts.heard == [("GetCallerIdentity", key), ("AssumeRole", key), ("GetCallerIdentity", "ASIACHAINED")]
