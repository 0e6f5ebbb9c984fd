"""Parameters that AWS honours and this server does not: refused by name, with a code that is none of AWS's.

A suite must be able to tell "not here" from "AWS says no", at the OAuth endpoints as in the API (docs/decisions/0036):
`not_implemented`, in the app's hearing at /oauth2/authorize, with 501 at /oauth2/token. Hints that classic pages do not
look at on AWS either (`lang`) are no such parameters. Source: facts/oauth.md §1, §3; facts/news.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from halfday.protocol.errors import OAuthError

NOT_IMPLEMENTED = "not_implemented"

AT_AUTHORIZE = ("resource", "acr_values", "max_age")
AT_TOKEN = ("resource", "aws_client_metadata")


def check_authorize(parameters: Mapping[str, str]) -> None:
    """Refuses what /oauth2/authorize would have to ignore. Raises OAuthError, which travels to the app."""
    _check(parameters, AT_AUTHORIZE, "/oauth2/authorize", status=400, may_redirect=True)


def check_token(form: Mapping[str, str]) -> None:
    """Refuses what /oauth2/token would have to ignore. Raises OAuthError."""
    _check(form, AT_TOKEN, "/oauth2/token", status=501, may_redirect=False)


def _check(given: Mapping[str, str], unbuilt: tuple[str, ...], where: str, *, status: int, may_redirect: bool) -> None:
    for name in unbuilt:
        if name in given:
            sentence = f"Halfday does not honour {name} of {where} yet, and so refuses it."
            raise OAuthError(
                NOT_IMPLEMENTED, description=sentence, status=status, may_redirect=may_redirect, detail=sentence
            )
