"""The three grants of the token endpoint. Each raises OAuthError, bare on the wire, with the reason for the log."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from halfday.protocol import pkce
from halfday.protocol.errors import OAuthError
from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.codes_and_sessions import Code, digest
from halfday.server.domain.user_pools.app_clients import STANDARD_SCOPES, AppClient
from halfday.server.domain.user_pools.attributes import SCOPE_ATTRIBUTES
from halfday.server.domain.user_pools.redirect_uris import shown
from halfday.server.domain.user_pools.triggers import BY_FUNCTIONS
from halfday.server.domain.users.users import User
from halfday.server.flows.tokens import tokens
from halfday.server.flows.tokens.tokens import SignedIn, Tokens
from halfday.server.oauth.resource_indicators import check_same
from halfday.server.services import Services

_UNKNOWN_CODE = "the code is unknown, or was redeemed before: a code works once"


async def authorization_code(
    services: Services, client: AppClient, form: Mapping[str, str], context: RequestContext
) -> Tokens:
    """RFC 6749 §4.1.3. The code is taken in one unit with the family of its tokens: of two at once, one finds nothing.

    A redemption that is refused leaves the code for the right one: somebody who mends a redirect_uri can go on.
    """
    _require_flow(client, "code")
    presented, redirect_uri = _required(form, "code"), _required(form, "redirect_uri")
    code = await services.store.codes.find(client.pool_id, digest(presented))
    if code is None:
        raise _invalid(_UNKNOWN_CODE)
    _check_code(services, code, client, redirect_uri)
    _check_verifier(code, form.get("code_verifier"))
    _check_readable(client, code.scopes)
    check_same(form.get("resource"), code.resource)
    user = await _user_of(services, code)
    pool = await services.store.pools.get(client.pool_id)

    async def take() -> None:
        if await services.store.codes.take(client.pool_id, code.code_hash) is None:
            raise _invalid(_UNKNOWN_CODE)

    signed_in = SignedIn(
        pool,
        client,
        user,
        context,
        scopes=code.scopes,
        auth_time=code.auth_time,
        nonce=code.nonce,
        from_oauth=True,
        sso_session_id=code.sso_session_id,
        authentication=code.authentication,
        acr=code.acr,
        resource=code.resource,
    )
    try:
        return await tokens.issue(services, signed_in, spend=take)
    except Refused as refused:
        raise _refused(refused) from refused


async def refresh_token(
    services: Services, client: AppClient, form: Mapping[str, str], context: RequestContext
) -> Tokens:
    """RFC 6749 §6. A new refresh token comes back from clients that rotate them only (facts/tokens.md §5).

    One that was issued to a device is none for this endpoint, which takes no device key (facts/oauth.md §3). Many
    clients repeat the scopes of their sign-in: AWS takes them (facts/news.md). They must have been granted, and narrow
    nothing, since AWS documents no such parameter [inferred].
    """
    presented = _required(form, "refresh_token")
    pool = await services.store.pools.get(client.pool_id)
    try:
        if form.get("scope") or form.get("resource"):
            await tokens.check_device(services, pool, presented, None)
            await _check_granted(services, client, presented, form)
        return await tokens.refresh(services, pool, client, presented, context, device_key=None, may_rotate=True)
    except Refused as refused:
        raise _refused(refused) from refused


async def _check_granted(services: Services, client: AppClient, refresh_token: str, form: Mapping[str, str]) -> None:
    """Refuses scopes and a resource that the sign-in was not granted. Nothing is spent yet.

    A sign-in by the API was granted no scopes of OAuth.
    """
    asked, resource = form.get("scope", "").split(), form.get("resource")
    if not asked and resource is None:
        return
    family = await tokens.family_of(services, client, refresh_token)
    if strange := [scope for scope in asked if scope not in family.scopes]:
        detail = f"scope {' '.join(strange)} was not granted at the sign-in, which had: {' '.join(family.scopes)}"
        raise OAuthError("invalid_scope", detail=detail)
    check_same(resource, family.resource)


async def client_credentials(
    services: Services, client: AppClient, form: Mapping[str, str], context: RequestContext
) -> Tokens:
    """RFC 6749 §4.4. For machines: custom scopes only, and no user; their tokens are bound to no resource."""
    _require_flow(client, "client_credentials")
    check_same(form.get("resource"), None)
    own = tuple(scope for scope in client.scopes if scope not in STANDARD_SCOPES)
    asked = tuple(dict.fromkeys(form.get("scope", "").split())) or own
    strange = [scope for scope in asked if scope not in own]
    if strange or not asked:
        detail = f"{len(strange) or 'none'} of the scopes are not the client's, which are: {' '.join(own) or 'none'}"
        raise OAuthError("invalid_scope", detail=detail)
    pool = await services.store.pools.get(client.pool_id)
    try:
        return await tokens.issue_to_machine(services, pool, client, asked, context)
    except Refused as refused:
        raise _refused(refused) from refused


def _require_flow(client: AppClient, flow: str) -> None:
    if not client.oauth_enabled or flow not in client.oauth_flows:
        allowed = ", ".join(client.oauth_flows) or "none"
        raise OAuthError("unauthorized_client", detail=f"flow {flow} is not allowed; allowed: {allowed}")


def _check_code(services: Services, code: Code, client: AppClient, redirect_uri: str) -> None:
    if code.client_id != client.client_id:
        raise _invalid(f"the code was issued to client {code.client_id}, not to {client.client_id}")
    if services.clock() >= code.expires_at:
        raise _invalid(f"the code expired {services.clock() - code.expires_at:.0f} s ago: it lives for 5 minutes")
    if redirect_uri != code.redirect_uri:
        sent = shown(redirect_uri, [code.redirect_uri])
        raise _invalid(f"redirect_uri {sent} is not the one the code was issued for, {code.redirect_uri}")


def _check_verifier(code: Code, verifier: str | None) -> None:
    """Compares the code_verifier with the code's challenge (RFC 7636 §4.6)."""
    if code.code_challenge is None:
        if verifier is not None:
            raise _invalid("code_verifier was sent, but the authorize request had no code_challenge")
        return
    if verifier is None:
        raise _invalid("code_verifier is missing, and the authorize request had a code_challenge")
    if not pkce.ACCEPTED_VERIFIER_PATTERN.match(verifier):
        raise _invalid("code_verifier is not 43 to 128 characters of A-Z a-z 0-9 - . _ ~")
    if not hmac.compare_digest(pkce.challenge_of(verifier), code.code_challenge):
        raise _invalid("code_verifier does not hash to the code_challenge of the authorize request")


