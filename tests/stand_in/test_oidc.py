"""The OIDC adapter, against the stand-in Google, and against a provider that lies, breaks or is slow."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwt.algorithms import ECAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from halfday.protocol.jwk import Jwk, jwks, thumbprint_kid
from halfday.protocol.jws import sign
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.providers import ExternalProvider
from halfday.server.outside.provider_kinds import ADAPTERS
from halfday.server.outside.provider_port import REDIRECT, AuthenticationRequest
from halfday.server.outside.published_documents import PublishedDocuments

KEYS = [generate_private_key(65537, 2048) for _ in range(2)]


ORIGIN = "http://127.0.0.1:4242"


def provider_of(name: str, issuer: str, client_id: str, secret: str, **details: str) -> ExternalProvider:
    given = {
        "oidc_issuer": issuer,
        "client_id": client_id,
        "client_secret": secret,
        "authorize_scopes": "openid",
        "attributes_request_method": "GET",
        **details,
    }
    return ExternalProvider("us-east-1_P", name, "OIDC", 1.0, 1.0, details=given)


def with_details(provider: ExternalProvider, **details: str) -> ExternalProvider:
    return replace(provider, details={**provider.details, **details})


def origin_of(google: Any) -> str:
    origin: str = google.redirect_uri.removesuffix(REDIRECT.path)
    assert origin != google.redirect_uri
    return origin


def google_provider(google: Any) -> ExternalProvider:
    secrets = {"client_id": google.client_id, "secret": google.client_secret}
    made = provider_of("Google", google.origin, **secrets, authorize_scopes="openid email profile")
    return replace(made, kind="Google")


def redeem(
    provider: ExternalProvider, documents: PublishedDocuments | None = None, timeout_s: float = 5, **given: str
) -> dict[str, Any]:
    """The claims of whoever the code proves."""
    asked = AuthenticationRequest(given.get("origin", ORIGIN), "s", given.get("nonce", "n0nce"))

    async def run() -> dict[str, Any]:
        async with httpx2.AsyncClient(timeout=timeout_s) as http:
            adapter = ADAPTERS[provider.kind](provider, http, documents or PublishedDocuments(), time.time)
            identity = await adapter.finish(asked, {"code": given.get("code", "c")})
            assert identity.subject == identity.claims["sub"]
            return dict(identity.claims)

    return asyncio.run(run())


def authorize_url(provider: ExternalProvider, **given: str) -> str:
    asked = AuthenticationRequest(**{"origin": ORIGIN, "state": "s", "nonce": "n", **given})

    async def run() -> str:
        async with httpx2.AsyncClient() as http:
            return await ADAPTERS[provider.kind](provider, http, PublishedDocuments(), time.time).begin(asked)

    return asyncio.run(run())


def test_the_whole_dance_by_discovery_alone(google: Any) -> None:
    provider = google_provider(google)
    url = authorize_url(provider, origin=origin_of(google), state="s t&", nonce="n0nce")
    chosen = google.choose(requests.get(url, timeout=5), account="grace@example.com")
    returned = google.returned(chosen)
    assert returned["state"] == "s t&"
    claims = redeem(provider, code=returned["code"], origin=origin_of(google))
    assert claims["email"] == "grace@example.com"
    assert claims["name"] == "Grace Hopper"
    assert len(claims["sub"]) == 21


def test_hints_travel_and_empty_ones_do_not(google: Any) -> None:
    query = parse_qs(urlsplit(authorize_url(google_provider(google), login_hint="a@b", prompt="select_account")).query)
    assert query["login_hint"] == ["a@b"]
    assert query["prompt"] == ["select_account"]
    assert "prompt" not in parse_qs(urlsplit(authorize_url(google_provider(google))).query)


def test_a_code_redeemed_twice_says_so_in_aws_s_words(google: Any) -> None:
    code = google.code()
    redeem(google_provider(google), code=code, origin=origin_of(google))
    with pytest.raises(Refused, match=r"^Google Error - 400 invalid_grant$") as refused:
        redeem(google_provider(google), code=code, origin=origin_of(google))
    assert "invalid_grant" in str(refused.value.detail)


def test_a_wrong_secret_is_refused_and_stays_out_of_the_log(google: Any) -> None:
    provider = with_details(google_provider(google), client_secret="not-the-secret")
    with pytest.raises(Refused, match="Google Error - 401 invalid_client") as refused:
        redeem(provider, code=google.code(), origin=origin_of(google))
    assert "not-the-secret" not in f"{refused.value.detail} {provider!r}"


def test_a_wrong_redirect_uri_is_refused(google: Any) -> None:
    with pytest.raises(Refused, match="Google Error - 400 redirect_uri_mismatch"):
        redeem(google_provider(google), code=google.code(), origin="http://127.0.0.1:4243")


def test_another_s_nonce_is_refused(google: Any) -> None:
    with pytest.raises(Refused, match="nonce"):
        redeem(google_provider(google), code=google.code(), origin=origin_of(google), nonce="another")


class Sloppy:
    """A provider that does what the test says. `answers`: path → a JSON body or a response; `claims` go into tokens."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.reset()

    def reset(self) -> None:
        self.key, self.published = KEYS[0], [KEYS[0]]
        self.claims: dict[str, Any] = {}
        self.answers: dict[str, Any] = {}
        self.delay_s = 0.0
        self.fetched: list[str] = []
        self.bodies: dict[str, bytes] = {}

    @property
    def provider(self) -> ExternalProvider:
        return provider_of("Acme", self.origin, "acme-client", "acme-secret")

    def id_token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.origin,
            "aud": "acme-client",
            "sub": "42",
            "nonce": "n0nce",
            "iat": now,
            "exp": now + 60,
            **self.claims,
        }
        header = {"alg": "RS256", "kid": thumbprint_kid(self.key.public_key())}
        return sign(header, {name: value for name, value in claims.items() if value is not None}, self.key)

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        self.fetched.append(path)
        self.bodies[path] = await request.body()
        await asyncio.sleep(self.delay_s if path == "/token" else 0)
        said = self.answers.get(path, self.usual(path))
        return said if isinstance(said, Response) else JSONResponse(said)

    def usual(self, path: str) -> Any:
        public = [Jwk(thumbprint_kid(key.public_key()), "RS256", key.public_key()) for key in self.published]
        endpoints = {"authorization_endpoint": "auth?p=1", "token_endpoint": "token", "jwks_uri": "jwks"}
        return {
            "/.well-known/openid-configuration": {name: f"{self.origin}/{at}" for name, at in endpoints.items()},
            "/token": {"id_token": self.id_token(), "access_token": "at"},
            "/jwks": jwks(public),
        }.get(path, {})


