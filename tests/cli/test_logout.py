"""halfday logout --all, over the sessions of several connections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cognito_peer
import pytest
from cognito_peer import CLIENT_ID, IDENTITY_POOL_ID, PASSWORD, REDIRECT_URI, Peer


@pytest.fixture
def another() -> Iterator[Peer]:
    with cognito_peer.running() as peer:
        yield peer


def kept(environ: dict[str, str]) -> list[str]:
    cache = Path(environ["HALFDAY_CACHE_DIR"])
    return [path.name for path in cache.iterdir() if path.suffix in (".json", ".process")]


def sign_in(run, peer: Peer, *options: str, **more: str) -> None:
    done = run("exchange", peer.issue({}), "--redirect-uri", REDIRECT_URI, *options, **more)
    assert done.returncode == 0, done.stderr
    assert run("credentials", *options, **more).returncode == 0


def test_every_session_is_revoked_and_forgotten(run, peer: Peer, another: Peer, environ: dict[str, str]) -> None:
    """One of this connection, one of another profile with a secret, one that only its own name tells of."""
    another.secret = "hush"
    with open(environ["AWS_CONFIG_FILE"], "a") as config:
        config.write(
            f"[profile two]\nhalfday_domain = {another.origin}\nhalfday_client_id = {CLIENT_ID}\n"
            f"halfday_client_secret = hush\nhalfday_identity_pool_id = {IDENTITY_POOL_ID}\n"
        )
    sign_in(run, peer)
    sign_in(run, another, "--profile", "two")
    with cognito_peer.running() as third:
        sign_in(run, third, "--domain", third.origin)
        peers = (peer, another, third)
        assert all(one.refresh_tokens for one in peers)
        done = run("logout", "--all")
        assert done.returncode == 0, done.stderr
        assert not any(one.refresh_tokens for one in peers)
        assert all(f"signed out of {one.origin.partition('://')[2]}" in done.stderr for one in peers)
    assert kept(environ) == []
    assert run("whoami").returncode == 3
    assert "nobody was signed in" in run("logout", "--all").stderr


def test_a_session_that_cannot_be_revoked_is_forgotten_all_the_same(run, peer: Peer, environ: dict[str, str]) -> None:
    sign_in(run, peer)
    with cognito_peer.running() as gone:
        sign_in(run, gone, "--domain", gone.origin)
    done = run("logout", "--all")
    assert done.returncode == 1
    assert "was not revoked: nothing accepts connections" in done.stderr
    assert (kept(environ), peer.refresh_tokens) == ([], set())


def test_a_sign_in_without_a_domain_is_revoked_at_the_api(run, peer: Peer, environ: dict[str, str]) -> None:
    config = Path(environ["AWS_CONFIG_FILE"])
    config.write_text(
        f"[profile demo]\nhalfday_client_id = {CLIENT_ID}\nhalfday_user_pool_id = {cognito_peer.POOL_ID}\n"
    )
    more = {"AWS_ENDPOINT_URL": peer.origin, "HALFDAY_PASSWORD": PASSWORD}
    assert run("login", "--username", "ada", **more).returncode == 0
    done = run("logout", "--all", "--client-id", "another", **more)
    assert done.returncode == 0, done.stderr
    assert peer.count("RevokeToken") == 1


def test_one_app_client_s_page_does_not_end_every_session(run) -> None:
    assert run("logout", "--all", "--logout-uri", "http://localhost:8080").returncode == 2
