"""A user's names: username, aliases and sub are nobody else's, whichever of them it is."""

from __future__ import annotations

import pytest

from databases import run
from halfday.server.storage.errors import Taken
from halfday.server.storage.store import Store
from storage.test_promises import POOL, set_attributes, user

pytestmark = pytest.mark.usefixtures("its_pools")

COUNTESS = {"countess": "preferred_username", "ada@example.com": "email"}


@pytest.mark.parametrize("name", ["ada", "countess", "ada@example.com", "sub-ada"])
def test_a_name_of_another_s_is_taken_in_every_way(store: Store, name: str) -> None:
    run(store.users.insert(user(), COUNTESS))
    eve = user("eve")
    with pytest.raises(Taken):
        run(store.users.insert(user(name), {}))
    with pytest.raises(Taken):
        run(store.users.insert(eve, {name: "preferred_username"}))
    run(store.users.insert(eve, {}))
    with pytest.raises(Taken):
        run(set_attributes(store, eve, {"name": "Eve"}, {name: "preferred_username"}))
    assert run(store.users.get(POOL, "eve")) == eve, "all or nothing"
    assert run(store.users.find_by_any_name(POOL, name)).username == "ada"


def test_one_s_own_names_are_one_s_own(store: Store) -> None:
    run(store.users.insert(user(), COUNTESS))
    for aliases in ({"countess": "preferred_username"}, {"ada": "preferred_username"}, COUNTESS, {}):
        run(set_attributes(store, user(), {}, aliases))
    run(store.users.insert(user("eve"), COUNTESS))


def test_addresses_may_be_taken_over_other_aliases_not(store: Store) -> None:
    ada = user(attributes={"email": "ada@example.com", "email_verified": "true"})
    run(store.users.insert(ada, COUNTESS))
    run(store.users.insert(user("eve"), {}))
    with pytest.raises(Taken):
        run(set_attributes(store, user("eve"), {}, COUNTESS, transfer=True))
    assert run(store.users.get(POOL, "ada")) == ada, "all or nothing"
    run(set_attributes(store, user("eve"), {}, {"ada@example.com": "email"}, at=3.0, transfer=True))
    assert run(store.users.find_by_any_name(POOL, "ada@example.com")).username == "eve"
    left = run(store.users.get(POOL, "ada"))
    assert (left.attributes["email_verified"], left.modified_at) == ("false", 3.0)
    assert run(store.users.find_by_any_name(POOL, "countess")) == left
