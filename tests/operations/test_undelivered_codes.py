"""A mail server that is away is nobody's refusal: the code counts, and the e-mail waits. docs/decisions/0027."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from operations.test_own_attributes import Me
from operations.test_recovery import NEW, forget, recover, reset
from operations.test_sign_up import BY_MAIL, confirm, listed, resend, sign_up, user_of
from world import Pool, World, running


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Its mail server is not there: the port is taken, and nobody listens."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{nobody.getsockname()[1]}"
        with running(tmp_path_factory.mktemp("data"), smtp_url=url, smtp_from="pool@example.com") as up:
            yield up


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool(AutoVerifiedAttributes=["email"])


def test_signing_up(world: World, pool: Pool) -> None:
    client = pool.client()
    assert sign_up(world, client)["CodeDeliveryDetails"] == BY_MAIL
    assert resend(world, client) == BY_MAIL
    confirm(world, client, pool.code_for("ada", "ResendCode"))


def test_recovery(world: World, pool: Pool) -> None:
    pool.user()
    client = pool.client()
    assert forget(world, client) == BY_MAIL
    reset(pool)
    assert user_of(pool)[0] == "RESET_REQUIRED"
    recover(world, client, world.messages(pool_id=pool.pool_id)[0]["code"])
    assert pool.tokens(client, password=NEW)["IdToken"]


def test_attributes(pool: Pool) -> None:
    pool.user()
    me = Me(pool)
    me.update({"email": "countess@example.com"})
    assert me.email == ("countess@example.com", "false")
    me.ask()
    me.verify(me.code("VerifyUserAttribute"))
    admin = {"UserPoolId": pool.pool_id, "Username": "ada", "UserAttributes": listed({"email": "ada@example.com"})}
    me.idp.admin_update_user_attributes(**admin)
    assert me.email == ("ada@example.com", "false")


def test_invitations(world: World, pool: Pool) -> None:
    given = {"UserPoolId": pool.pool_id, "Username": "ada", "DesiredDeliveryMediums": ["EMAIL"]}
    attributes = listed({"email": "ada@example.com"})
    world.idp.admin_create_user(**given, UserAttributes=attributes)
    assert user_of(pool)[0] == "FORCE_CHANGE_PASSWORD"
    world.idp.admin_create_user(**given, MessageAction="RESEND")
    assert len(world.messages(pool_id=pool.pool_id, purpose="AdminCreateUser")) == 2
