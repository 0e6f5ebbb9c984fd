"""Templates, style sheet and render functions of the hosted pages. Requests and sessions are handled in http/pages."""

from halfday.server.pages.account_pages import (
    TermsLinks,
    render_confirm,
    render_confirm_forgot_password,
    render_forgot_password,
    render_sign_up,
)
from halfday.server.pages.classic_look import classic_look
from halfday.server.pages.factor_pages import (
    Choice,
    render_add_passkey,
    render_address_setup,
    render_app_setup,
    render_choice,
    render_choose_account,
    render_code,
    render_passkey,
    render_password,
)
from halfday.server.pages.frame import (
    POST_AGAIN_HEADERS,
    SECURITY_HEADERS,
    AttributeField,
    Form,
    content_security_policy,
    headers_of,
    passkey_headers,
)
from halfday.server.pages.looks import PLAIN, Look
from halfday.server.pages.managed_look import managed_look
from halfday.server.pages.render import (
    ERROR_MESSAGE,
    ClientLink,
    PoolSummary,
    ProviderButton,
    render_error,
    render_index,
    render_login,
    render_message,
    render_new_password,
    render_post_again,
)
from halfday.server.pages.sentences import ENGLISH, LANGUAGES, Catalogue, Sentence, catalogue_of

__all__ = [
    "ENGLISH",
    "ERROR_MESSAGE",
    "LANGUAGES",
    "PLAIN",
    "POST_AGAIN_HEADERS",
    "SECURITY_HEADERS",
    "AttributeField",
    "Catalogue",
    "Choice",
    "ClientLink",
    "Form",
    "Look",
    "PoolSummary",
    "ProviderButton",
    "Sentence",
    "TermsLinks",
    "catalogue_of",
    "classic_look",
    "content_security_policy",
    "headers_of",
    "managed_look",
    "passkey_headers",
    "render_add_passkey",
    "render_address_setup",
    "render_app_setup",
    "render_choice",
    "render_choose_account",
    "render_code",
    "render_confirm",
    "render_confirm_forgot_password",
    "render_error",
    "render_forgot_password",
    "render_index",
    "render_login",
    "render_message",
    "render_new_password",
    "render_passkey",
    "render_password",
    "render_post_again",
    "render_sign_up",
]
