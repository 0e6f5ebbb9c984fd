"""The promises of the events of sign-ins, over every database there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from databases import run
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.auth_events import AuthEvent, EventChallenge, EventContext, Feedback
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.storage.errors import Missing, Taken
from halfday.server.storage.store import Store

POOL = "us-east-1_Store0001"


def event(event_id: str = "e1", **changes: Any) -> AuthEvent:
    known = AuthEvent(POOL, "ada", event_id, 1.0, 9.0, "SignIn", "Pass", "client", "hash")
    return replace(known, **changes)


def insert(store: Store, *events: AuthEvent) -> None:
    for one in events:
        run(store.auth_events.insert(one))


def page(store: Store, username: str = "ada", *, limit: int = 60, now: float = 2.0, **given: Any) -> list[str]:
    return [e.event_id for e in run(store.auth_events.page(POOL, username, limit=limit, now=now, **given))]


def test_an_event_comes_back_as_it_was_and_never_in_place_of_another(store: Store) -> None:
    whole = event(
        challenges=(EventChallenge("Password", "Success"),),
        context=EventContext(ip_address="192.0.2.1"),
        feedback=Feedback("Valid", "Admin", 2.0),
    )
    insert(store, whole)
    assert run(store.auth_events.find(POOL, "ada", "e1")) == whole
    assert run(store.auth_events.find(POOL, "eve", "e1")) is None
    assert run(store.auth_events.find("us-east-1_Other", "ada", "e1")) is None
    with pytest.raises(Taken):
        insert(store, event(response="Fail"))


def test_pages_are_newest_first_of_one_user_and_of_what_has_not_expired(store: Store) -> None:
    insert(store, event("a"), event("b"), event("c", created_at=2.0), event("old", expires_at=2.0))
    insert(store, event("hers", username="eve"))
    assert page(store) == ["c", "b", "a"]
    assert page(store, limit=1) == ["c"]
    assert page(store, before=(2.0, "c")) == ["b", "a"]
    assert page(store, before=(1.0, "b")) == ["a"]
    assert page(store, "eve") == ["hers"]


def test_feedback_is_set_on_what_is_there(store: Store) -> None:
    feedback = Feedback("Invalid", "User", 3.0)
    with pytest.raises(Missing):
        run(store.auth_events.change(event(), lambda known: replace(known, feedback=feedback)))
    insert(store, event())
    run(store.auth_events.change(event(), lambda known: replace(known, feedback=feedback)))
    assert run(store.auth_events.find(POOL, "ada", "e1")).feedback == feedback


@pytest.mark.parametrize("gone", ["user", "pool", "time"])
def test_events_go_with_their_user_with_their_pool_or_in_time(store: Store, gone: str) -> None:
    run(store.pools.insert(Pool(POOL, "store", "local", 1.0, 1.0), []))
    run(store.users.insert(User(POOL, "ada", "sub", UserStatus.CONFIRMED, 1.0, 1.0), {}))
    insert(store, event())
    if gone == "user":
        run(store.users.delete(POOL, "ada"))
    elif gone == "pool":
        run(store.pools.delete(POOL))
    else:
        assert run(store.purge(8.9)) == 0
        assert run(store.purge(9.0)) == 1
    assert run(store.auth_events.find(POOL, "ada", "e1")) is None
