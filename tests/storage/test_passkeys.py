"""The promises of passkeys, over every database there is."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import pytest

from databases import Open, run
from halfday.server.domain.users.factors import Passkey
from halfday.server.storage.errors import Missing, Stale, Taken

POOL = "us-east-1_Passkey01"
ADAS = Passkey(POOL, "ada", "cred-b", "cose", 3, "localhost", "Passkey", 7.0, ("internal", "hybrid"), "platform")

T = TypeVar("T")


def test_a_passkey_is_found_by_its_credential_and_belongs_to_one_person(open_store: Open) -> None:
    passkeys = open_store().passkeys
    run(passkeys.insert(ADAS))
    assert run(passkeys.find_by_credential(POOL, "cred-b")) == ADAS
    assert run(passkeys.find_by_credential("us-east-1_Passkey02", "cred-b")) is None
    for username in ("ada", "eve"):
        with pytest.raises(Taken):
            run(passkeys.insert(replace(ADAS, username=username, public_key="another")))
    assert run(passkeys.of_user(POOL, "eve")) == []
    run(passkeys.insert(replace(ADAS, pool_id="us-east-1_Passkey02")))


def test_passkeys_are_paged_in_the_order_of_their_credentials(open_store: Open) -> None:
    passkeys = open_store().passkeys
    for credential in ("cred-c", "cred-a", "cred-b"):
        run(passkeys.insert(replace(ADAS, credential_id=credential)))
    assert [p.credential_id for p in run(passkeys.page(POOL, "ada", limit=2))] == ["cred-a", "cred-b"]
    assert [p.credential_id for p in run(passkeys.page(POOL, "ada", limit=2, after="cred-b"))] == ["cred-c"]


def test_of_two_uses_seen_at_the_same_count_over_two_connections_one_holds(open_store: Open) -> None:
    ours, theirs = open_store().passkeys, open_store().passkeys
    run(ours.insert(ADAS))
    run(theirs.count_use(ADAS, 5))
    with pytest.raises(Stale):
        run(ours.count_use(ADAS, 4))
    kept = run(ours.find_by_credential(POOL, "cred-b"))
    assert kept is not None
    assert kept.sign_count == 5


def test_a_deleted_passkey_is_used_by_nobody(open_store: Open) -> None:
    passkeys = open_store().passkeys
    run(passkeys.insert(ADAS))
    with pytest.raises(Missing):
        run(passkeys.delete(POOL, "eve", "cred-b"))
    run(passkeys.delete(POOL, "ada", "cred-b"))
    with pytest.raises(Stale):
        run(passkeys.count_use(ADAS, 4))
    with pytest.raises(Missing):
        run(passkeys.delete(POOL, "ada", "cred-b"))
