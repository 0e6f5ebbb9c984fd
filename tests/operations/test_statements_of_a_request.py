"""What a request asks of the database once its pool's configuration is held: people's records, and a number."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from security.test_same_work import traced
from suspending import SuspendingDatabase
from world import Pool, World

VERSION, QUEUE = "configuration_version", "outgoing_messages"
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE) (\w+)")

Ask = Callable[[], object]


def get_user(world: World, pool: Pool, client: dict[str, Any]) -> Ask:
    token = pool.tokens(client)["AccessToken"]
    return lambda: world.idp.get_user(AccessToken=token)


def user_info(world: World, pool: Pool, client: dict[str, Any]) -> Ask:
    """Of a token of the API, which has no openid: refused, after all that is looked at."""
    token = pool.tokens(client)["AccessToken"]
    headers = {"Authorization": f"Bearer {token}"}
    return lambda: requests.get(f"{world.origin}/oauth2/userInfo", headers=headers, timeout=10)


def sign_in(world: World, pool: Pool, client: dict[str, Any]) -> Ask:
    return lambda: pool.tokens(client)


def refresh(world: World, pool: Pool, client: dict[str, Any]) -> Ask:
    given = {"REFRESH_TOKEN": pool.tokens(client)["RefreshToken"]}
    flow = "REFRESH_TOKEN_AUTH"
    return lambda: world.idp.initiate_auth(ClientId=client["ClientId"], AuthFlow=flow, AuthParameters=given)


def client_credentials(world: World, pool: Pool, client: dict[str, Any]) -> Ask:
    world.idp.create_resource_server(
        UserPoolId=pool.pool_id, Identifier="api", Name="api", Scopes=[{"ScopeName": "read", "ScopeDescription": "r"}]
    )
    machine = pool.client(
        GenerateSecret=True, AllowedOAuthFlows=["client_credentials"], AllowedOAuthScopes=["api/read"]
    )
    keys = (machine["ClientId"], machine["ClientSecret"])
    form = {"grant_type": "client_credentials"}
    return lambda: requests.post(f"{world.origin}/oauth2/token", data=form, auth=keys, timeout=10).raise_for_status()


def admin_get_user(world: World, pool: Pool, client: dict[str, Any]) -> Ask:
    return lambda: world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="ada")


def key_set(world: World, pool: Pool, client: dict[str, Any]) -> Ask:
    url = f"{world.origin}/{pool.pool_id}/.well-known/jwks.json"
    return lambda: requests.get(url, timeout=10).raise_for_status()


ASKED: dict[Callable[..., Ask], str] = {
    get_user: "users",
    user_info: "users",
    sign_in: "users attempts users attempts attempts user_groups users token_families refresh_tokens",
    refresh: "token_families users refresh_tokens user_groups",
    client_credentials: "",
    admin_get_user: "users",
    key_set: "",
}
"""The tables, in their order. Dummy keys have no id that temporary credentials could have."""


@pytest.mark.parametrize("request_of", ASKED, ids=lambda request_of: request_of.__name__)
def test_a_request_asks_for_records_of_people_only(world: World, request_of: Callable[..., Ask]) -> None:
    pool = world.pool()
    pool.user()
    ask = request_of(world, pool, pool.client())
    ask()
    seen: list[str] = []
    traced(world, seen.append)
    ask()
    traced(world, None)
    tables = [found[1] for sql in seen if (found := _TABLE.search(sql))]
    assert [table for table in tables if table not in (VERSION, QUEUE)] == ASKED[request_of].split()
    assert tables.count(VERSION) >= 1
    if not isinstance(world.running.services.store._database, SuspendingDatabase):  # there every await is a turn
        assert tables.count(VERSION) <= 3, "once a turn of the event loop, and after a write"
