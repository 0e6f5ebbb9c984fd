"""Templates, style sheet and render functions of the hosted pages. Requests and sessions are handled in http/pages."""

from halfday.server.pages.account_pages import (
    render_confirm,
    render_confirm_forgot_password,
    render_forgot_password,
    render_sign_up,
)
from halfday.server.pages.frame import (
    POST_AGAIN_HEADERS,
    SECURITY_HEADERS,
    AttributeField,
    Form,
    content_security_policy,
)
from halfday.server.pages.render import (
    ERROR_MESSAGE,
    ClientLink,
    PoolSummary,
    ProviderButton,
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
    "AttributeField",
    "ClientLink",
    "Form",
    "PoolSummary",
    "ProviderButton",
    "content_security_policy",
    "render_code",
    "render_confirm",
    "render_confirm_forgot_password",
    "render_error",
    "render_forgot_password",
    "render_index",
    "render_login",
    "render_message",
    "render_new_password",
    "render_post_again",
    "render_sign_up",
]
