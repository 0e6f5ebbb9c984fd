"""SRP against pycognito's client, which signs in to AWS itself, and against its own two halves."""

from __future__ import annotations

import base64
import datetime
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycognito import aws_srp

from halfday.protocol import srp

POOL_ID = "eu-west-1_AbCdEf123"
POOL_NAME = "AbCdEf123"
USER_ID = "5f1c7a0e-1111-2222-3333-444455556666"
SECRET_BLOCK = base64.b64encode(b"sealed" * 40).decode()
TIMESTAMP = "Tue May 7 00:09:40 UTC 2024"

random_bytes = st.binary(min_size=32, max_size=128).filter(any)
salts = st.one_of(st.binary(min_size=16, max_size=16), st.binary(min_size=14, max_size=14).map(lambda b: b"\0\0" + b))
passwords = st.text(min_size=1, max_size=40)


def pycognito_signature(peer: Any, server: srp.ServerStart, verifier: srp.Verifier) -> tuple[str, str]:
    answer = peer.process_challenge(
        {
            "USER_ID_FOR_SRP": USER_ID,
            "USERNAME": USER_ID,
            "SALT": verifier.salt_hex,
            "SRP_B": server.public,
            "SECRET_BLOCK": SECRET_BLOCK,
        },
        peer.get_auth_params(),
    )
    return answer["PASSWORD_CLAIM_SIGNATURE"], answer["TIMESTAMP"]


def make_pycognito(password: str) -> Any:
    return aws_srp.AWSSRP("ana", password, POOL_ID, "client", client=object())


def ours(password: str, verifier: srp.Verifier, a: bytes, b: bytes) -> bool:
    client, server = srp.ClientStart(a), srp.ServerStart(verifier, b)
    names: dict[str, str] = {
        "pool_name": POOL_NAME,
        "user_id": USER_ID,
        "secret_block_b64": SECRET_BLOCK,
        "timestamp": TIMESTAMP,
    }
    claim = client.claim(password=password, salt_hex=verifier.salt_hex, srp_b_hex=server.public, **names)
    return server.signature_is_valid(claim, client.public, **names)


def test_the_group_is_the_3072_bit_one() -> None:
    assert srp.N.bit_length() == 3072
    assert aws_srp.hex_to_long(aws_srp.N_HEX) == srp.N


@settings(max_examples=40, deadline=None)
@given(password=passwords, salt=salts, b=random_bytes)
def test_pycognito_proves_the_right_password(password: str, salt: bytes, b: bytes) -> None:
    verifier = srp.make_verifier(POOL_NAME, USER_ID, password, salt)
    server, peer = srp.ServerStart(verifier, b), make_pycognito(password)
    signature, timestamp = pycognito_signature(peer, server, verifier)
    assert server.signature_is_valid(
        signature,
        peer.get_auth_params()["SRP_A"],
        pool_name=POOL_NAME,
        user_id=USER_ID,
        secret_block_b64=SECRET_BLOCK,
        timestamp=timestamp,
    )


def test_pycognito_does_not_prove_a_wrong_password() -> None:
    verifier = srp.make_verifier(POOL_NAME, USER_ID, "Correct-Horse-1", b"s" * 16)
    server, peer = srp.ServerStart(verifier, b"b" * 32), make_pycognito("Correct-Horse-2")
    signature, timestamp = pycognito_signature(peer, server, verifier)
    assert not server.signature_is_valid(
        signature,
        peer.get_auth_params()["SRP_A"],
        pool_name=POOL_NAME,
        user_id=USER_ID,
        secret_block_b64=SECRET_BLOCK,
        timestamp=timestamp,
    )


def test_our_client_computes_the_signature_that_pycognito_computes() -> None:
    verifier = srp.make_verifier(POOL_NAME, USER_ID, "Correct-Horse-1", b"s" * 16)
    peer = make_pycognito("Correct-Horse-1")
    client = srp.ClientStart(peer.small_a_value.to_bytes(128, "big"))
    server = srp.ServerStart(verifier, b"b" * 32)
    signature, timestamp = pycognito_signature(peer, server, verifier)
    assert client.public == peer.get_auth_params()["SRP_A"]
    assert signature == client.claim(
        pool_name=POOL_NAME,
        user_id=USER_ID,
        password="Correct-Horse-1",
        salt_hex=verifier.salt_hex,
        srp_b_hex=server.public,
        secret_block_b64=SECRET_BLOCK,
        timestamp=timestamp,
    )


