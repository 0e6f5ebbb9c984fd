"""/oauth2/authorize: the checks in their order, then a code or tokens for somebody who is signed in."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from halfday.protocol.errors import OAuthError
from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.codes_and_sessions import CODE_LIFETIME_S, BrowserSession, Code, digest
from halfday.server.domain.user_pools.acr_names import name_of_level
from halfday.server.domain.users.users import User
from halfday.server.flows.functions.warming import warm_up
from halfday.server.flows.tokens.tokens import SignedIn, issue
from halfday.server.oauth.checks import CheckedRequest, ReturnAddress, check_request, check_return_address
from halfday.server.services import Services
from halfday.server.storage.errors import Missing


async def check(services: Services, parameters: Mapping[str, str], *, host_pool_id: str | None) -> CheckedRequest:
    """The request, found sound. Raises OAuthError, and of that AuthorizationRefused where it may travel to the app."""
    address = await check_return_address(services, parameters, host_pool_id=host_pool_id)
    warm_up(services, address.pool)
    try:
        return await check_request(services, address)
    except OAuthError as error:
        if error.may_redirect:
            raise AuthorizationRefused(address, error) from error
        raise


class AuthorizationRefused(OAuthError):
    """A refusal that travels to the redirect URI: `location` is where, with what the app is told."""

    def __init__(self, address: ReturnAddress, error: OAuthError) -> None:
        super().__init__(error.error, description=error.description, may_redirect=True, detail=error.detail)
        self.client_id = address.client.client_id
        self.location = _error_redirect(address, error)


async def grant(
    services: Services,
    request: CheckedRequest,
    user: User,
    session: BrowserSession,
    context: RequestContext,
    *,
    by_provider: bool = False,
) -> str:
    """The redirect that ends a sign-in: with a code, or with tokens in the fragment (response_type=token).

    `session` is the browser's, begun just now or before: its own auth_time goes into the tokens. Who comes from a
    provider gets an ID token with a nonce, the app's or one of Cognito's own (facts/news.md). Raises Missing when the
    user was disabled or deleted meanwhile.
    """
    nonce = request.parameters.get("nonce") or (services.token() if by_provider else None)
    if request.response_type == "token":
        return await _implicit(services, request, user, session, context, nonce)
    code = services.uuid()
    record = Code(
        code_hash=digest(code),
        pool_id=request.pool.pool_id,
        client_id=request.client.client_id,
        username=user.username,
        redirect_uri=request.redirect_uri,
        scopes=request.scopes,
        auth_time=session.auth_time,
        expires_at=services.clock() + CODE_LIFETIME_S,
        nonce=nonce,
        code_challenge=request.parameters.get("code_challenge"),
        sso_session_id=session.session_id,
        authentication=session.authentication,
        acr=_acr(request, session),
        resource=request.resource,
    )
    async with services.store.unit(record.pool_id):
        await services.store.users.check_may_sign_in(user)
        await services.store.codes.insert(record)
    return _with(request, {"code": code, **_state(request)})


def _error_redirect(request: ReturnAddress, error: OAuthError) -> str:
    """The redirect that tells of the refusal. error comes last, as on AWS (facts/oauth.md §1)."""
    description = {"error_description": error.description} if error.description else {}
    return _with(request, {**description, **_state(request), "error": error.error})


async def _implicit(
    services: Services,
    request: CheckedRequest,
    user: User,
    session: BrowserSession,
    context: RequestContext,
    nonce: str | None,
) -> str:
    signed_in = SignedIn(
        request.pool,
        request.client,
        user,
        context,
        scopes=request.scopes,
        auth_time=session.auth_time,
        nonce=nonce,
        from_oauth=True,
        sso_session_id=session.session_id,
        authentication=session.authentication,
        acr=_acr(request, session),
        resource=request.resource,
    )
    try:
        tokens = await issue(services, signed_in, with_refresh_token=False)
    except Refused as gone:
        raise Missing("users", gone.detail or gone.sentence) from gone
    pairs = {
        **({"id_token": tokens.id_token} if tokens.id_token else {}),
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": str(tokens.expires_in),
        **_state(request),
    }
    return _with(request, pairs)


def _acr(request: CheckedRequest, session: BrowserSession) -> str | None:
    """The level that the tokens tell, where the app asked for a level or a recent sign-in."""
    return None if request.levels is None else name_of_level(request.pool.acr_names, session.authentication.level)


def _state(request: ReturnAddress) -> dict[str, str]:
    return {} if request.state is None else {"state": request.state}


def _with(request: ReturnAddress, pairs: Mapping[str, str]) -> str:
    """The redirect URI with these parameters: in the fragment for response_type=token, else in the query."""
    uri, text = request.redirect_uri, urlencode(pairs)
    if request.parameters.get("response_type") == "token":
        return f"{uri}#{text}"
    return f"{uri}{'&' if urlsplit(uri).query else '?'}{text}"
