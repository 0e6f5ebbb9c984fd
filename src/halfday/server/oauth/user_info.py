"""GET /oauth2/userInfo: what an access token with openid may know of its user. Source: facts/oauth.md §4."""

from __future__ import annotations

from halfday.protocol.errors import OAuthError
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in import tokens as claims
from halfday.server.domain.text.authorization import Authorization
from halfday.server.flows.tokens.tokens import check_access_token
from halfday.server.services import Services

_BAD_REQUEST = "Bad OAuth2 request at UserInfo Endpoint"
_BAD_TOKEN = "Access token is expired, disabled, or deleted, or the user has globally signed out."


async def user_info(services: Services, authorization: Authorization) -> dict[str, str]:
    """What the token opens of its user, as strings. Raises OAuthError invalid_request (400) or invalid_token (401)."""
    token = authorization.of_scheme("bearer")
    if not token:
        detail = "the Authorization header is not Bearer ACCESS_TOKEN"
        raise OAuthError("invalid_request", description=_BAD_REQUEST, detail=detail)
    try:
        shown = await check_access_token(services, token, scope="openid")
    except Refused as refused:
        raise OAuthError("invalid_token", description=_BAD_TOKEN, status=401, detail=refused.detail) from refused
    return claims.user_info(shown.user, shown.client, shown.claims.scopes)
