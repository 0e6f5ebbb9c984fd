"""A database of before, whose roles had inline policies only, opens with every role as it was."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from databases import KEY, run
from halfday.protocol.identifiers import region_of_pool
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.users.user_filter import folded
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.sqlite import SqliteDatabase, schema_files
from halfday.server.storage.store import Store

BEFORE = 16
ROLE = Role(
    account="123456789012",
    name="reader",
    role_id="AROAEXAMPLE",
    trust_policy={"Statement": [{"Effect": "Allow"}]},
    created_at=1.0,
    path="/app/",
    policies={"own": {"Statement": []}},
    description="reads",
    max_session_duration_s=7200,
)


def test_every_role_of_before_is_as_it_was_and_has_nothing_new(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    before = sqlite3.connect(path, isolation_level=None)
    before.create_function("fold", 1, folded, deterministic=True)
    before.create_function("region_of_pool", 1, region_of_pool, deterministic=True)
    for number, script in schema_files():
        if number <= BEFORE:
            before.executescript(f"{script}; PRAGMA user_version = {number};")
    sql = (
        "INSERT INTO roles (account, name, role_id, path, trust_policy, policies, description, max_session_duration_s, "
        "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    kept = (json.dumps(ROLE.trust_policy), json.dumps(ROLE.policies), ROLE.description, 7200, 1.0)
    before.execute(sql, (ROLE.account, ROLE.name, ROLE.role_id, ROLE.path, *kept))
    before.close()
    store = Store(SqliteDatabase(path), Sealer(KEY))
    found = run(store.roles.get(ROLE.account, ROLE.name))
    assert found == ROLE
    assert (found.tags, found.permissions_boundary, found.attached_policies) == ({}, None, ())
    run(store.close())
