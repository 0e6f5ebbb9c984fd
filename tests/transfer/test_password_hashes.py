"""Passwords that come as hashes: proven once by the hash, and by SRP from then on; nobody learns who has such a one."""

from __future__ import annotations

from typing import Any

import pytest

from brought import hashes
from halfday.server.domain.users import password_hashes
from halfday.server.outside import password_hashing
from transferred import bring_into
from world import PASSWORD, Pool, World


@pytest.mark.parametrize("kind", sorted(hashes()))
def test_each_kind_proves_its_password_and_no_other(kind: str) -> None:
    known = password_hashes.read(hashes()[kind])
    assert password_hashing.matches(known, PASSWORD)
    assert not password_hashing.matches(known, PASSWORD + "x")
    assert password_hashes.read(known.text) == known
    sample = password_hashes.read(password_hashes.sample_of(known))
    assert (sample.algorithm, sample.rounds) == (known.algorithm, known.rounds)
    assert not password_hashing.matches(sample, PASSWORD)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "md5$abc",
        "$2b$31$" + "a" * 53,
        "$argon2id$v=19$m=99999999,t=3,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
        "$1$x$y",
        "x" * 5000,
    ],
)
def test_what_is_no_hash_or_too_much_work_is_refused(text: str) -> None:
    with pytest.raises(password_hashes.HashRefused):
        password_hashes.read(text)


def bring(pool: Pool, name: str, hashed: str) -> None:
    user = {"Username": name, "PasswordHash": hashed, "UserStatus": "CONFIRMED"}
    entry = {"UserPool": {"Id": pool.pool_id}, "Users": [user]}
    bring_into(pool.world, {"Format": "halfday-export", "Version": 1, "UserPools": [entry]})


def sign_in(pool: Pool, client: dict[str, Any], name: str, password: str = PASSWORD) -> Any:
    given = {"USERNAME": name, "PASSWORD": password}
    return pool.world.idp.initiate_auth(
        ClientId=client["ClientId"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given
    )


def by_srp(pool: Pool, client: dict[str, Any], name: str) -> None:
    from pycognito.aws_srp import AWSSRP

    AWSSRP(name, PASSWORD, pool.pool_id, client["ClientId"], client=pool.world.idp).authenticate_user()


@pytest.mark.parametrize("errors", ["ENABLED", "LEGACY"])
def test_the_first_sign_in_is_by_the_hash_and_later_ones_by_srp_too(pool: Pool, errors: str) -> None:
    client = pool.client(PreventUserExistenceErrors=errors)
    bring(pool, "ada", hashes()["bcrypt"])
    refused = pool.world.idp.exceptions.NotAuthorizedException
    with pytest.raises(refused, match=r"Incorrect username or password\."):
        by_srp(pool, client, "ada")
    with pytest.raises(refused, match=r"Incorrect username or password\."):
        sign_in(pool, client, "ada", "Wrong-1815")
    assert sign_in(pool, client, "ada")["AuthenticationResult"]["AccessToken"]
    assert sign_in(pool, client, "ada")["AuthenticationResult"]["AccessToken"]
    by_srp(pool, client, "ada")


def test_everybody_s_sign_in_takes_the_work_of_the_hashes_that_were_brought(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = pool.client(PreventUserExistenceErrors="ENABLED")
    bring(pool, "ada", hashes()["bcrypt"])
    bring(pool, "grace", hashes()["scrypt"])
    pool.world.idp.admin_create_user(UserPoolId=pool.pool_id, Username="alan", MessageAction="SUPPRESS")
    computed: list[str] = []
    matches = password_hashing.matches

    def noted(known: password_hashes.Hash, password: str) -> bool:
        computed.append(known.algorithm)
        return matches(known, password)

    monkeypatch.setattr("halfday.server.flows.factors.brought_hashes.matches", noted)
    for name in ("ada", "grace", "alan", "nobody"):
        computed.clear()
        with pytest.raises(pool.world.idp.exceptions.NotAuthorizedException):
            sign_in(pool, client, name, "Wrong-1815")
        assert computed == ["bcrypt", "scrypt"], name


def test_an_export_with_secrets_carries_hashes_on(world: World) -> None:
    from transferred import exported

    pool = world.pool()
    bring(pool, "ada", hashes()["scrypt"])
    document = exported(world, pool=pool.pool_id, secrets=True)
    kept = document["UserPools"][0]["Users"][0]["Halfday"]["SrpVerifier"]
    assert kept == password_hashes.read(hashes()["scrypt"]).text
    plain = exported(world, pool=pool.pool_id)
    assert kept not in str(plain)