@pytest.fixture(scope="module")
def _sloppy(serve: Callable[[Callable[[str], Any]], Any]) -> Iterator[Sloppy]:
    made: list[Sloppy] = []

    def make(origin: str) -> Starlette:
        made.append(Sloppy(origin))
        return Starlette(routes=[Route("/{path:path}", made[0].answer, methods=["GET", "POST"])])

    with serve(make):
        yield made[0]


@pytest.fixture
def sloppy(_sloppy: Sloppy) -> Sloppy:
    _sloppy.reset()
    return _sloppy


def test_a_provider_without_user_info_is_enough(sloppy: Sloppy) -> None:
    assert redeem(sloppy.provider)["sub"] == "42"


def test_a_query_in_the_authorize_endpoint_is_kept(sloppy: Sloppy) -> None:
    assert parse_qs(urlsplit(authorize_url(sloppy.provider)).query)["p"] == ["1"]


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"iss": "https://evil.example"}, "Bad id_token issuer https://evil.example"),
        ({"aud": "another-client"}, "Bad id_token aud"),
        ({"exp": 1}, "Bad id_token exp"),
        ({"exp": None}, "Bad id_token exp"),
        ({"iat": 9_999_999_999}, "Bad id_token iat"),
        ({"nonce": None}, "Invalid nonce in id_token"),
    ],
)
def test_an_id_token_that_is_not_for_us_is_refused(sloppy: Sloppy, claims: dict[str, Any], sentence: str) -> None:
    sloppy.claims = claims
    with pytest.raises(Refused, match=f"^{sentence}$"):
        redeem(sloppy.provider)


