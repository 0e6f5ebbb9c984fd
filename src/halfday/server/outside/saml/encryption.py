"""Encrypted assertions (SAML core §2.3.4; XML Encryption 1.1), opened with the provider's key pair.

Every failure is the same one: which step failed would tell an attacker who asks often enough what is inside
(Jager and Somorovsky, How to break XML encryption). For that reason RSA of PKCS #1 v1.5 and Triple DES are not taken.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from halfday.server.outside.saml.documents import ENCRYPTION, SIGNATURE, Element, Unreadable, children, only_child

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.padding import OAEP
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_ENCRYPTION_11 = "http://www.w3.org/2009/xmlenc11#"
_GCM = {f"{_ENCRYPTION_11}aes{bits}-gcm": bits // 8 for bits in (128, 192, 256)}
_CBC = {f"{ENCRYPTION}aes{bits}-cbc": bits // 8 for bits in (128, 192, 256)}
_OAEP = {f"{ENCRYPTION}rsa-oaep-mgf1p", f"{_ENCRYPTION_11}rsa-oaep"}
_DIGESTS = {
    f"{SIGNATURE}sha1": "SHA1",
    f"{ENCRYPTION}sha256": "SHA256",
    f"{ENCRYPTION}sha512": "SHA512",
    f"{_ENCRYPTION_11}mgf1sha1": "SHA1",
    f"{_ENCRYPTION_11}mgf1sha256": "SHA256",
    f"{_ENCRYPTION_11}mgf1sha512": "SHA512",
}
_IV_BYTES, _NONCE_BYTES = 16, 12


class CannotDecrypt(ValueError):
    """It is not encrypted for this key, or not in a way that is taken here."""


def decrypted(encrypted: Element, key: RSAPrivateKey) -> bytes:
    """What an EncryptedAssertion holds, which anybody can have encrypted: the key is public. Raises CannotDecrypt."""
    try:
        data = only_child(encrypted, ENCRYPTION, "EncryptedData")
        content_key = _content_key(_encrypted_key(encrypted, data), key)
        algorithm = only_child(data, ENCRYPTION, "EncryptionMethod").get("Algorithm")
        return _opened(algorithm, content_key, _cipher_value(data))
    except (Unreadable, ValueError, LookupError) as problem:
        raise CannotDecrypt("it cannot be decrypted with the key of ActiveEncryptionCertificate") from problem


def _encrypted_key(encrypted: Element, data: Element) -> Element:
    """The key within the data's KeyInfo, or beside the data (SAML core, errata E43)."""
    infos = children(data, SIGNATURE, "KeyInfo")
    found = [key for info in infos for key in children(info, ENCRYPTION, "EncryptedKey")]
    found += children(encrypted, ENCRYPTION, "EncryptedKey")
    if len(found) != 1:
        raise Unreadable("there is not exactly one EncryptedKey")
    return found[0]


def _content_key(encrypted_key: Element, key: RSAPrivateKey) -> bytes:
    return key.decrypt(
        _cipher_value(encrypted_key), _padding(only_child(encrypted_key, ENCRYPTION, "EncryptionMethod"))
    )


def _padding(method: Element) -> OAEP:
    """SHA-1 where nothing else is named (XML Encryption 1.1 §5.5.2). In OAEP it need not resist collisions."""
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP

    if method.get("Algorithm") not in _OAEP:
        raise Unreadable("the key is not encrypted by RSA-OAEP")
    digest = _hash([each.get("Algorithm") for each in children(method, SIGNATURE, "DigestMethod")])
    mask = _hash([each.get("Algorithm") for each in children(method, _ENCRYPTION_11, "MGF")])
    if children(method, ENCRYPTION, "OAEPparams"):
        raise Unreadable("OAEP with parameters")
    return OAEP(MGF1(mask()), digest(), None)


def _hash(named: list[str]) -> type:
    from cryptography.hazmat.primitives import hashes

    found: type = getattr(hashes, _DIGESTS[named[0]]) if named else hashes.SHA1
    return found


def _opened(algorithm: str, key: bytes, value: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(key) != (_GCM | _CBC)[algorithm]:
        raise ValueError("the key is not as long as the algorithm says")
    if algorithm in _CBC:
        return _opened_cbc(key, value)
    try:
        return AESGCM(key).decrypt(value[:_NONCE_BYTES], value[_NONCE_BYTES:], None)
    except InvalidTag as problem:
        raise ValueError("the tag is wrong") from problem


def _opened_cbc(key: bytes, value: bytes) -> bytes:
    """Padded as in XML Encryption §5.2: the last byte counts, the others may be anything."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES(key), modes.CBC(value[:_IV_BYTES])).decryptor()
    padded = decryptor.update(value[_IV_BYTES:]) + decryptor.finalize()
    if not padded or not 1 <= padded[-1] <= _IV_BYTES:
        raise ValueError("the padding is wrong")
    return padded[: -padded[-1]]


def _cipher_value(parent: Element) -> bytes:
    data = only_child(parent, ENCRYPTION, "CipherData")
    text = only_child(data, ENCRYPTION, "CipherValue").text or ""
    return base64.b64decode("".join(text.split()), validate=True)
