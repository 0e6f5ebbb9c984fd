"""Codes that do not leave the machine: the caller hears of it, what was done stays done. Source: facts/api.md §12."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from asking import refusal
from operations.test_own_attributes import Me
from operations.test_recovery import NEW, forget, recover, reset
from operations.test_sign_up import confirm, listed, resend, sign_up, user_of
from world import Pool, World, running

FAILED = "CodeDeliveryFailureException"
NOT_OURS = "InvalidEmailRoleAccessPolicyException"


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


def refused(call: tuple[str, str], code: str) -> None:
    assert call[0] == code
    assert call[1].startswith("The code could not be delivered: ")


def test_signing_up(world: World, pool: Pool) -> None:
    client = pool.client()
    refused(refusal(sign_up, world=world, client=client), FAILED)
    assert user_of(pool)[0] == "UNCONFIRMED"
    refused(refusal(resend, world=world, client=client), FAILED)
    confirm(world, client, pool.code_for("ada", "ResendCode"))


def test_recovery(world: World, pool: Pool) -> None:
    pool.user()
    client = pool.client()
    refused(refusal(forget, world=world, client=client), FAILED)
    refused(refusal(reset, pool=pool), NOT_OURS)
    assert user_of(pool)[0] == "RESET_REQUIRED"
    recover(world, client, world.messages(pool_id=pool.pool_id)[0]["code"])
    assert pool.tokens(client, password=NEW)["IdToken"]


def test_attributes(pool: Pool) -> None:
    pool.user()
    me = Me(pool)
    refused(refusal(me.update, attributes={"email": "countess@example.com"}), FAILED)
    assert me.email == ("countess@example.com", "false")
    refused(refusal(me.ask), FAILED)
    me.verify(me.code("VerifyUserAttribute"))
    admin = {"UserPoolId": pool.pool_id, "Username": "ada", "UserAttributes": listed({"email": "ada@example.com"})}
    refused(refusal(me.idp.admin_update_user_attributes, **admin), NOT_OURS)
    assert me.email == ("ada@example.com", "false")


def test_invitations(world: World, pool: Pool) -> None:
    given = {"UserPoolId": pool.pool_id, "Username": "ada", "DesiredDeliveryMediums": ["EMAIL"]}
    attributes = listed({"email": "ada@example.com"})
    refused(refusal(world.idp.admin_create_user, **given, UserAttributes=attributes), FAILED)
    assert user_of(pool)[0] == "FORCE_CHANGE_PASSWORD"
    refused(refusal(world.idp.admin_create_user, **given, MessageAction="RESEND"), FAILED)
