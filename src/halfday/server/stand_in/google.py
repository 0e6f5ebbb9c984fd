"""The stand-in's endpoints: discovery, the account chooser, token, userInfo, keys.

It is as strict as Google: a redirect URI that is not registered ends on an error page, a code works once, and the
client must prove its secret. Source: Google, OpenID Connect; RFC 6749; OpenID Connect Core 1.0.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from halfday.protocol.encoding import b64url_encode
from halfday.protocol.jwk import Jwk, jwks, thumbprint_kid
from halfday.protocol.jws import sign
from halfday.protocol.pkce import challenge_of
from halfday.server.stand_in import chooser
from halfday.server.stand_in.accounts import Account

CODE_LIFETIME_S = 300
TOKEN_LIFETIME_S = 3599
MOST_GRANTED = 1000
LONGEST_FORM_BYTES = 64 * 1024
AUTHORIZE, TOKEN, USER_INFO, CERTS = "/o/oauth2/v2/auth", "/token", "/userinfo", "/oauth2/v3/certs"

_SCOPES = frozenset({"openid", "email", "profile"})
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Granted:
    """What an authorization code or an access token stands for."""

    account: Account
    scopes: frozenset[str]
    expires_at: float
    redirect_uri: str = ""
    nonce: str = field(default="", repr=False)
    code_challenge: str = ""


@dataclass
class Google:
    """One client, its accounts, and the codes and tokens that it was granted.

    Codes and tokens are kept in memory, and lost at a restart. Accounts are configuration.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    accounts: Sequence[Account]
    redirect_uris: Sequence[str]
    clock: Callable[[], float]
    random: Callable[[int], bytes]
    codes: dict[str, Granted] = field(default_factory=dict, repr=False)
    access_tokens: dict[str, Granted] = field(default_factory=dict, repr=False)
    key: RSAPrivateKey = field(default_factory=lambda: generate_private_key(public_exponent=65537, key_size=2048))

    def discovery(self, request: Request) -> Response:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + AUTHORIZE,
            "token_endpoint": self.issuer + TOKEN,
            "userinfo_endpoint": self.issuer + USER_INFO,
            "jwks_uri": self.issuer + CERTS,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": sorted(_SCOPES),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }
        return JSONResponse(document)

    def front_page(self, request: Request) -> Response:
        return chooser.front_page(self.accounts)

    def certs(self, request: Request) -> Response:
        return JSONResponse(jwks([Jwk(self._kid, "RS256", self.key.public_key())]))

    async def authorize(self, request: Request) -> Response:
        """On GET the account chooser, on POST the redirect with a code for the account that was chosen."""
        asked = dict(request.query_params)
        refusal = self._objection(asked)
        if refusal is not None:
            return chooser.error_page(*refusal)
        if request.method == "GET":
            hint = asked.get("login_hint", "")
            return chooser.chooser_page(_requesting_host(asked), request.url.query, self.accounts, hint=hint)
        form = await _form(request)
        account = self._chosen(form)
        if account is None:
            problem = "Enter an e-mail address."
            return chooser.chooser_page(_requesting_host(asked), request.url.query, self.accounts, problem=problem)
        return self._grant(asked, account)

    async def token(self, request: Request) -> Response:
        """authorization_code only (RFC 6749 §4.1.3)."""
        form = await _form(request)
        if not self._client_is_proven(request, form):
            return _error("invalid_client", "The provided client secret is invalid.", 401)
        if form.get("grant_type") != "authorization_code":
            return _error("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")
        granted = self.codes.pop(form.get("code", ""), None)
        if granted is None or self.clock() >= granted.expires_at:
            return _error("invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != granted.redirect_uri:
            return _error("redirect_uri_mismatch", "Bad Request")
        if granted.code_challenge and not _verifier_matches(form.get("code_verifier", ""), granted.code_challenge):
            return _error("invalid_grant", "Invalid code verifier.")
        return JSONResponse(self._tokens(granted), headers=_NO_STORE)

    async def user_info(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        granted = self.access_tokens.get(token) if scheme.lower() == "bearer" else None
        if granted is None or self.clock() >= granted.expires_at:
            return _error("invalid_request", "Invalid Credentials", 401)
        claims = {"sub": granted.account.subject, **granted.account.claims(granted.scopes)}
        return JSONResponse(claims, headers=_NO_STORE)

    def _objection(self, asked: Mapping[str, str]) -> tuple[str, str] | None:
        """(Google's error code, what to change) for a request that may not be answered by a redirect."""
        if asked.get("client_id") != self.client_id:
            return "invalid_client", "The OAuth client was not found: client_id is not the one that is configured here."
        if asked.get("redirect_uri") not in self.redirect_uris:
            registered = ", ".join(self.redirect_uris)
            sent = asked.get("redirect_uri")
            return "redirect_uri_mismatch", f"{sent} is not registered with the stand-in. Registered: {registered}"
        if asked.get("response_type") != "code":
            return "unsupported_response_type", "Only response_type=code is supported here."
        scopes = set(asked.get("scope", "").split())
        if "openid" not in scopes or scopes - _SCOPES:
            return "invalid_scope", f"Only {' '.join(sorted(_SCOPES))} are supported here, and openid is required."
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            return "invalid_request", "Only code_challenge_method=S256 is supported here."
        return None

    def _chosen(self, form: Mapping[str, str]) -> Account | None:
        """The account whose button was pressed, or the one that was typed; None without an e-mail address."""
        email = (form.get("account") or form.get("email", "")).strip()
        known = next((account for account in self.accounts if account.email.lower() == email.lower()), None)
        if known is not None:
            return known
        return Account(email, form.get("name", "").strip()) if "@" in email.strip("@") else None

    def _grant(self, asked: Mapping[str, str], account: Account) -> Response:
        code = "4/0A" + b64url_encode(self.random(32))
        granted = Granted(
            account=account,
            scopes=frozenset(asked["scope"].split()),
            expires_at=self.clock() + CODE_LIFETIME_S,
            redirect_uri=asked["redirect_uri"],
            nonce=asked.get("nonce", ""),
            code_challenge=asked.get("code_challenge", ""),
        )
        _remember(self.codes, code, granted)
        state = {"state": asked["state"]} if "state" in asked else {}
        pairs = {**state, "code": code, "scope": asked["scope"], "authuser": "0"}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(pairs)}", 303, headers=_NO_STORE)

    def _client_is_proven(self, request: Request, form: Mapping[str, str]) -> bool:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
            except ValueError:
                return False
        return client_id == self.client_id and hmac.compare_digest(secret.encode(), self.client_secret.encode())

    def _tokens(self, granted: Granted) -> dict[str, Any]:
        now = int(self.clock())
        access_token = "ya29.a0" + b64url_encode(self.random(48))
        _remember(self.access_tokens, access_token, Granted(granted.account, granted.scopes, now + TOKEN_LIFETIME_S))
        claims = {
            "iss": self.issuer,
            "azp": self.client_id,
            "aud": self.client_id,
            "sub": granted.account.subject,
            **granted.account.claims(granted.scopes),
            "at_hash": b64url_encode(sha256(access_token.encode()).digest()[:16]),
            **({"nonce": granted.nonce} if granted.nonce else {}),
            "iat": now,
            "exp": now + TOKEN_LIFETIME_S,
        }
        return {
            "access_token": access_token,
            "expires_in": TOKEN_LIFETIME_S,
            "scope": " ".join(sorted(granted.scopes)),
            "token_type": "Bearer",
            "id_token": sign({"alg": "RS256", "kid": self._kid, "typ": "JWT"}, claims, self.key),
        }

    @property
    def _kid(self) -> str:
        return thumbprint_kid(self.key.public_key())


def stand_in_google(
    *,
    issuer: str,
    client_id: str,
    client_secret: str,
    accounts: Sequence[Account],
    redirect_uris: Sequence[str],
    clock: Callable[[], float],
    random: Callable[[int], bytes],
) -> Starlette:
    """The issuer as an ASGI application. `issuer` is the address at which it is reached, without a trailing slash."""
    google = Google(issuer, client_id, client_secret, accounts, redirect_uris, clock, random)
    routes = [
        Route("/", google.front_page),
        Route("/.well-known/openid-configuration", google.discovery),
        Route(CERTS, google.certs),
        Route(AUTHORIZE, google.authorize, methods=["GET", "POST"]),
        Route(TOKEN, google.token, methods=["POST"]),
        Route(USER_INFO, google.user_info),
    ]
    return Starlette(routes=routes)


def _remember(kept: dict[str, Granted], key: str, granted: Granted) -> None:
    """Keeps one more, and drops the oldest beyond MOST_GRANTED: anybody can have a code made."""
    kept[key] = granted
    while len(kept) > MOST_GRANTED:
        del kept[next(iter(kept))]


def _requesting_host(asked: Mapping[str, str]) -> str:
    return urlsplit(asked["redirect_uri"]).netloc


async def _form(request: Request) -> dict[str, str]:
    """The form's fields. Answers 413 to a form that is longer than any form here has a use for."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM_BYTES:
            raise HTTPException(413)
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _verifier_matches(verifier: str, challenge: str) -> bool:
    return verifier.isascii() and hmac.compare_digest(challenge_of(verifier).encode(), challenge.encode())


def _error(error: str, description: str, status: int = 400) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)
