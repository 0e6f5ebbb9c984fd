"""Finds the error in a line of any program: OAuth error words and names of exceptions.

Only whole words count: a longer name that contains another one is a different name.
"""

from __future__ import annotations

import functools
import re

from halfday.client.causes.catalogue import catalogue

OAUTH_WORDS = (
    "redirect_mismatch redirect_uri_mismatch unsupported_grant_type unsupported_token_type unsupported_response_type "
    "unauthorized_client invalid_grant invalid_client invalid_scope invalid_token insufficient_scope mismatching_state "
    "login_required access_denied interaction_required consent_required slow_down temporarily_unavailable server_error "
    "invalid_request"
).split()
"""Words that tell more come first. invalid_request, which can mean anything, is the last."""

_WORD = re.compile(rf"(?<![\w-])({'|'.join(OAUTH_WORDS)})(?![\w-])", re.IGNORECASE)
_GLUED = {word.replace("_", ""): word for word in OAUTH_WORDS if re.match("invalid|unauthorized|unsupported", word)}
_CAMEL = re.compile(rf"(?<![a-z])({'|'.join(_GLUED)})(?:error|exception|response)?(?![a-z])", re.IGNORECASE)
_NAMED_ERROR = re.compile(r"""(?<![\w-])["']?error["']?\s*(?:=>|[:=])\s*["']?([a-z]+(?:_[a-z]+)+)(?![\w-])""")
_EXCEPTION = re.compile(
    r"(?<![A-Za-z0-9_])(?P<name>[A-Z][A-Za-z0-9]*(?:Exception|Error|Expired|Denied|TokenException|DoesNotMatch|TooSkewed|"
    r"ExpiredToken|IdentityToken|ClientTokenId|AccessKeyId|UnauthorizedOperation))(?![A-Za-z0-9_])"
)
_NAME = re.compile(r"[A-Z]+_[A-Z_]+$|[A-Z][a-z]+[A-Z]\w+$")
_OF_NO_INTEREST = frozenset(
    "Error Exception HTTPError HttpError RuntimeError TypeError ValueError ServiceException AmazonServiceException "
    "ClientError RequestError AxiosError UnhandledPromiseRejection SdkBaseException SdkError ApiException "
    "AuthException AuthError WebException AggregateException ServletException".split()
)
"""Names that wrap another error: the wrapped one counts."""


def oauth_words(text: str) -> list[str]:
    """OAuth's error words in the text, those that tell most first; the one called `error` before all others."""
    found = {word.lower() for word in _WORD.findall(text)}
    found |= {_GLUED[word.lower()] for word in _CAMEL.findall(text)}
    ranked = [word for word in OAUTH_WORDS if word in found]
    named = [word for word in map(str.lower, _NAMED_ERROR.findall(text)) if word in found and word != "invalid_request"]
    return list(dict.fromkeys([*named, *ranked]))


def exceptions(text: str) -> list[str]:
    """Names of exceptions and challenges in the text, in its order, wrappers last."""
    found = [(match.start("name"), match["name"]) for match in _EXCEPTION.finditer(text)]
    found += [(match.start(), match[0]) for match in _names().finditer(text)]
    names = list(dict.fromkeys(name for _, name in sorted(found)))
    return sorted(names, key=lambda name: name in _OF_NO_INTEREST)


@functools.cache
def _names() -> re.Pattern[str]:
    """Every name that a cause is known by and that no plain word can be: SOFTWARE_TOKEN_MFA, RequestExpired."""
    names = {word for cause in catalogue() for word in cause.error if _NAME.match(word)}
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(names))})(?!\w)")
