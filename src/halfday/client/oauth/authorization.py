"""Cognito's OAuth endpoints without I/O: authorize URL, code, refresh, client credentials, revocation, sign-out URL.

Each function is a `wire.Flow` or plain. `transport` sends the requests; `callback` reads what the browser brings
back. Source: facts/oauth.md §1–§5.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from halfday.client.errors import SettingsError, TokenRefused
from halfday.client.settings import Settings
from halfday.client.transport import wire
from halfday.client.transport.addresses import check_return_address
from halfday.protocol import pkce
from halfday.protocol.encoding import b64url_encode

RANDOM_BYTES = 2 * 16 + pkce.VERIFIER_BYTES
CODE_LIFE_S = 300
"""A code is good for five minutes (facts/failures.md 2.5)."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What was sent to the authorize endpoint. The journal keeps it until the code was redeemed."""

    url: str = field(repr=False)
    client_id: str
    redirect_uri: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    code_challenge: str
    began_at: float


@dataclass(frozen=True, slots=True)
class CodeRedemption:
    """What is sent to redeem a code. An `invalid_grant` is explained from it."""

    code: str = field(repr=False)
    client_id: str
    redirect_uri: str
    code_verifier: str | None = field(default=None, repr=False)
    place: str | None = None
    """Where the browser ended with the code, when that is known. It is compared, not sent."""


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """A token response (RFC 6749 §5.1). `id_token` is absent without the scope openid, `refresh_token` on renewal."""

    access_token: str = field(repr=False)
    expires_in_s: int
    id_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)


def begin(
    settings: Settings, redirect_uri: str, *, random: bytes, now: float, extra: Mapping[str, str] | None = None
) -> AuthorizationRequest:
    """A sign-in begun: PKCE S256 always, because Cognito does it and does not advertise it (facts/failures.md P1).

    `random`: RANDOM_BYTES of it. `extra` may hold identity_provider, idp_identifier, login_hint, lang, prompt.
    """
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"a sign-in takes {RANDOM_BYTES} random bytes")
    verifier = pkce.make_verifier(random[32:])
    challenge = pkce.challenge_of(verifier)
    state, nonce = b64url_encode(random[:16]), b64url_encode(random[16:32])
    members = {
        "response_type": "code",
        "client_id": settings.require("client_id"),
        "redirect_uri": check_return_address(redirect_uri, "redirect_uri"),
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": pkce.METHOD,
        **({"scope": " ".join(settings.scopes)} if settings.scopes else {}),
        **(extra or {}),
    }
    url = f"{settings.require_domain().authorize}?{urlencode(members)}"
    return AuthorizationRequest(
        url=url,
        client_id=members["client_id"],
        redirect_uri=redirect_uri,
        state=state,
        nonce=nonce,
        code_verifier=verifier,
        code_challenge=challenge,
        began_at=now,
    )


def redeem_code(settings: Settings, grant: CodeRedemption) -> wire.Flow[TokenAnswer]:
    """Tokens for a code. Raises TokenRefused; the caller explains an invalid_grant, knowing more than this does."""
    members = {"grant_type": "authorization_code", "code": grant.code, "redirect_uri": grant.redirect_uri}
    if grant.code_verifier is not None:
        members["code_verifier"] = grant.code_verifier
    return (yield from _ask_for_tokens(settings, members))


def refresh(settings: Settings, refresh_token: str) -> wire.Flow[TokenAnswer]:
    """New ID and access tokens. The answer has a refresh token only when the app client rotates them."""
    members = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return (yield from _ask_for_tokens(settings, members))


def client_credentials(settings: Settings, scopes: Sequence[str] = ()) -> wire.Flow[TokenAnswer]:
    """An access token for the app client itself: no person, no ID token, no refresh token."""
    settings.require("client_secret")
    wanted = scopes or settings.scopes
    scope = {"scope": " ".join(wanted)} if wanted else {}
    return (yield from _ask_for_tokens(settings, {"grant_type": "client_credentials", **scope}))


def revoke(settings: Settings, refresh_token: str) -> wire.Flow[None]:
    """Revokes the refresh token and the tokens of its sign-in. A token that is already dead is no error."""
    url = settings.require_domain().revoke
    request = wire.form_request(url, _with_client(settings, {"token": refresh_token}), _client_header(settings))
    response = yield request
    wire.raise_for_fault(request, response)
    if response.status != 200:
        raise _refusal(settings, request, response, asked="revocation")


def logout_url(settings: Settings, logout_uri: str) -> str:
    """Where a browser ends the session of the sign-in page, which no API call does (facts/oauth.md §2)."""
    leave = check_return_address(logout_uri, "logout_uri")
    members = {"client_id": settings.require("client_id"), "logout_uri": leave}
    return f"{settings.require_domain().logout}?{urlencode(members)}"


def _ask_for_tokens(settings: Settings, members: Mapping[str, str]) -> wire.Flow[TokenAnswer]:
    url = settings.require_domain().token
    request = wire.form_request(url, _with_client(settings, members), _client_header(settings))
    response = yield request
    wire.raise_for_fault(request, response)
    if response.status != 200:
        raise _refusal(settings, request, response, asked="token")
    answer = response.json()
    if not answer:
        raise wire.unusable(request, response)
    return TokenAnswer(
        access_token=wire.text_of(answer, "access_token", url),
        expires_in_s=wire.number_of(answer, "expires_in", url),
        id_token=wire.text_if_any(answer, "id_token", url),
        refresh_token=wire.text_if_any(answer, "refresh_token", url),
    )


def _with_client(settings: Settings, members: Mapping[str, str]) -> dict[str, str]:
    return {**members, "client_id": settings.require("client_id")}


def _client_header(settings: Settings) -> dict[str, str]:
    """Basic authentication for a confidential client. A public one must not send it, not even empty."""
    if not settings.client_secret:
        return {}
    pair = f"{settings.require('client_id')}:{settings.client_secret}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def _refusal(settings: Settings, request: wire.Request, response: wire.Response, *, asked: str) -> Exception:
    answer = response.json()
    error = answer.get("error")
    if not isinstance(error, str):
        return wire.unusable(request, response)
    description = str(answer.get("error_description", ""))
    return TokenRefused(error, description, asked=asked, facts=_facts(settings, request))


def _facts(settings: Settings, request: wire.Request) -> dict[str, str]:
    """The facts of the request that tell causes apart."""
    sent = dict(parse_qsl((request.body or b"").decode()))
    facts = {"secret_was_sent" if settings.client_secret else "secret_was_not_sent": ""}
    if sent.get("grant_type") == "refresh_token":
        facts["refresh"] = ""
    if "redirect_uri" in sent:
        facts["redirect_uri"] = sent["redirect_uri"]
    return facts


def require_redirect_uri(settings: Settings, given: str | None) -> str:
    """The redirect URI that a code is redeemed with. Raises SettingsError when nobody said it."""
    if given:
        return given
    if not settings.redirect_uris:
        hint = "give redirect_uri= or --redirect-uri, exactly as it stood in the sign-in link"
        raise SettingsError("redirect_uri is not set", hint=hint)
    return settings.redirect_uris[0]