def test_an_unsigned_or_foreign_token_is_refused(sloppy: Sloppy) -> None:
    sloppy.key = KEYS[1]
    with pytest.raises(Refused, match="Bad id_token kid"):
        redeem(sloppy.provider)
    sloppy.key = KEYS[0]
    sloppy.answers["/token"] = {"id_token": sloppy.id_token()[:-8] + "AAAAAAAA"}
    with pytest.raises(Refused, match="Bad id_token signature"):
        redeem(sloppy.provider)
    sloppy.answers["/token"] = {"access_token": "at"}
    with pytest.raises(Refused, match="Bad id_token token"):
        redeem(sloppy.provider)


def test_documents_are_fetched_once_and_keys_again_when_a_new_one_signs(sloppy: Sloppy) -> None:
    documents = PublishedDocuments()
    redeem(sloppy.provider, documents)
    redeem(sloppy.provider, documents)
    assert sloppy.fetched.count("/jwks") == 1
    assert sloppy.fetched.count("/.well-known/openid-configuration") == 1
    sloppy.key, sloppy.published = KEYS[1], [KEYS[1]]
    assert redeem(sloppy.provider, documents)["sub"] == "42"
    assert sloppy.fetched.count("/jwks") == 2


def test_a_provider_may_sign_by_ecdsa(sloppy: Sloppy) -> None:
    """Developer guide, Using OIDC identity providers: "HMAC-SHA, ECDSA, or RSA algorithms"."""
    key = ec.generate_private_key(ec.SECP256R1())
    published = {**json.loads(ECAlgorithm.to_jwk(key.public_key())), "kid": "curve", "use": "sig"}
    claims = jwt.decode(sloppy.id_token(), options={"verify_signature": False})
    sloppy.answers["/jwks"] = {"keys": [published]}
    sloppy.answers["/token"] = {"id_token": jwt.encode(claims, key, "ES256", headers={"kid": "curve"})}
    assert redeem(sloppy.provider)["sub"] == "42"
    stranger = ec.generate_private_key(ec.SECP256R1())
    sloppy.answers["/token"] = {"id_token": jwt.encode(claims, stranger, "ES256", headers={"kid": "curve"})}
    with pytest.raises(Refused, match="Bad id_token signature"):
        redeem(sloppy.provider)


def test_user_info_adds_and_does_not_override(sloppy: Sloppy) -> None:
    provider = with_details(sloppy.provider, attributes_url=f"{sloppy.origin}/me", attributes_request_method="POST")
    sloppy.claims = {"email": "proven@example.com"}
    sloppy.answers["/me"] = {"sub": "42", "email": "other@example.com", "locale": "pt"}
    claims = redeem(provider)
    assert (claims["email"], claims["locale"]) == ("proven@example.com", "pt")


def test_user_info_about_somebody_else_is_refused(sloppy: Sloppy) -> None:
    sloppy.answers["/me"] = {"sub": "43"}
    with pytest.raises(Refused, match="Bad userInfo subject"):
        redeem(with_details(sloppy.provider, attributes_url=f"{sloppy.origin}/me"))


def test_a_slow_token_endpoint_is_a_timeout_in_aws_s_words(sloppy: Sloppy) -> None:
    sloppy.delay_s = 1
    with pytest.raises(Refused, match=r"^Timeout occurred in calling IdP token endpoint$"):
        redeem(sloppy.provider, timeout_s=0.2)


