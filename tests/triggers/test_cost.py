"""A pool without functions pays nothing for triggers, neither a statement nor a call, though other pools have some."""

from __future__ import annotations

import re
from typing import Any

import pytest

from functions import set_triggers
from operations.test_statements_of_a_request import ASKED, client_credentials, refresh, sign_in
from security.test_same_work import traced
from world import World

EVERY_TIME = ("PreAuthentication", "PostAuthentication", "PreTokenGeneration", "UserMigration")
UNCOUNTED = ("configuration_version", "outgoing_messages")


def tables_of(world: World, ask: Any) -> list[str]:
    seen: list[str] = []
    traced(world, seen.append)
    ask()
    traced(world, None)
    named = [found[1] for sql in seen if (found := re.search(r"\b(?:FROM|INTO|UPDATE) (\w+)", sql))]
    return [table for table in named if table not in UNCOUNTED]


@pytest.mark.parametrize("request_of", [sign_in, refresh, client_credentials], ids=lambda asked: asked.__name__)
def test_a_pool_without_functions_asks_and_calls_nothing_more(world: World, request_of: Any) -> None:
    another = world.pool()
    set_triggers(another, **dict.fromkeys(EVERY_TIME, lambda event: event))
    pool = world.pool()
    pool.user()
    ask = request_of(world, pool, pool.client())
    ask()
    records = world.running.services.functions.records
    records.clear()
    assert tables_of(world, ask) == ASKED[request_of].split()
    assert list(records) == []


@pytest.mark.parametrize("request_of", [sign_in, refresh], ids=lambda asked: asked.__name__)
def test_what_a_token_holds_is_asked_of_the_function_alone(world: World, request_of: Any) -> None:
    pool = world.pool()
    pool.user()
    ask = request_of(world, pool, pool.client())
    told = set_triggers(pool, PreTokenGeneration=lambda event: event)["PreTokenGeneration"]
    ask()
    told.events.clear()
    assert sorted(tables_of(world, ask)) == sorted(ASKED[request_of].split())
    assert len(told.events) == 1
