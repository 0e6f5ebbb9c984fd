"""EncryptedResponses: assertions that only the pool can read. Encrypted here by the primitives, as an IdP does."""

from __future__ import annotations

import base64
import os
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from federation.saml.conftest import POOL, told, usernames
from federation.saml.corp import PLACE_OF_SIGNATURE, Asked, Corp, form
from world import World, query_in

XENC, XENC11 = "http://www.w3.org/2001/04/xmlenc#", "http://www.w3.org/2009/xmlenc11#"
DS = "http://www.w3.org/2000/09/xmldsig#"
FIRST = "Invalid SAML response received: "
CANNOT = ("server_error", f"{FIRST}Assertion cannot be decrypted")


def public_key(world: World, name: str = "Secret") -> Any:
    named = {"UserPoolId": POOL, "ProviderName": name}
    details = world.idp.describe_identity_provider(**named)["IdentityProvider"]["ProviderDetails"]
    return x509.load_der_x509_certificate(base64.b64decode(details["ActiveEncryptionCertificate"])).public_key()


def encrypted(
    content: str, key: Any, *, cipher: str = "aes256-gcm", wrap: str = "rsa-oaep-mgf1p", beside: bool = False
) -> str:
    """An EncryptedAssertion. `beside`: the key beside the data, in place of within it."""
    secret = os.urandom(int(cipher[3:6]) // 8)
    data = content.encode()
    if cipher.endswith("gcm"):
        nonce = os.urandom(12)
        value, space = nonce + AESGCM(secret).encrypt(nonce, data, None), XENC11
    else:
        iv, count = os.urandom(16), 16 - len(data) % 16
        encryptor = Cipher(algorithms.AES(secret), modes.CBC(iv)).encryptor()
        value = iv + encryptor.update(data + os.urandom(count - 1) + bytes([count])) + encryptor.finalize()
        space = XENC
    method, sealed = sealed_key(secret, key, wrap)
    inner = (
        f'<xenc:EncryptedKey xmlns:xenc="{XENC}">{method}<xenc:CipherData><xenc:CipherValue>'
        f"{base64.b64encode(sealed).decode()}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>"
    )
    value64 = base64.b64encode(value).decode()
    info = f'<ds:KeyInfo xmlns:ds="{DS}">{"" if beside else inner}</ds:KeyInfo>'
    data_of = (
        f'<xenc:EncryptedData xmlns:xenc="{XENC}" Type="{XENC}Element"><xenc:EncryptionMethod '
        f'Algorithm="{space}{cipher}"/>{info}<xenc:CipherData><xenc:CipherValue>{value64}</xenc:CipherValue>'
        "</xenc:CipherData></xenc:EncryptedData>"
    )
    return (
        '<saml2:EncryptedAssertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion">'
        f"{data_of}{inner if beside else ''}</saml2:EncryptedAssertion>"
    )


def sealed_key(secret: bytes, key: Any, wrap: str) -> tuple[str, bytes]:
    def oaep(digest: hashes.HashAlgorithm, mask: hashes.HashAlgorithm) -> bytes:
        return bytes(key.encrypt(secret, padding.OAEP(padding.MGF1(mask), digest, None)))

    if wrap == "rsa-oaep":
        inner = f'<ds:DigestMethod xmlns:ds="{DS}" Algorithm="{XENC}sha256"/>'
        inner += f'<xenc11:MGF xmlns:xenc11="{XENC11}" Algorithm="{XENC11}mgf1sha256"/>'
        return (
            f'<xenc:EncryptionMethod Algorithm="{XENC11}rsa-oaep">{inner}</xenc:EncryptionMethod>',
            oaep(hashes.SHA256(), hashes.SHA256()),
        )
    if wrap == "rsa-1_5":
        sealed = bytes(key.encrypt(secret, padding.PKCS1v15()))
        return f'<xenc:EncryptionMethod Algorithm="{XENC}rsa-1_5"/>', sealed
    method = f'<xenc:EncryptionMethod Algorithm="{XENC}rsa-oaep-mgf1p"/>'
    return method, oaep(hashes.SHA1(), hashes.SHA1())


def answer(world: World, person: Any, corp: Corp, name_id: str, *, sign: tuple[str, ...], **given: Any) -> Any:
    asked: Asked = person.leave("Secret")
    assertion = corp.assertion(asked.consumer, asked.id, name_id=name_id)
    signed = corp.signed(assertion) if "Assertion" in sign else assertion.replace(PLACE_OF_SIGNATURE, "")
    key = given.pop("key", None) or public_key(world)
    corp.sign = tuple(part for part in sign if part == "Response")
    response = corp.response(asked.consumer, asked.id, encrypted(given.pop("content", signed), key, **given))
    return person.post_answer(form(response, asked.relay_state))


@pytest.mark.parametrize("sign", [("Assertion",), ("Response",), ("Assertion", "Response")])
@pytest.mark.parametrize("cipher", ["aes128-cbc", "aes192-cbc", "aes256-cbc", "aes128-gcm", "aes192-gcm", "aes256-gcm"])
def test_an_encrypted_assertion(world: World, person: Any, corp: Corp, cipher: str, sign: tuple[str, ...]) -> None:
    name = f"{cipher}-{len(sign)}{sign[0]}"
    assert "code" in query_in(answer(world, person, corp, name, sign=sign, cipher=cipher))
    assert f"Secret_{name}" in usernames(world)


@pytest.mark.parametrize("given", [{"wrap": "rsa-oaep"}, {"beside": True}], ids=str)
def test_other_ways_to_send_the_key(world: World, person: Any, corp: Corp, given: dict[str, Any]) -> None:
    assert "code" in query_in(answer(world, person, corp, "keyed", sign=("Assertion",), **given))


def test_what_could_have_been_encrypted_by_anybody(world: World, person: Any, corp: Corp) -> None:
    """The certificate is no secret: an unsigned assertion is none of the provider's for being encrypted."""
    sentence = f"{FIRST}SAML Assertion signature is invalid. "
    assert told(answer(world, person, corp, "mallory", sign=())) == ("server_error", sentence)
    assert "Secret_mallory" not in usernames(world)


def test_a_plain_assertion_where_it_must_be_encrypted(world: World, person: Any, corp: Corp) -> None:
    assert told(person.come(corp, "Secret", name_id="plain")) == (
        "server_error",
        f"{FIRST}Assertion is not encrypted",
    )


def test_an_encrypted_assertion_where_nothing_was_said_of_it(world: World, person: Any, corp: Corp) -> None:
    asked = person.leave("Corp")
    signed = corp.signed(corp.assertion(asked.consumer, asked.id, name_id="unasked"))
    corp.sign = ()
    response = corp.response(asked.consumer, asked.id, encrypted(signed, public_key(world, "Corp")))
    assert told(person.post_answer(form(response, asked.relay_state))) == (
        "server_error",
        f"{FIRST}Encrypted assertions are not enabled",
    )


def test_every_failure_is_told_alike(world: World, person: Any, corp: Corp) -> None:
    """Which step failed would tell an attacker who asks often enough what is inside."""
    two = "<x>" + corp.assertion("x", None) * 2 + "</x>"
    for given in (
        {"key": public_key(world, "Corp")},
        {"wrap": "rsa-1_5"},
        {"content": "no XML"},
        {"content": "<x/>"},
        {"content": two},
        {"content": "<!DOCTYPE x><x/>"},
        {"content": ""},
        {"content": corp.assertion("x", None).replace("<saml2:Subject>", "<saml2:Subject><!-- -->")},
    ):
        assert told(answer(world, person, corp, "mallory", sign=("Assertion",), **given)) == CANNOT


def test_what_was_changed_on_the_way(world: World, person: Any, corp: Corp) -> None:
    for cipher in ("aes256-gcm", "aes256-cbc"):
        asked = person.leave("Secret")
        signed = corp.signed(corp.assertion(asked.consumer, asked.id, name_id="mallory"))
        sent = encrypted(signed, public_key(world), cipher=cipher)
        before, mark, last = sent.rpartition("<xenc:CipherValue>")
        text, _, rest = last.partition("</xenc:CipherValue>")
        value = bytearray(base64.b64decode(text))
        value[-17] ^= 1
        broken = f"{before}{mark}{base64.b64encode(bytes(value)).decode()}</xenc:CipherValue>{rest}"
        corp.sign = ()
        response = corp.response(asked.consumer, asked.id, broken)
        error, sentence = told(person.post_answer(form(response, asked.relay_state)))
        assert error == "server_error"
        assert sentence == CANNOT[1] or sentence.endswith("signature is invalid. ")
    assert "Secret_mallory" not in usernames(world)