@settings(max_examples=30, deadline=None)
@given(password=passwords, tried=passwords, salt=salts, a=random_bytes, b=random_bytes)
def test_both_halves_agree_exactly_when_the_passwords_do(
    password: str, tried: str, salt: bytes, a: bytes, b: bytes
) -> None:
    verifier = srp.make_verifier(POOL_NAME, USER_ID, password, salt)
    assert ours(password, verifier, a, b)
    assert ours(tried, verifier, a, b) == (tried == password)
    assert srp.password_matches(verifier, POOL_NAME, USER_ID, password)
    assert srp.password_matches(verifier, POOL_NAME, USER_ID, tried) == (tried == password)


def test_a_server_resumed_from_what_it_stored_expects_the_same_signature() -> None:
    verifier = srp.make_verifier(POOL_NAME, USER_ID, "p", b"s" * 16)
    first = srp.ServerStart(verifier, b"b" * 32)
    names = {"pool_name": POOL_NAME, "user_id": USER_ID, "secret_block_b64": SECRET_BLOCK, "timestamp": TIMESTAMP}
    srp_a = srp.ClientStart(b"a" * 32).public
    resumed = srp.ServerStart(verifier, b"b" * 32, public=first.public)
    assert resumed.expected_signature(srp_a, **names) == first.expected_signature(srp_a, **names)


def test_a_signature_is_bound_to_block_timestamp_and_user() -> None:
    verifier = srp.make_verifier(POOL_NAME, USER_ID, "p", b"s" * 16)
    server, srp_a = srp.ServerStart(verifier, b"b" * 32), srp.ClientStart(b"a" * 32).public
    names = {"pool_name": POOL_NAME, "user_id": USER_ID, "secret_block_b64": SECRET_BLOCK, "timestamp": TIMESTAMP}
    signature = server.expected_signature(srp_a, **names)
    assert server.signature_is_valid(signature, srp_a, **names)
    for name, other in [
        ("secret_block_b64", "AAAA"),
        ("timestamp", "Tue May 7 00:09:41 UTC 2024"),
        ("user_id", "x"),
    ]:
        assert not server.signature_is_valid(signature, srp_a, **{**names, name: other})


@pytest.mark.parametrize("srp_a", ["0", "00", f"{srp.N:x}", f"{2 * srp.N:x}", "", "xyz", "-1", " 1", "1\n", "f" * 1025])
def test_an_impossible_srp_a_is_refused(srp_a: str) -> None:
    server = srp.ServerStart(srp.make_verifier(POOL_NAME, USER_ID, "p", b"s" * 16), b"b" * 32)
    with pytest.raises(srp.SrpError):
        srp.check_public(srp_a)
    with pytest.raises(srp.SrpError):
        server.expected_signature(
            srp_a, pool_name=POOL_NAME, user_id=USER_ID, secret_block_b64=SECRET_BLOCK, timestamp=TIMESTAMP
        )


def test_a_u_of_zero_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    server = srp.ServerStart(srp.make_verifier(POOL_NAME, USER_ID, "p", b"s" * 16), b"b" * 32)

    class Zero:
        def __init__(self, _: bytes) -> None: ...

        def digest(self) -> bytes:
            return bytes(32)

    monkeypatch.setattr(srp, "sha256", Zero)
    with pytest.raises(srp.SrpError, match="u is 0"):
        server.expected_signature(
            "5", pool_name=POOL_NAME, user_id=USER_ID, secret_block_b64=SECRET_BLOCK, timestamp=TIMESTAMP
        )


def test_a_server_that_offers_zero_is_refused_by_the_client() -> None:
    with pytest.raises(srp.SrpError, match="SRP_B"):
        srp.ClientStart(b"a" * 32).claim(
            pool_name=POOL_NAME,
            user_id=USER_ID,
            password="p",
            salt_hex="aa",
            srp_b_hex=f"{srp.N:x}",
            secret_block_b64=SECRET_BLOCK,
            timestamp=TIMESTAMP,
        )


def test_too_little_randomness_is_refused() -> None:
    with pytest.raises(srp.SrpError):
        srp.ClientStart(b"a" * 31)


@given(number=st.one_of(st.integers(min_value=0), st.integers(min_value=0, max_value=70_000)))
def test_pad_is_the_shortest_twos_complement(number: int) -> None:
    padded = srp.pad(number)
    assert int.from_bytes(padded, "big", signed=True) == number
    assert padded.hex() == aws_srp.pad_hex(number)
    assert len(padded) == 1 or padded[0] or padded[1] >= 0x80


