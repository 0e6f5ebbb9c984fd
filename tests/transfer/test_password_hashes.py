"""Passwords that come as hashes: proven once by the hash, and by SRP from then on; nobody learns who has such a one."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brought import hashes
from halfday.server.domain.users import password_hashes
from halfday.server.outside import password_hashing
from transferred import bring_into
from world import PASSWORD, Pool, World, running


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
        "$2b$16$" + "." * 53,
        "$2b$\u0660\u0664$" + "." * 53,
        "$argon2id$v=19$m=262144,t=5,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
        "$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
        "$argon2id$v=19$m=\u0661\u0666,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
        "$pbkdf2-sha512$i=2000001$c2FsdHNhbHQ$" + "A" * 86,
        "$pbkdf2-sha1$i=2000001$c2FsdHNhbHQ$" + "A" * 86,
        "$pbkdf2-sha1$i=1000$=$" + "A" * 27,
        "pbkdf2_sha256$1000$" + "s" * 900 + "$" + "A" * 43,
        "$scrypt$ln=17,r=8,p=3$c2FsdHNhbHQ$" + "A" * 43,
        "$scrypt$ln=16,r=1,p=1$c2FsdHNhbHQ$" + "A" * 43,
        "$scrypt$ln=10,r=8,p=1$=$" + "A" * 43,
        "$argon2id$v=19$m=64,m=64,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
        "scrypt:1023:8:1$saltsalt$" + "00" * 32,
        "bcrypt_sha256$$2b$31$" + "." * 53,
    ],
)
def test_what_is_no_hash_or_too_much_work_is_refused(text: str) -> None:
    with pytest.raises(password_hashes.HashRefused):
        password_hashes.read(text)


@pytest.mark.parametrize("text", ["scrypt$x", "$scrypt$x", "argon2$x", "pbkdf2:md5:1$a$00", "{argon2}x", "$2z$10$x"])
def test_a_kind_that_is_taken_in_a_spelling_that_is_not_is_told_so(text: str) -> None:
    with pytest.raises(password_hashes.HashRefused, match=r"spelt in no way that is taken: docs/migrate\.md"):
        password_hashes.read(text)


_LETTERS = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_BASE64 = st.text("ABCXYZabcxyz0189+/.=", min_size=1, max_size=100)
_ARGON2 = st.tuples(st.sampled_from(["id", "i", "d"]), st.integers(0, 64), _BASE64, _BASE64)
_TEXTS = st.one_of(
    st.text(_LETTERS, min_size=53, max_size=53).map("$2a$04${}".format),
    st.builds(
        "$argon2{}$v=19$m={},t=1,p=1${}${}".format,
        st.sampled_from(["id", "i", "d"]),
        st.integers(0, 64),
        _BASE64,
        _BASE64,
    ),
    st.builds("$pbkdf2-{}$i=1${}${}".format, st.sampled_from(["sha1", "sha512"]), _BASE64, _BASE64),
    st.builds("pbkdf2_sha256$1${}${}".format, st.text(min_size=1, max_size=1100), _BASE64),
    st.builds("$scrypt$ln={},r={},p=1${}${}".format, st.integers(0, 9), st.integers(0, 3), _BASE64, _BASE64),
    st.builds("$firebase-scrypt$ln=1,r=8,key={},sep={}${}${}".format, _BASE64, _BASE64 | st.just(""), _BASE64, _BASE64),
)


@settings(deadline=None, max_examples=500)
@given(_TEXTS)
def test_what_is_taken_can_be_computed_at_every_sign_in(text: str) -> None:
    try:
        known = password_hashes.read(text)
    except password_hashes.HashRefused:
        return
    assert password_hashes.read(known.text) == known
    for one in (known, password_hashes.read(password_hashes.sample_of(known))):
        assert not password_hashing.matches(one, PASSWORD)


def test_bits_that_say_nothing_change_nothing() -> None:
    """Of the last letters of bcrypt's salt and digest: passlib before 1.6 and jBCrypt set them at random."""
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    salt, digest = (_LETTERS.index(hashed[at]) for at in (28, 59))
    for more_of_salt, more_of_digest in ((15, 0), (0, 3), (7, 1)):
        text = hashed[:28] + _LETTERS[salt | more_of_salt] + hashed[29:59] + _LETTERS[digest | more_of_digest]
        assert password_hashing.matches(password_hashes.read(text), PASSWORD)


def test_a_hash_of_more_work_than_is_taken_proves_nothing_and_stops_nobody(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = pool.client()
    bring(pool, "ada", hashes()["scrypt"])
    bring(pool, "grace", hashes()["bcrypt"])
    monkeypatch.setattr(password_hashes, "_MOST_SCRYPT_BLOCKS", 1)
    with pytest.raises(pool.world.idp.exceptions.NotAuthorizedException):
        sign_in(pool, client, "ada")
    assert sign_in(pool, client, "grace")["AuthenticationResult"]["AccessToken"]


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


def test_the_next_start_ends_the_work_for_hashes_that_nobody_has(tmp_path: Path) -> None:
    def kept() -> str:
        with closing(sqlite3.connect(next(tmp_path.rglob("*.sqlite3")))) as database:
            return str(database.execute("SELECT brought_hashes FROM pools").fetchone()[0])

    with running(tmp_path) as world:
        pool = world.pool()
        client = pool.client()
        bring(pool, "ada", hashes()["bcrypt"])
        sign_in(pool, client, "ada")
        assert kept() != "[]"
    with running(tmp_path) as world:
        until = time.monotonic() + 20
        while kept() != "[]" and time.monotonic() < until:
            time.sleep(0.05)
        assert kept() == "[]"
        assert sign_in(Pool(world, pool.pool_id), client, "ada")["AuthenticationResult"]
