"""The store's promises, over every database there is: once ever, never twice, sealed, found again.

A second database joins the list `DATABASES`; the tests stay as they are.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from databases import KEY, Open, run
from halfday.server.domain.aws.identity_pools import Identity, IdentityPool, UserPoolProvider
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.sessions import IssuedCredentials
from halfday.server.domain.sign_in.codes_and_sessions import (
    BrowserSession,
    Code,
    PendingChallenge,
    PendingFederation,
    RefreshToken,
    TokenFamily,
)
from halfday.server.domain.user_pools.app_clients import AppClient, ClientSecret
from halfday.server.domain.user_pools.pools import Pool, SigningKey
from halfday.server.domain.users.users import Group, User, UserStatus
from halfday.server.storage.errors import Missing, Taken
from halfday.server.storage.sealing import Sealer, WrongMasterKey, load_master_key
from halfday.server.storage.store import Store

POOL = "us-east-1_Store0001"
SECRETS = (ClientSecret("one", "1", 1.0), ClientSecret("two", "2", 2.0))


def pool(pool_id: str = POOL) -> Pool:
    return Pool(pool_id, "store", "local", 1.0, 1.0, username_attributes=("email",), tags={"a": "b"})


def user(username: str = "ada", **changes: Any) -> User:
    known = User(
        POOL, username, f"sub-{username}", UserStatus.CONFIRMED, 1.0, 1.0, srp_salt="5a17", srp_verifier="7e51"
    )
    return replace(known, **changes)


async def set_attributes(
    store: Store,
    whose: User,
    attributes: dict[str, str],
    aliases: dict[str, str],
    *,
    at: float = 2.0,
    transfer: bool = False,
) -> User:
    return await store.users.change(
        POOL,
        whose.username,
        lambda known: known.with_attributes(attributes, at=at),
        aliases=lambda _: aliases,
        transfer=transfer,
    )


def code(text: str = "hash") -> Code:
    return Code(text, POOL, "client", "ada", "http://localhost:8080", ("openid",), 1.0, 301.0, nonce="n")


def family(jti: str = "origin", **changes: Any) -> TokenFamily:
    known = TokenFamily(POOL, jti, "client", "ada", ("openid",), 1.0, 9.0, "event", True)
    return replace(known, **changes)


def refresh_token(text: str = "refresh", jti: str = "origin") -> RefreshToken:
    return RefreshToken(POOL, text, jti, "ada", 9.0)


def credentials(key: str = "ASIA1") -> IssuedCredentials:
    return IssuedCredentials(
        access_key_id=key,
        secret_access_key="s3cret-access-key",
        session_token="t0ken-of-session",
        account="123456789012",
        role_name="role",
        role_id="AROA1",
        session_name="session",
        issued_at=1.0,
        expires_at=9.0,
        context={"cognito-identity.amazonaws.com:amr": ["authenticated"]},
    )


def test_what_is_inserted_comes_back_as_it_was(store: Store) -> None:
    client = AppClient(POOL, "client", "web", 1.0, 1.0, secrets=SECRETS, scopes=("openid",), auth_flows=None)
    key = SigningKey(POOL, "id", "kid", "pem", 1.0)
    role = Role("123456789012", "role", "AROA1", {"Statement": []}, 1.0, policies={"own": {"Version": "2012-10-17"}})
    identity_pool = IdentityPool(
        "us-east-1:1", "p", 1.0, user_pool_providers=(UserPoolProvider("idp", "client", True),)
    )
    run(store.pools.insert(pool(), [key]))
    run(store.app_clients.insert(client))
    run(store.users.insert(user(), {}))
    run(store.roles.insert(role))
    run(store.credentials.insert(credentials()))
    run(store.identity_pools.insert(identity_pool))
    run(store.token_families.insert(family(), refresh_token()))
    assert run(store.pools.get(POOL)) == pool()
    assert run(store.signing_keys.of(POOL)) == [key]
    assert run(store.app_clients.get(POOL, "client")) == client
    assert run(store.users.get(POOL, "ada")) == user()
    assert run(store.roles.get("123456789012", "role")) == role
    assert run(store.credentials.find("ASIA1")) == credentials()
    assert run(store.identity_pools.get("us-east-1:1")) == identity_pool
    assert run(store.token_families.find(POOL, "origin")) == family()


def test_get_raises_missing_and_find_says_none(store: Store) -> None:
    for getting in (store.pools.get("x"), store.users.get(POOL, "x"), store.groups.get(POOL, "x")):
        with pytest.raises(Missing):
            run(getting)
    for finding in (store.pools.find("x"), store.users.find(POOL, "x"), store.app_clients.find("x")):
        assert run(finding) is None


@pytest.mark.usefixtures("its_pools")
def test_an_insert_never_overwrites(store: Store) -> None:
    run(store.users.insert(user(), {"ada@example.com": "email"}))
    run(store.app_clients.insert(AppClient(POOL, "client", "web", 1.0, 1.0)))
    for again in (
        store.pools.insert(replace(pool(), name="other"), []),
        store.users.insert(user(sub="other"), {}),
        store.users.insert(user("other"), {"ada@example.com": "email"}),
        store.app_clients.insert(AppClient("us-east-1_Other", "client", "web", 1.0, 1.0)),
    ):
        with pytest.raises(Taken):
            run(again)
    assert run(store.pools.get(POOL)).name == "store"
    assert run(store.users.find(POOL, "other")) is None, "its alias was taken, so nothing of it is left"


def test_a_change_to_what_is_not_there_raises_missing(store: Store) -> None:
    for changing in (
        store.pools.change("nobody", lambda known: known),
        store.users.disable(POOL, "nobody", now=2.0),
        store.users.delete(POOL, "nobody"),
        store.pools.delete("nobody"),
        store.roles.change("123456789012", "nobody", lambda known: known),
    ):
        with pytest.raises(Missing):
            run(changing)


@pytest.mark.usefixtures("its_pools")
def test_a_user_is_found_by_every_name(store: Store) -> None:
    run(store.users.insert(user(), {"ada@example.com": "email"}))
    for name in ("ada", "ada@example.com", "sub-ada"):
        assert run(store.users.find_by_any_name(POOL, name)) == user()
    assert run(store.users.find_by_any_name("us-east-1_Other", "ada")) is None


@pytest.mark.usefixtures("its_pools")
def test_new_attributes_bring_new_aliases_and_drop_the_old(store: Store) -> None:
    run(store.users.insert(user(), {"old@example.com": "email"}))
    run(set_attributes(store, user(), {"email": "new@example.com"}, {"new@example.com": "email"}))
    assert run(store.users.find_by_any_name(POOL, "old@example.com")) is None
    assert run(store.users.find_by_any_name(POOL, "new@example.com")).attributes == {"email": "new@example.com"}


@pytest.mark.usefixtures("its_pools")
def test_a_member_is_a_member_once_and_groups_go_with_their_user(store: Store) -> None:
    run(store.users.insert(user(), {}))
    group = Group(POOL, "analysts", 1.0, 1.0, precedence=3)
    run(store.groups.insert(group))
    for _ in range(2):
        run(store.groups.add_member(POOL, "analysts", "ada"))
    assert run(store.groups.of_user(POOL, "ada")) == [group]
    run(store.users.delete(POOL, "ada"))
    assert run(store.groups.of_user(POOL, "ada")) == []


def test_deleting_a_pool_leaves_nothing_of_it(store: Store) -> None:
    run(store.pools.insert(pool(), [SigningKey(POOL, "id", "kid", "pem", 1.0)]))
    run(store.users.insert(user(), {"alias": "email"}))
    run(store.codes.insert(code()))
    run(store.token_families.insert(family(), refresh_token()))
    run(store.pools.delete(POOL))
    assert run(store.signing_keys.of(POOL)) == []
    assert run(store.users.find_by_any_name(POOL, "alias")) is None
    assert run(store.codes.find(POOL, "hash")) is None
    assert run(store.token_families.find(POOL, "origin")) is None


def test_what_has_expired_is_purged_and_nothing_else(store: Store) -> None:
    run(store.codes.insert(code("old")))
    run(store.codes.insert(replace(code("young"), expires_at=1000.0)))
    run(store.credentials.insert(credentials()))
    assert run(store.purge(301.0)) == 2
    assert run(store.codes.find(POOL, "old")) is None
    assert run(store.codes.find(POOL, "young")) is not None


TAKES: dict[str, tuple[Callable[[Store, str], Any], Callable[[Store, str], Any]]] = {
    "code": (lambda s, t: s.codes.insert(code(t)), lambda s, t: s.codes.take(POOL, t)),
    "challenge": (
        lambda s, t: s.challenges.insert(PendingChallenge(t, POOL, "client", "ada", "X", 9.0, {"b": "1"})),
        lambda s, t: s.challenges.take(POOL, t),
    ),
    "federation": (
        lambda s, t: s.federations.insert(PendingFederation(t, POOL, "Google", "q", "n", "b", 9.0)),
        lambda s, t: s.federations.take(t),
    ),
}


@pytest.mark.usefixtures("its_pools")
@pytest.mark.parametrize("what", TAKES)
def test_what_is_taken_over_two_connections_at_once_is_taken_once(open_store: Open, what: str) -> None:
    insert, take = TAKES[what]
    store = open_store()
    for round_ in range(20):
        run(insert(store, f"{what}-{round_}"))
        gate, got = threading.Barrier(2), []

        def race(gate: threading.Barrier = gate, got: list[Any] = got, name: str = f"{what}-{round_}") -> None:
            mine = open_store()
            gate.wait()
            got.append(run(take(mine, name)))

        threads = [threading.Thread(target=race) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken is None for taken in got) == [False, True]


def test_an_identity_has_its_login_to_itself(store: Store) -> None:
    mine = Identity("us-east-1:p", "us-east-1:a", 1.0, 1.0, logins={"idp": "ada"})
    run(store.identities.insert(mine))
    with pytest.raises(Taken):
        run(store.identities.insert(replace(mine, identity_id="us-east-1:b")))
    assert run(store.identities.find("us-east-1:b")) is None
    assert run(store.identities.find_by_login("us-east-1:p", "idp", "ada")) == mine
    guest = Identity("us-east-1:p", "us-east-1:g", 1.0, 1.0)
    run(store.identities.insert(guest))
    with pytest.raises(Taken):
        run(store.identities.change(guest, lambda known: replace(known, logins={"idp": "ada"})))
    assert run(store.identities.find("us-east-1:g")).logins == {}


def test_a_browser_session_belongs_to_its_pool(store: Store) -> None:
    session = BrowserSession(POOL, "hash", "ada", 1.0, 9.0)
    run(store.browser_sessions.insert(session))
    assert run(store.browser_sessions.find(POOL, "hash")) == session
    assert run(store.browser_sessions.find("us-east-1_Other", "hash")) is None


@pytest.mark.usefixtures("its_pools")
def test_no_secret_stands_in_the_file(store: Store, tmp_path: Path) -> None:
    run(
        store.app_clients.insert(
            AppClient(POOL, "client", "web", 1.0, 1.0, secrets=(ClientSecret("id", "cl1ent-secret", 1.0),))
        )
    )
    run(store.users.insert(user(srp_salt="deadbeef5a17", srp_verifier="cafe7e51f1e5"), {}))
    run(store.credentials.insert(credentials()))
    run(store.signing_keys.insert(SigningKey(POOL, "id", "kid", "-----BEGIN PRIVATE KEY-----", 1.0)))
    run(store.challenges.insert(PendingChallenge("h", POOL, "c", "ada", "X", 9.0, {"b": "exp0nent-b"})))
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"ASIA1" in raw, "this does look into the file"
    for secret in (b"cl1ent-secret", b"deadbeef5a17", b"cafe7e51f1e5", b"s3cret-access-key", b"t0ken-of", b"PRIVATE"):
        assert secret not in raw
    assert b"exp0nent-b" not in raw


def test_a_sealed_value_opens_with_its_key_in_its_place_only() -> None:
    sealed = Sealer(KEY).seal("secret", "app_clients.secrets")
    assert Sealer(KEY).open(sealed, "app_clients.secrets") == "secret"
    for sealer, place in ((Sealer(os.urandom(32)), "app_clients.secrets"), (Sealer(KEY), "users.srp_salt")):
        with pytest.raises(WrongMasterKey):
            sealer.open(sealed, place)
    with pytest.raises(WrongMasterKey):
        Sealer(KEY).open("never sealed", "app_clients.secrets")


def test_a_master_key_is_made_once_for_its_owner_s_eyes(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    first = load_master_key(path)
    assert load_master_key(path) == first
    assert path.stat().st_mode & 0o777 == 0o600


def test_opening_a_database_again_changes_nothing(open_store: Open) -> None:
    run(open_store().pools.insert(pool(), []))
    assert run(open_store().pools.get(POOL)) == pool()


def test_every_search_for_users_goes_by_an_index_of_what_is_searched(store: Store, tmp_path: Path) -> None:
    """By SQLite's own plan: no table is scanned, nothing is sorted, and a value is looked for by its value."""
    from halfday.server.domain.users.user_filter import SEARCHABLE, parse_filter
    from halfday.server.storage.tables.user_search import Search
    from halfday.server.storage.tables.users import USERS

    for attribute in sorted(SEARCHABLE):
        for kind in ("=", "^="):
            for after in (None, ("1", "ada")):
                search = Search(POOL, 61, after)
                where = search.where(parse_filter(f'{attribute} {kind} "Enabled"'))
                explained = store._database.fetch(f"EXPLAIN QUERY PLAN {USERS.select} {where}", *search.values)
                plan = [row[3] for row in run(explained)]
                assert not [step for step in plan if step.startswith("SCAN") and "page" not in step], (attribute, plan)
                assert len([step for step in plan if "user_search" in step and "value" not in step]) == 0, plan
                assert not [step for step in plan if "RIGHT PART" in step], (attribute, plan)
                assert plan.count("USE TEMP B-TREE FOR ORDER BY") <= ("SCAN page" in plan), "the page alone is sorted"
