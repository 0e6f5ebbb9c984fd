"""What all stand-ins do that speak OAuth: the account chooser, a code for who was chosen, and tokens for the code.

Each is as strict as its original: a redirect URI that is not registered ends on an error page, a code works once, and
the client must prove its secret. What differs is in one file a kind. Source: RFC 6749; OpenID Connect Core 1.0.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from halfday.protocol.encoding import b64url_encode
from halfday.protocol.pkce import challenge_of
from halfday.server.stand_in import chooser
from halfday.server.stand_in.accounts import Account
from halfday.server.stand_in.declared import Place, StandIn

CODE_LIFETIME_S = 300
TOKEN_LIFETIME_S = 3599
MOST_GRANTED = 1000
LONGEST_FORM_BYTES = 64 * 1024
NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Granted:
    """What an authorization code or an access token stands for."""

    account: Account
    scopes: frozenset[str]
    expires_at: float
    redirect_uri: str = ""
    nonce: str = field(default="", repr=False)
    code_challenge: str = ""


class Issuer:
    """One client, its accounts, and the codes and tokens that it was granted.

    Codes and tokens are held in memory and lost at a restart. Accounts come from the configuration.
    """

    title: ClassVar[str]
    authorize_path: ClassVar[str]
    token_path: ClassVar[str]
    token_methods: ClassVar[tuple[str, ...]] = ("POST",)
    scopes: ClassVar[frozenset[str] | None]
    """The scopes that may be asked for; None for any."""
    needed_scope: ClassVar[str] = ""
    cancelled: ClassVar[Mapping[str, str]] = {"error": "access_denied"}
    """What the client is told when the person does not want to."""
    code_prefix: ClassVar[str] = ""
    token_prefix: ClassVar[str] = ""

    def __init__(self, declared: StandIn, at: Place) -> None:
        self.declared, self.at = declared, at
        self.brand = chooser.Brand(declared.type, self.title if declared.name == declared.type else declared.name)
        self.codes: dict[str, Granted] = {}
        self.access_tokens: dict[str, Granted] = {}

    def app(self) -> Starlette:
        routes = [
            Route("/", self.front_page),
            Route(self.authorize_path, self.authorize, methods=["GET", "POST"]),
            Route(self.token_path, self.token, methods=list(self.token_methods)),
        ]
        return Starlette(routes=[*routes, *self.more_routes()])

    def more_routes(self) -> list[Route]:
        """The endpoints that this kind has besides."""
        return []

    def front_page(self, request: Request) -> Response:
        return chooser.front_page(self.brand, self.declared.accounts, documents=self.documents())

    def documents(self) -> dict[str, str]:
        """Path → title of what the front page shows to programs."""
        return {}

    async def authorize(self, request: Request) -> Response:
        """Answers GET with the account chooser, and POST with a redirect that carries a code for the chosen account."""
        asked = dict(request.query_params)
        refusal = self.objection(asked)
        if refusal is not None:
            return chooser.error_page(self.brand, *refusal)
        if request.method == "GET":
            return self._chooser(request, asked, hint=asked.get("login_hint", ""))
        form = await form_of(request)
        if "cancel" in form:
            return self.answer(asked, {**self.cancelled, **_state(asked)})
        account = account_of(form, self.declared.accounts)
        if account is None:
            return self._chooser(request, asked, problem="Enter an e-mail address.")
        return self.answer(
            asked, {**_state(asked), "code": self._code(asked, account), **self.beside_code(asked, account)}
        )

    async def token(self, request: Request) -> Response:
        """Answers the grant authorization_code; refuses every other (RFC 6749 §4.1.3)."""
        form = dict(request.query_params) if request.method == "GET" else await form_of(request)
        if not self.client_is_proven(request, form):
            return self.error("invalid_client", "The provided client secret is invalid.", 401)
        if form.get("grant_type", self.usual_grant()) != "authorization_code":
            return self.error("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")
        granted = self.codes.pop(form.get("code", ""), None)
        if granted is None or self.at.clock() >= granted.expires_at:
            return self.error("invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != granted.redirect_uri:
            return self.error("redirect_uri_mismatch", "Bad Request")
        if granted.code_challenge and not _verifier_matches(form.get("code_verifier", ""), granted.code_challenge):
            return self.error("invalid_grant", "Invalid code verifier.")
        return JSONResponse(self.token_answer(granted), headers=NO_STORE)

    def usual_grant(self) -> str:
        """The grant that is meant where none is named."""
        return ""

    def granted_to(self, request: Request) -> Granted | None:
        """What the request's access token stands for, if it is a live one."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        granted = self.access_tokens.get(token) if scheme.lower() == "bearer" else None
        return None if granted is None or self.at.clock() >= granted.expires_at else granted

    def objection(self, asked: Mapping[str, str]) -> tuple[str, str] | None:
        """(The error code, what to change) for a request that may not be answered by a redirect."""
        if asked.get("client_id") != self.declared.client_id:
            return "invalid_client", "The OAuth client was not found: client_id is not the one that is configured here."
        known = [*self.at.redirect_uris, *self.declared.callback_urls]
        if asked.get("redirect_uri") not in known:
            registered = ", ".join(known)
            sent = asked.get("redirect_uri")
            return "redirect_uri_mismatch", f"{sent} is not registered with the stand-in. Registered: {registered}"
        if asked.get("response_type") != "code":
            return "unsupported_response_type", "Only response_type=code is supported here."
        if refusal := self._scope_objection(self.split(asked.get("scope", ""))):
            return "invalid_scope", refusal
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            return "invalid_request", "Only code_challenge_method=S256 is supported here."
        return None

    def split(self, scope: str) -> frozenset[str]:
        return frozenset(scope.split())

    def answer(self, asked: Mapping[str, str], pairs: Mapping[str, str]) -> Response:
        """The answer to the client, by redirect."""
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(pairs)}", 303, headers=NO_STORE)

    def beside_code(self, asked: Mapping[str, str], account: Account) -> dict[str, str]:
        """What is sent to the client beside the code."""
        return {}

    def client_is_proven(self, request: Request, form: Mapping[str, str]) -> bool:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
            except ValueError:
                return False
        known = self.declared
        return client_id == known.client_id and hmac.compare_digest(secret.encode(), known.client_secret.encode())

    def token_answer(self, granted: Granted) -> dict[str, Any]:
        """The token response (RFC 6749 §5.1)."""
        return {
            "access_token": self.access_token(granted),
            "expires_in": TOKEN_LIFETIME_S,
            "token_type": "Bearer",
        }

    def access_token(self, granted: Granted) -> str:
        token = self.token_prefix + b64url_encode(self.at.random(48))
        _remember(self.access_tokens, token, replace(granted, expires_at=int(self.at.clock()) + TOKEN_LIFETIME_S))
        return token

    def error(self, error: str, description: str, status: int = 400) -> Response:
        return JSONResponse({"error": error, "error_description": description}, status)

    def _scope_objection(self, asked: frozenset[str]) -> str | None:
        needed = frozenset({self.needed_scope} - {""})
        if needed <= asked and (self.scopes is None or asked <= self.scopes):
            return None
        known = f"Only {' '.join(sorted(self.scopes))} are supported here" if self.scopes else "Any scope is taken here"
        return f"{known}, and {self.needed_scope} is required." if needed else f"{known}."

    def _chooser(self, request: Request, asked: Mapping[str, str], *, hint: str = "", problem: str = "") -> Response:
        host = urlsplit(asked["redirect_uri"]).netloc
        known = self.declared.accounts
        return chooser.chooser_page(self.brand, host, request.url.query, known, hint=hint, problem=problem)

    def _code(self, asked: Mapping[str, str], account: Account) -> str:
        code = self.code_prefix + b64url_encode(self.at.random(32))
        granted = Granted(
            account=account,
            scopes=self.split(asked.get("scope", "")),
            expires_at=self.at.clock() + CODE_LIFETIME_S,
            redirect_uri=asked["redirect_uri"],
            nonce=asked.get("nonce", ""),
            code_challenge=asked.get("code_challenge", ""),
        )
        _remember(self.codes, code, granted)
        return code


def _remember(kept: dict[str, Granted], key: str, granted: Granted) -> None:
    """Keeps one more and drops the oldest beyond MOST_GRANTED, because anybody can request codes."""
    kept[key] = granted
    while len(kept) > MOST_GRANTED:
        del kept[next(iter(kept))]


def _state(asked: Mapping[str, str]) -> dict[str, str]:
    return {"state": asked["state"]} if "state" in asked else {}


def account_of(form: Mapping[str, str], known: Sequence[Account]) -> Account | None:
    """The account whose button was pressed, or that was typed in. None without an e-mail address."""
    email = (form.get("account") or form.get("email", "")).strip()
    found = next((account for account in known if account.email.lower() == email.lower()), None)
    if found is not None:
        return found
    return Account(email, form.get("name", "").strip()) if "@" in email.strip("@") else None


async def form_of(request: Request) -> dict[str, str]:
    """The form's fields. Answers 413 to a form longer than LONGEST_FORM_BYTES."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM_BYTES:
            raise HTTPException(413)
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _verifier_matches(verifier: str, challenge: str) -> bool:
    return verifier.isascii() and hmac.compare_digest(challenge_of(verifier).encode(), challenge.encode())
