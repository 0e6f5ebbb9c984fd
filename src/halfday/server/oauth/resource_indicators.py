"""`resource`: what an access token is for, told to whom it is shown as its `aud` (RFC 8707).

AWS takes it at /oauth2/authorize, for people and not for machines, and carries it over a refresh (Developer guide,
Resource binding). MCP's clients repeat it at the token endpoint, as RFC 8707 §2.2 has it: there it must be the same.
`invalid_target` is RFC 8707's; what AWS says is not known [inferred].
"""

from __future__ import annotations

from urllib.parse import urlsplit

from halfday.protocol.errors import OAuthError
from halfday.server.domain.user_pools.app_clients import redirect_uri_objection


def check_resource(given: str | None) -> str | None:
    """The resource, which is a URL as a callback URL is one: https, http on localhost, or a scheme of the app's own.

    Raises OAuthError, which may travel to the app.
    """
    if given is None or _is_resource(given):
        return given
    detail = "resource is not https://…, http://localhost… or a custom scheme, or has a fragment"
    raise OAuthError("invalid_target", description="Invalid resource", may_redirect=True, detail=detail)


def check_same(asked: str | None, bound: str | None) -> None:
    """Refuses a `resource` at the token endpoint that is another than the sign-in's. Raises OAuthError."""
    if asked is not None and asked != bound:
        was = "was bound to none" if bound is None else f"was bound to {bound}"
        detail = f"resource is not the one of the authorize request, which {was}"
        raise OAuthError("invalid_target", detail=detail)


def _is_resource(text: str) -> bool:
    """AWS's page names localhost alone for plain http, where callback URLs may name 127.0.0.1 too."""
    if redirect_uri_objection(text) is not None or not text.isprintable() or " " in text:
        return False
    parts = urlsplit(text)
    return parts.scheme != "http" or parts.hostname == "localhost"