def remark(form: Mapping[str, str]) -> str | None:
    """What the client should mend although the redemption succeeded, for the log; None for nothing."""
    verifier = form.get("code_verifier")
    if verifier is None or pkce.VERIFIER_PATTERN.match(verifier):
        return None
    return f"code_verifier has {len(verifier)} characters: RFC 7636 wants at least 43, other servers will refuse it"


def _check_readable(client: AppClient, scopes: tuple[str, ...]) -> None:
    """A client that may not read what email or phone open gets no tokens at all (facts/oauth.md §3).

    Whether the many attributes of profile are held against it too is not known: here they are not [inferred].
    """
    if client.read_attributes is None:
        return
    for scope in scopes:
        missing = sorted(SCOPE_ATTRIBUTES.get(scope, frozenset()) - set(client.read_attributes))
        if missing and scope != "profile":
            raise _invalid(f"the client may not read {', '.join(missing)}, which scope {scope} opens")


async def _user_of(services: Services, code: Code) -> User:
    user = await services.store.users.find(code.pool_id, code.username)
    if user is None or not user.enabled:
        raise _invalid(f"its user is {'disabled' if user else 'gone'}")
    return user


def _required(form: Mapping[str, str], name: str) -> str:
    if not form.get(name):
        raise OAuthError("invalid_request", detail=f"{name} is missing")
    return form[name]


def _refused(refused: Refused) -> OAuthError:
    """What a pool's function says reaches the app; what is refused of a token or a user does not [inferred]."""
    description = refused.sentence if refused.code in BY_FUNCTIONS else None
    return OAuthError("invalid_grant", description=description, detail=refused.detail)


def _invalid(detail: str | None) -> OAuthError:
    return OAuthError("invalid_grant", detail=detail)
