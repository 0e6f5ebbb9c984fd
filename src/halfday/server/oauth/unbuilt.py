"""Parameters that AWS honours and this server does not: refused by name, with a code that is none of AWS's.

A suite must be able to tell "not here" from "AWS says no", at the OAuth endpoints as in the API (docs/decisions/0036):
`not_implemented`, with 501. Source: facts/oauth.md §3.
"""

from __future__ import annotations

from collections.abc import Mapping

from halfday.protocol.errors import OAuthError

NOT_IMPLEMENTED = "not_implemented"

AT_TOKEN = ("aws_client_metadata",)


def check_token(form: Mapping[str, str]) -> None:
    """Refuses what /oauth2/token would have to ignore. Raises OAuthError."""
    for name in AT_TOKEN:
        if name in form:
            sentence = f"Halfday does not honour {name} of /oauth2/token yet, and so refuses it."
            raise OAuthError(NOT_IMPLEMENTED, description=sentence, status=501, detail=sentence)
