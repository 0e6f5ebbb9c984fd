"""A stand-in that is an OpenID provider: discovery, keys, ID tokens and userInfo. Google and Apple build on it.

Source: OpenID Connect Core 1.0; OpenID Connect Discovery 1.0.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from halfday.protocol.encoding import b64url_encode
from halfday.protocol.jwk import Jwk, jwks
from halfday.protocol.jws import HMAC_ALGORITHMS, sign
from halfday.server.stand_in.accounts import Account
from halfday.server.stand_in.declared import Place, StandIn
from halfday.server.stand_in.issuer import NO_STORE, TOKEN_LIFETIME_S, Granted, Issuer

ALGORITHMS = ("RS256", "PS256", "ES256", "HS256")
DISCOVERY = "/.well-known/openid-configuration"

Key = RSAPrivateKey | EllipticCurvePrivateKey | bytes


class OpenIdIssuer(Issuer):
    """A plain OIDC provider. `claims` of an account are in its ID token and in userInfo, as are the standard ones."""

    title: ClassVar[str] = "OIDC provider"
    authorize_path: ClassVar[str] = "/authorize"
    token_path: ClassVar[str] = "/token"
    keys_path: ClassVar[str] = "/jwks"
    user_info_path: ClassVar[str] = "/userinfo"
    scopes: ClassVar[frozenset[str] | None] = None
    needed_scope: ClassVar[str] = "openid"

    def __init__(self, declared: StandIn, at: Place) -> None:
        super().__init__(declared, at)
        self.algorithm = declared.signed_with or "RS256"
        self.key = _key_for(self.algorithm, declared.client_secret)

    def more_routes(self) -> list[Route]:
        routes = [Route(DISCOVERY, self.discovery), Route(self.keys_path, self.keys)]
        if self.user_info_path:
            routes.append(Route(self.user_info_path, self.user_info, methods=["GET", "POST"]))
        return routes

    def documents(self) -> dict[str, str]:
        return {DISCOVERY: "the OpenID discovery document"}

    def discovery(self, request: Request) -> Response:
        """The discovery document (OpenID Connect Discovery §3)."""
        issuer = self.at.issuer
        document = {
            "issuer": issuer,
            "authorization_endpoint": issuer + self.authorize_path,
            "token_endpoint": issuer + self.token_path,
            **({"userinfo_endpoint": issuer + self.user_info_path} if self.user_info_path else {}),
            "jwks_uri": issuer + self.keys_path,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.algorithm],
            "scopes_supported": sorted(self.scopes or {"openid", "email", "profile"}),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }
        return JSONResponse(document)

    def keys(self, request: Request) -> Response:
        """A secret is not published: tokens signed by HS256 name no key."""
        published = [] if isinstance(self.key, bytes) else [Jwk(self._kid(), self.algorithm, self.key.public_key())]
        return JSONResponse(jwks(published))

    def user_info(self, request: Request) -> Response:
        granted = self.granted_to(request)
        if granted is None:
            return self.error("invalid_request", "Invalid Credentials", 401)
        claims = {"sub": self.subject(granted.account), **self.claims(granted)}
        return JSONResponse(claims, headers=NO_STORE)

    def subject(self, account: Account) -> str:
        return account.hexadecimal(32)

    def claims(self, granted: Granted) -> dict[str, Any]:
        """What is told of the account, in the ID token and in userInfo."""
        return {**granted.account.standard_claims(granted.scopes), **granted.account.claims}

    def token_answer(self, granted: Granted) -> dict[str, Any]:
        answer = super().token_answer(granted)
        scope = " ".join(sorted(granted.scopes))
        return {**answer, "scope": scope, "id_token": self._id_token(granted, answer["access_token"])}

    def _id_token(self, granted: Granted, access_token: str) -> str:
        now = int(self.at.clock())
        claims = {
            **self.claims(granted),
            "iss": self.at.issuer,
            "azp": self.declared.client_id,
            "aud": self.declared.client_id,
            "sub": self.subject(granted.account),
            "at_hash": b64url_encode(sha256(access_token.encode()).digest()[:16]),
            **({"nonce": granted.nonce} if granted.nonce else {}),
            "iat": now,
            "exp": now + TOKEN_LIFETIME_S,
        }
        kid = {} if isinstance(self.key, bytes) else {"kid": self._kid()}
        return sign({"alg": self.algorithm, **kid, "typ": "JWT"}, claims, self.key)

    def _kid(self) -> str:
        """Of the key itself, so that another stand-in's, or a later one's, is told apart."""
        assert not isinstance(self.key, bytes)
        members = Jwk("", self.algorithm, self.key.public_key()).to_json()
        return sha256("".join(f"{name}={text}" for name, text in sorted(members.items())).encode()).hexdigest()[:40]


def _key_for(algorithm: str, secret: str) -> Key:
    if algorithm in HMAC_ALGORITHMS:
        return secret.encode()
    if algorithm == "ES256":
        return generate_ec_key(SECP256R1())
    return generate_rsa_key(public_exponent=65537, key_size=2048)


def details(declared: StandIn, issuer: str) -> dict[str, str]:
    """ProviderDetails that lead to this stand-in: its endpoints are discovered."""
    return {"oidc_issuer": issuer, "attributes_request_method": "GET"}
