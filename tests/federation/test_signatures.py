"""By which signatures an ID token is believed: by the provider's keys, or the client secret; and by nothing else.

Source: RFC 8725 §2.1, §3.1 (confusion of algorithms); OpenID Connect Core 1.0 §10.1; RFC 7518 §3.2.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.responses import JSONResponse

from halfday.protocol.jwk import Jwk, jwks, thumbprint_kid
from halfday.protocol.jws import sign
from world import World, query_in

POOL = "us-east-1_Federated"
LONG_SECRET = "a client secret of forty characters long"
EC_KEY = generate_private_key(SECP256R1())


@contextmanager
def secret_of(world: World, secret: str) -> Iterator[None]:
    """The pool's client secret at Acme, for the time of the block."""
    named = {"UserPoolId": POOL, "ProviderName": "Acme"}
    before = world.idp.describe_identity_provider(**named)["IdentityProvider"]["ProviderDetails"]
    world.idp.update_identity_provider(**named, ProviderDetails={**before, "client_secret": secret})
    try:
        yield
    finally:
        world.idp.update_identity_provider(**named, ProviderDetails=before)


def told(person: Any, acme: Any, key: Any, header: dict[str, str], subject: str) -> dict[str, str]:
    """What the app hears when Acme's ID token is signed so."""
    asked = query_in(person.authorize({"ClientId": "federatedclient"}, identity_provider="Acme"))
    now = int(time.time())
    claims = {"iss": acme.origin, "aud": "acme-client", "sub": subject, "email": "w@example.com"}
    token = sign(header, {**claims, "nonce": asked["nonce"], "iat": now, "exp": now + 60}, key)
    acme.answers["/token"] = JSONResponse({"id_token": token, "access_token": "at"})
    return query_in(person.come_back(f"{asked['redirect_uri']}?code=c&state={asked['state']}"))


def kid_of(acme: Any) -> str:
    return thumbprint_kid(acme.key.public_key())


def exists(world: World, subject: str) -> bool:
    return bool(world.idp.list_users(UserPoolId=POOL, Filter=f'username = "Acme_{subject}"')["Users"])


@pytest.mark.parametrize("kid", [{}, {"kid": "any"}])
def test_the_client_secret_signs_where_it_is_long_enough(
    world: World, person: Any, acme: Any, kid: dict[str, str]
) -> None:
    with secret_of(world, LONG_SECRET):
        answer = told(person, acme, LONG_SECRET.encode(), {"alg": "HS256", **kid}, f"shared{len(kid)}")
    assert "code" in answer


def test_a_short_client_secret_signs_nothing(world: World, person: Any, acme: Any) -> None:
    """Acme's is `acme-secret`: whoever has one token could find it by trying."""
    answer = told(person, acme, b"acme-secret", {"alg": "HS256"}, "short")
    assert answer["error_description"] == "Bad id_token signature"
    assert not exists(world, "short")


def test_a_public_key_is_no_shared_secret(world: World, person: Any, acme: Any) -> None:
    pem = acme.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with secret_of(world, LONG_SECRET):
        answer = told(person, acme, pem, {"alg": "HS256", "kid": kid_of(acme)}, "confused")
    assert answer["error_description"] == "Bad id_token signature"
    assert not exists(world, "confused")


def test_a_shared_secret_is_not_taken_where_discovery_lists_other_algorithms(
    world: World, person: Any, acme: Any
) -> None:
    endpoints = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "jwks"}
    document = {name: f"{acme.origin}/{at}" for name, at in endpoints.items()}
    with secret_of(world, LONG_SECRET), listing(world, acme, {**document, **RS256_ONLY}):
        answer = told(person, acme, LONG_SECRET.encode(), {"alg": "HS256"}, "unlisted")
    assert answer["error_description"] == "Bad id_token kid"
    assert not exists(world, "unlisted")


RS256_ONLY = {"id_token_signing_alg_values_supported": ["RS256"]}


@contextmanager
def listing(world: World, acme: Any, document: dict[str, Any]) -> Iterator[None]:
    world.running.services.provider_documents.forget(f"{acme.origin}/.well-known/openid-configuration")
    acme.answers["/.well-known/openid-configuration"] = JSONResponse(document)
    try:
        yield
    finally:
        world.running.services.provider_documents.forget(f"{acme.origin}/.well-known/openid-configuration")


@pytest.mark.parametrize("algorithm", ["PS256", "RS512"])
def test_a_key_that_names_its_algorithm_is_for_no_other(world: World, person: Any, acme: Any, algorithm: str) -> None:
    answer = told(person, acme, acme.key, {"alg": algorithm, "kid": kid_of(acme)}, f"other{algorithm}")
    assert answer["error_description"] == "Bad id_token signature"


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256", "PS512"])
def test_a_key_that_names_none_is_for_each_of_its_family(world: World, person: Any, acme: Any, algorithm: str) -> None:
    unnamed = {n: v for n, v in Jwk(kid_of(acme), "", acme.key.public_key()).to_json().items() if n != "alg"}
    world.running.services.provider_documents.forget(f"{acme.origin}/jwks")
    acme.answers["/jwks"] = JSONResponse({"keys": [unnamed]})
    try:
        assert "code" in told(person, acme, acme.key, {"alg": algorithm, "kid": kid_of(acme)}, f"any{algorithm}")
    finally:
        world.running.services.provider_documents.forget(f"{acme.origin}/jwks")


def test_an_elliptic_curve_that_was_published_later_is_fetched(world: World, person: Any, acme: Any) -> None:
    acme.answers["/jwks"] = JSONResponse(jwks([Jwk("curve", "ES256", EC_KEY.public_key())]))
    try:
        assert "code" in told(person, acme, EC_KEY, {"alg": "ES256", "kid": "curve"}, "curve")
    finally:
        world.running.services.provider_documents.forget(f"{acme.origin}/jwks")


def test_an_id_token_is_good_for_the_sign_in_that_it_answers_only(world: World, person: Any, acme: Any) -> None:
    """Replayed into another sign-in, its nonce is another's; into its own, its state is used up."""
    acme.claims = {"sub": "replayed"}
    asked = query_in(person.authorize({"ClientId": "federatedclient"}, identity_provider="Acme"))
    acme.nonce = asked["nonce"]
    token = acme.id_token()
    later = query_in(person.authorize({"ClientId": "federatedclient"}, identity_provider="Acme"))
    acme.answers["/token"] = JSONResponse({"id_token": token, "access_token": "at"})
    answer = query_in(person.come_back(f"{later['redirect_uri']}?code=c&state={later['state']}"))
    assert answer["error_description"] == "Invalid nonce in id_token"
    again = person.come_back(f"{later['redirect_uri']}?code=c&state={later['state']}")
    assert again.headers["Location"].startswith("/error?")
    assert not exists(world, "replayed")
