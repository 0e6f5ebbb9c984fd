"""Records, files and openings, over every database there is. The verbs' promises are in test_promises.

A second database joins `DATABASES`; what is said here must hold for it too.
"""

from __future__ import annotations

import asyncio
import os
import threading
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any

import jwt
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from databases import DATABASES
from federated import identities
from halfday.protocol.srp import secret_hash
from halfday.server.compose import DATABASE_FILE
from halfday.server.storage.database import Database
from halfday.server.storage.rows import TABLES
from halfday.server.storage.sealing import Sealer, WrongMasterKey, load_master_key
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.store import Store
from halfday.server.storage.tables.pools import APP_CLIENTS
from world import CALLBACK, PASSWORD, Browser, running

SEALER = Sealer(os.urandom(32))

# PostgreSQL's TEXT holds no NUL, and neither database half a surrogate pair.
_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
_JSON = st.recursive(_TEXT | st.booleans() | st.integers(), lambda inner: st.lists(inner, max_size=2), max_leaves=3)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Anything that a record's field of this type may hold."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return _JSON
    if isinstance(hint, UnionType):
        return st.none() | values(next(part for part in arguments if part is not NoneType))
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if origin in (dict, Mapping):
        return st.dictionaries(_TEXT, values(arguments[1]), max_size=3)
    if is_dataclass(hint):
        return records(hint)
    simple = {str: _TEXT, bool: st.booleans(), int: st.integers(-(2**31), 2**31 - 1), float: st.floats(0, 1e11)}
    return simple[hint] if hint in simple else st.sampled_from(list(hint))


def records(record: type[Any]) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(record)
    return st.builds(record, **{field.name: values(hints[field.name]) for field in fields(record)})


@pytest.fixture(params=DATABASES, scope="module")
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Database:
    return DATABASES[request.param](tmp_path_factory.mktemp("conformance"))


@pytest.mark.long
@pytest.mark.parametrize("name", TABLES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_record_comes_back_from_its_row_as_it_was(database: Database, name: str, data: st.DataObject) -> None:
    table = TABLES[name]
    record = data.draw(records(table._record))

    async def there_and_back() -> Any:
        await database.execute(f"DELETE FROM {table.name}")
        await database.execute(table.insert, *table.row(record, SEALER))
        return [table.record(row, SEALER) for row in await database.fetch(table.select)]

    assert asyncio.run(there_and_back()) == [record]


def test_a_sealed_column_does_not_open_in_another_one_or_with_another_key() -> None:
    sealed = APP_CLIENTS.value("secrets", ("s3cret",), SEALER)
    assert "s3cret" not in sealed
    with pytest.raises(WrongMasterKey):
        SEALER.open(sealed, "external_providers.details")
    with pytest.raises(WrongMasterKey):
        Sealer(os.urandom(32)).open(sealed, "app_clients.secrets")
    assert APP_CLIENTS.value("secrets", ("s3cret",), SEALER) != sealed, "each sealing is another"


@pytest.mark.parametrize("kind", DATABASES)
def test_a_new_database_opened_by_many_at_once_is_made_once(kind: str, tmp_path: Path) -> None:
    for attempt in range(10):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        gate, problems = threading.Barrier(4), []

        def open_one(folder: Path = folder, gate: threading.Barrier = gate, found: list[Any] = problems) -> None:
            gate.wait()
            try:
                store = Store(DATABASES[kind](folder), SEALER)
                assert asyncio.run(store.pools.find("us-east-1_None")) is None
                asyncio.run(store.close())
            except Exception as problem:
                found.append(problem)

        threads = [threading.Thread(target=open_one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []


@pytest.mark.parametrize("text", ["", "c2hvcnQ=", "not base64 at all"])
def test_a_file_that_holds_no_master_key_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(text)
    with pytest.raises(WrongMasterKey, match=r"master\.key holds no master key"):
        load_master_key(path)


def test_after_a_whole_sign_in_no_secret_stands_in_the_database_s_files(tmp_path: Path) -> None:
    secrets: dict[str, str] = {"password": PASSWORD, "google": "g00gle-client-s3cret"}
    with running(tmp_path) as world:
        people = identities(world)
        people.set_roles(authenticated=people.role("sealed"))
        pool = people.pool
        client = pool.client(ClientName="secret", GenerateSecret=True)
        details = {"client_id": "id", "client_secret": secrets["google"], "authorize_scopes": "openid"}
        world.idp.create_identity_provider(
            UserPoolId=pool.pool_id, ProviderName="Google", ProviderType="Google", ProviderDetails=details
        )
        secrets["client secret"] = client["ClientSecret"]
        browser = Browser(world.origin)
        unused, code = browser.code(client), browser.code(client)
        secrets |= {"code": code, "code not redeemed": unused}
        secrets |= {f"cookie {cookie.name}": str(cookie.value) for cookie in browser.session.cookies}
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        auth = (client["ClientId"], client["ClientSecret"])
        secrets |= requests.post(f"{world.origin}/oauth2/token", data=form, auth=auth, timeout=10).json()
        secrets |= pool.tokens(people.client)
        pool.user("eve", password=None)
        world.idp.admin_set_user_password(UserPoolId=pool.pool_id, Username="eve", Password="Temporary-1")
        parameters = {
            "USERNAME": "eve",
            "PASSWORD": "Temporary-1",
            "SECRET_HASH": secret_hash("eve", client["ClientId"], client["ClientSecret"]),
        }
        asked = world.idp.initiate_auth(
            ClientId=client["ClientId"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
        )
        secrets |= {"session": asked["Session"], "temporary password": "Temporary-1"}
        issued = people.credentials(people.logins())
        secrets |= {"secret key": issued["SecretKey"], "session token": issued["SessionToken"]}
        sealer = Sealer(load_master_key(tmp_path / "master.key"))
        store = Store(SqliteDatabase(tmp_path / DATABASE_FILE), sealer)
        ada = asyncio.run(store.users.get(pool.pool_id, "ada"))
        keys = asyncio.run(store.signing_keys.of(pool.pool_id))
        secrets |= {"verifier": ada.srp_verifier, "salt": ada.srp_salt}
        secrets |= {f"{key.purpose} key": key.private_pem.splitlines()[1] for key in keys}
        raw = b"".join(path.read_bytes() for path in tmp_path.glob(f"{DATABASE_FILE}*"))
        asyncio.run(store.close())
    for known in (ada.sub, issued["AccessKeyId"], client["ClientId"]):
        assert known.encode() in raw, "this does look where things are kept"
    claims = jwt.decode(secrets["IdToken"], options={"verify_signature": False})
    assert claims["origin_jti"].encode() in raw
    for name, secret in secrets.items():
        if name not in ("ExpiresIn", "expires_in", "TokenType", "token_type"):
            assert len(secret) > 10, name
            assert secret.encode() not in raw, f"{name} stands in the file"
