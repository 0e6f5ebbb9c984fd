"""CORS errors, as browsers report them: the address that a script fetched decides what the report means.

The browser uses the same words for every server. For Cognito's pages they mean that a script cannot fetch them, for its
API that something on the way answered, and for an API behind a gateway that a refusal came without CORS headers.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_CORS = re.compile(r"cors policy|cors (?:request|error|header|preflight)|access-control-|cross-origin request|"
                   r"access control checks", re.IGNORECASE)  # fmt: skip
_ASKED = re.compile(
    r"(?:fetch|XMLHttpRequest|EventSource|script|resource) at '?(?P<chrome>https?://[^\s'\"<>]+)|"
    r"cannot load '?(?P<safari>https?://[^\s'\"<>]+)|"
    r"redirect(?:ed)? (?:from|to) '?(?P<on>https?://[^\s'\"<>]+)",
    re.IGNORECASE,
)
_BY_PATH = (
    (r"/oauth2/token", "fetched_token_endpoint"),
    (r"/(?:oauth2/authorize|oauth2/idpresponse|saml2/\w+)", "fetched_page"),
)


def fetched(text: str) -> str:
    """What was fetched, as a fact of the catalogue; empty where the text is no CORS error or names no address."""
    if not _CORS.search(text):
        return ""
    urls = [next(group for group in match.groups() if group) for match in _ASKED.finditer(text)]
    return next((fact for url in urls if (fact := _fact(url))), "")


def _fact(url: str) -> str:
    parts = urlsplit(url.rstrip("'\".,;:)"))
    host, path = parts.netloc.lower(), parts.path.lower()
    hosted = host.endswith(".amazoncognito.com")
    if "/.well-known/" in path:
        return "fetched_discovery_at_domain" if hosted else "fetched_user_pool" if "cognito-idp" in host else ""
    if at_aws := re.match(r"cognito-(idp|identity)[.-]", host):
        return "fetched_user_pool" if at_aws[1] == "idp" else "fetched_identity_pool"  # no firewall stands before it
    if re.search(r"(?:^|[.-])s3[.-](?:[\w-]+\.)?amazonaws\.com$|^s3\.", host):
        return "fetched_bucket"
    if found := next((fact for pattern, fact in _BY_PATH if re.fullmatch(f"{pattern}/?", path)), ""):
        return found
    asked_for_a_client = path in ("/login", "/logout", "/signup") and "client_id=" in parts.query
    return "fetched_page" if hosted or asked_for_a_client else ""