def test_a_remembered_device_signs_in_with_the_verifier_pycognito_made() -> None:
    group_key, device_key = "-v7w9UcY6", "eu-west-1_" + USER_ID
    password, config = aws_srp.generate_hash_device(group_key, device_key)
    verifier = srp.parse_device_verifier_config(config["PasswordVerifier"], config["Salt"])
    assert srp.password_matches(verifier, group_key, device_key, password)

    peer = aws_srp.AWSSRP(
        "ana",
        "p",
        POOL_ID,
        "client",
        client=object(),
        device_key=device_key,
        device_group_key=group_key,
        device_password=password,
    )
    server = srp.ServerStart(verifier, b"b" * 32)
    answer = peer.process_device_challenge(
        {"USERNAME": "ana", "SALT": verifier.salt_hex, "SRP_B": server.public, "SECRET_BLOCK": SECRET_BLOCK}
    )
    assert server.signature_is_valid(
        answer["PASSWORD_CLAIM_SIGNATURE"],
        peer.get_auth_params()["SRP_A"],
        pool_name=group_key,
        user_id=device_key,
        secret_block_b64=SECRET_BLOCK,
        timestamp=answer["TIMESTAMP"],
    )


@given(salt=salts, password=passwords)
@settings(max_examples=10, deadline=None)
def test_our_device_config_reads_back_as_its_verifier(salt: bytes, password: str) -> None:
    config = srp.device_verifier_config("-group", "device", password, salt)
    verifier = srp.parse_device_verifier_config(config["PasswordVerifier"], config["Salt"])
    assert verifier == srp.make_verifier("-group", "device", password, salt)


@pytest.mark.parametrize(("verifier", "salt"), [("", "AA=="), ("AA==", "AA=="), ("!", "AA=="), ("AQ==", "?")])
def test_a_device_config_that_is_no_number_of_the_group_is_refused(verifier: str, salt: str) -> None:
    with pytest.raises(srp.SrpError):
        srp.parse_device_verifier_config(verifier, salt)


def test_secret_hash_is_the_documented_hmac() -> None:
    assert srp.secret_hash("ana", "client", "secret") == aws_srp.AWSSRP.get_secret_hash("ana", "client", "secret")


@given(epoch_s=st.integers(min_value=0, max_value=253_402_300_799))
def test_a_timestamp_reads_back(epoch_s: int) -> None:
    text = srp.format_timestamp(epoch_s)
    assert srp.parse_timestamp(text) == epoch_s
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=epoch_s)
    assert text == aws_srp.AWSSRP.get_cognito_formatted_timestamp(moment)


@pytest.mark.parametrize(
    "text",
    [
        "Tue May 07 00:09:40 UTC 2024",
        "Tue Mai 7 00:09:40 UTC 2024",
        "Tue Feb 30 00:09:40 UTC 2024",
        "Tue May 7 24:09:40 UTC 2024",
        "Tue May 7 00:09:40 CET 2024",
        "2024-05-07T00:09:40Z",
        "Tue May 7 00:09:40 UTC 2024\n",
        "Tue May 7 00:09:40 UTC 0000",
    ],
)
def test_a_timestamp_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(srp.SrpError):
        srp.parse_timestamp(text)


def test_half_a_surrogate_pair_is_a_wrong_password_and_no_crash() -> None:
    verifier = srp.make_verifier(POOL_NAME, USER_ID, "p", b"s" * 16)
    assert not srp.password_matches(verifier, POOL_NAME, USER_ID, "\ud800")


def test_the_arithmetic_is_the_same_without_gmpy2() -> None:
    program = (
        "import sys; sys.modules['gmpy2'] = None\n"
        "from halfday.protocol import srp\n"
        "assert srp._powmod() is pow\n"
        f"v = srp.make_verifier({POOL_NAME!r}, {USER_ID!r}, 'p', b's' * 16)\n"
        "print(v.verifier_hex, srp.ServerStart(v, b'b' * 32).public, end='')"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    verifier = srp.make_verifier(POOL_NAME, USER_ID, "p", b"s" * 16)
    assert printed == f"{verifier.verifier_hex} {srp.ServerStart(verifier, b'b' * 32).public}"


def test_secrets_stay_out_of_repr() -> None:
    verifier = srp.make_verifier(POOL_NAME, USER_ID, "p", b"s" * 16)
    assert verifier.verifier_hex not in repr(verifier)
    assert verifier.salt_hex not in repr(verifier)
