"""GetSigningCertificate, read by a library that is not ours to make certificates with: OpenSSL's, in `cryptography`."""

from __future__ import annotations

import base64

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from asking import missing, refusal
from world import Pool, World


def test_the_certificate_is_the_pool_s_key_s_and_always_the_same(world: World, pool: Pool) -> None:
    text = world.idp.get_signing_certificate(UserPoolId=pool.pool_id)["Certificate"]
    certificate = x509.load_der_x509_certificate(base64.b64decode(text))
    certificate.verify_directly_issued_by(certificate)
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 3650
    keys = jwt.PyJWKClient(f"{world.origin}/{pool.pool_id}/.well-known/jwks.json").get_signing_keys()
    assert certificate.public_key().public_numbers() in [key.key.public_numbers() for key in keys]
    assert isinstance(certificate.signature_algorithm_parameters, PKCS1v15)
    world.clock.advance(86_400)
    assert world.idp.get_signing_certificate(UserPoolId=pool.pool_id)["Certificate"] == text
    assert world.idp.get_signing_certificate(UserPoolId=world.pool().pool_id)["Certificate"] != text


def test_a_pool_that_is_not_there_has_none(world: World) -> None:
    gone = missing("User pool us-east-1_Nowhere00 does not exist.")
    assert refusal(world.idp.get_signing_certificate, UserPoolId="us-east-1_Nowhere00") == gone
