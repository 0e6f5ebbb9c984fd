"""Templates, style and render functions of the hosted pages. Markup only: requests and sessions are http's business."""

from halfday.server.pages.render import (
    ERROR_MESSAGE,
    POST_AGAIN_HEADERS,
    SECURITY_HEADERS,
    ClientLink,
    PoolSummary,
    ProviderButton,
    RequiredAttribute,
    content_security_policy,
    render_code,
    render_error,
    render_index,
    render_login,
    render_message,
    render_new_password,
    render_post_again,
)

__all__ = [
    "ERROR_MESSAGE",
    "POST_AGAIN_HEADERS",
    "SECURITY_HEADERS",
    "ClientLink",
    "PoolSummary",
    "ProviderButton",
    "RequiredAttribute",
    "content_security_policy",
    "render_code",
    "render_error",
    "render_index",
    "render_login",
    "render_message",
    "render_new_password",
    "render_post_again",
]
