"""What is not Cognito's: other identity providers, databases, package managers, proxies, orchestrators, other APIs.

Their errors use the same words (`invalid_client`, `access_denied`, `connection refused`), and explaining those as
Cognito's costs somebody an afternoon. A mark of theirs counts only where no mark of Cognito's stands beside it: a
provider's error that came back through Cognito is Cognito's business. The sentences of an application's user store and
of a hosting that lost the address count even there: nobody else says them. Data: `other_products.toml`.
"""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files

_COGNITO = re.compile(
    r"cognito|amplify|user ?pool|identity ?pool|idpresponse|secret_?hash|srp_a\b|halfday|aws-jwt-verify|appsync|awselb|"
    r"\b[a-z]{2}(?:-[a-z]+)+-\d_[A-Za-z0-9]{6,}|execute-api|AssumeRoleWithWebIdentity|"
    r"\b(?:USER_SRP|USER_PASSWORD|ADMIN_NO_SRP|ADMIN_USER_PASSWORD|REFRESH_TOKEN|CUSTOM)_AUTH\b",
    re.IGNORECASE,
)


_REFUSED_CALLBACK = re.compile(r"redirect_uri_mismatch|AADSTS50011|invalid_redirect_uri|url blocked", re.IGNORECASE)
_CALLBACK = re.compile(r"(?:redirect|callback)[_ ]?ur[il]['\"]?\s*(?:=|:|is)?\s*['\"]?https?://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose words they are. `kind` is the fact that the catalogue of causes explains them by."""

    kind: str
    whose: str
    mark: re.Pattern[str]
    even_beside_cognito: bool = False


def is_cognitos(text: str) -> bool:
    """Whether a mark of Cognito, or of what belongs to it, stands in the text."""
    return bool(_COGNITO.search(text))


def whose(text: str) -> Owner | None:
    """The owner of a text that is not Cognito's; None where nothing says so."""
    if is_cognitos(text):
        sure = (owner for owner in owners() if owner.even_beside_cognito)
        return next((owner for owner in sure if owner.mark.search(text)), None)
    return next((owner for owner in owners() if owner.mark.search(text)), None) or _with_another_callback(text)


def _with_another_callback(text: str) -> Owner | None:
    """A provider that refuses a callback which is not Cognito's /oauth2/idpresponse was not asked by Cognito."""
    if not _REFUSED_CALLBACK.search(text) or not (shown := _CALLBACK.search(text)):
        return None
    return Owner("provider", "the provider's own" if "google" not in text.lower() else "Google's", shown.re)


@functools.cache
def owners() -> tuple[Owner, ...]:
    """Every owner of the table, in its order."""
    entries = tomllib.loads(files(__package__).joinpath("other_products.toml").read_text(encoding="utf-8"))["owner"]
    return tuple(
        Owner(entry["kind"], entry["whose"], _words(entry["marks"]), entry.get("even_beside_cognito", False))
        for entry in entries
    )


def _words(marks: list[str]) -> re.Pattern[str]:
    """Whole words: no word is cut at either end of a mark, and a mark that ends in a blank or slash cuts none."""
    return re.compile(rf"(?:(?<!\w)|(?!\w))(?:{'|'.join(marks)})(?:(?!\w)|(?<!\w))", re.IGNORECASE)