@pytest.mark.parametrize(
    ("path", "answer", "sentence"),
    [
        ("/token", PlainTextResponse("oops", 502), "Acme Error - 502 error getting token"),
        ("/token", PlainTextResponse("oops"), "Invalid response from IdP"),
        ("/token", [], "Invalid response from IdP"),
        ("/jwks", PlainTextResponse("oops", 500), "Error in calling jwks uri"),
        ("/jwks", {}, "its keys cannot be read"),
        ("/.well-known/openid-configuration", {}, "Acme Error - no token_endpoint"),
        ("/.well-known/openid-configuration", {"token_endpoint": "http://far.example/token"}, "Bad token_endpoint"),
        ("/.well-known/openid-configuration", {"token_endpoint": "https://[oops"}, "Bad token_endpoint"),
    ],
)
def test_a_broken_provider_is_a_sentence_and_no_crash(sloppy: Sloppy, path: str, answer: Any, sentence: str) -> None:
    sloppy.answers[path] = answer
    with pytest.raises(Refused, match=sentence):
        redeem(sloppy.provider)


def test_nobody_there_is_a_reset_connection() -> None:
    provider = provider_of("Acme", "http://127.0.0.1:1", "c", "s", token_url="http://127.0.0.1:1/token")
    with pytest.raises(Refused, match=r"^Connection reset$"):
        redeem(provider)


@pytest.mark.parametrize("issuer", ["http://idp.example", "ftp://idp.example", "idp.example", ""])
def test_an_issuer_far_away_must_be_https(issuer: str) -> None:
    with pytest.raises(Refused, match=r"^Bad issuer$"):
        authorize_url(provider_of("Acme", issuer, "c", "s"))


def test_configured_endpoints_are_held_to_https_too() -> None:
    provider = provider_of("Acme", "https://idp.example", "c", "s", token_url="http://idp.example/token")
    with pytest.raises(Refused, match=r"^Bad token_endpoint$"):
        redeem(provider)


def test_an_issuer_keeps_its_last_slash_as_auth0_s_tokens_do(sloppy: Sloppy) -> None:
    sloppy.claims = {"iss": f"{sloppy.origin}/"}
    assert redeem(with_details(sloppy.provider, oidc_issuer=f"{sloppy.origin}/"))["sub"] == "42"


@pytest.mark.parametrize("issuer", ["https://accounts.google.com", "accounts.google.com"])
def test_google_may_spell_its_issuer_in_two_ways(sloppy: Sloppy, issuer: str) -> None:
    sloppy.claims = {"iss": issuer}
    at = {"token_url": f"{sloppy.origin}/token", "jwks_uri": f"{sloppy.origin}/jwks"}
    google = replace(sloppy.provider, kind="Google", name="Google")
    assert redeem(with_details(google, oidc_issuer="https://accounts.google.com", **at))["sub"] == "42"


def test_google_s_people_api_is_no_user_info(sloppy: Sloppy) -> None:
    people = {"attributes_url": f"{sloppy.origin}/me?personFields=", "attributes_url_add_attributes": "true"}
    assert redeem(with_details(sloppy.provider, **people))["sub"] == "42"
    assert "/me" not in sloppy.fetched


def test_a_client_without_a_secret_sends_none(sloppy: Sloppy) -> None:
    redeem(with_details(sloppy.provider, client_secret=""))
    assert b"client_secret" not in sloppy.bodies["/token"]
    redeem(sloppy.provider)
    assert b"client_secret=acme-secret" in sloppy.bodies["/token"]


@pytest.mark.parametrize("path", ["/token", "/jwks", "/.well-known/openid-configuration"])
@pytest.mark.parametrize("body", ["[" * 100_000, " " * (1024 * 1024 + 1)], ids=["deep", "long"])
def test_an_answer_that_is_too_deep_or_too_long_is_refused(sloppy: Sloppy, path: str, body: str) -> None:
    sloppy.answers[path] = PlainTextResponse(body)
    with pytest.raises(Refused, match=r"^Invalid response from IdP$"):
        redeem(sloppy.provider)
