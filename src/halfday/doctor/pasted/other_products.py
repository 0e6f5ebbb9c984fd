"""What is not Cognito's: other identity providers, databases, package managers, proxies, orchestrators, other APIs.

Their errors use the same words (`invalid_client`, `access_denied`, `connection refused`), and explaining them as
Cognito's would mislead. A mark of theirs counts only where the text has no mark of Cognito: a provider's error that
came back through Cognito is explained as Cognito's. Sentences that only an application's user store or its hosting
writes count even beside a mark of Cognito. Data: `other_products.toml`.
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
    """Another product, and the pattern of its words. `kind`: the fact by which the catalogue explains them."""

    kind: str
    whose: str
    mark: re.Pattern[str]
    even_beside_cognito: bool = False


def is_cognitos(text: str) -> bool:
    """Whether the text names Cognito, or something that belongs to it."""
    return bool(_COGNITO.search(text))


def whose(text: str) -> Owner | None:
    """The product that a text is from, when it is not Cognito; None where the text does not say so."""
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
