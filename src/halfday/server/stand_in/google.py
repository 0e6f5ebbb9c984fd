"""The stand-in Google: its paths, its way to write codes and subjects, and its People API.

Source: Google, OpenID Connect; Google, People API, people.get.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from halfday.server.stand_in.accounts import Account
from halfday.server.stand_in.declared import Place, StandIn
from halfday.server.stand_in.issuer import NO_STORE, Granted
from halfday.server.stand_in.openid import OpenIdIssuer

PEOPLE = "/v1/people/me"

_FIELD_SCOPES = {
    name: f"https://www.googleapis.com/auth/user.{scope}.read"
    for name, scope in {
        "addresses": "addresses",
        "birthdays": "birthday",
        "emailAddresses": "emails",
        "genders": "gender",
        "organizations": "organization",
        "phoneNumbers": "phonenumbers",
    }.items()
}
"""Person fields that need a scope of their own. Others come with `profile`."""

_TEXT_OF = {"names": "displayName", "phoneNumbers": "canonicalForm", "photos": "url", "addresses": "formattedValue"}


class Google(OpenIdIssuer):
    title: ClassVar[str] = "Google"
    authorize_path: ClassVar[str] = "/o/oauth2/v2/auth"
    keys_path: ClassVar[str] = "/oauth2/v3/certs"
    scopes: ClassVar[frozenset[str] | None] = frozenset({"openid", "email", "profile", *_FIELD_SCOPES.values()})
    code_prefix: ClassVar[str] = "4/0A"
    token_prefix: ClassVar[str] = "ya29.a0"

    def more_routes(self) -> list[Route]:
        return [*super().more_routes(), Route(PEOPLE, self.people)]

    def subject(self, account: Account) -> str:
        return account.subject

    def claims(self, granted: Granted) -> dict[str, Any]:
        """Google's ID token has the standard claims only: an account's own are person fields of the People API."""
        return granted.account.standard_claims(granted.scopes)

    def beside_code(self, asked: Mapping[str, str], account: Account) -> dict[str, str]:
        return {"scope": asked["scope"], "authuser": "0"}

    def people(self, request: Request) -> Response:
        """people.get: the asked fields that the account has and the scopes open."""
        granted = self.granted_to(request)
        if granted is None:
            return _people_error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        asked = [name for name in request.query_params.get("personFields", "").split(",") if name]
        if not asked:
            return _people_error(400, "INVALID_ARGUMENT", "personFields mask is required.")
        opened = [name for name in asked if _FIELD_SCOPES.get(name, "profile") in granted.scopes]
        person = {name: entries for name in opened if (entries := _entries(name, granted.account))}
        subject = self.subject(granted.account)
        return JSONResponse({"resourceName": f"people/{subject}", "etag": "%EgUBCT43", **person}, headers=NO_STORE)


def _entries(name: str, account: Account) -> list[Any]:
    """The field as Google lists it. A text of the account's claims becomes one entry; a list stays as it is."""
    own = {"names": account.shown_name, "emailAddresses": account.email, "photos": account.picture}
    told = account.claims.get(name, own.get(name))
    if isinstance(told, list):
        return told
    if not told:
        return []
    return [{"metadata": {"primary": True}, **_content(name, str(told))}]


def _content(name: str, text: str) -> dict[str, Any]:
    if name == "birthdays":
        return {"date": dict(zip(("year", "month", "day"), map(int, text.split("-")), strict=True)), "text": text}
    return {_TEXT_OF.get(name, "value"): text}


def _people_error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": status, "message": message, "status": code}}, status)


def details(declared: StandIn, issuer: str) -> dict[str, str]:
    """ProviderDetails that lead to this stand-in instead of to Google. What is left empty is discovered."""
    people = f"{issuer}{PEOPLE}?personFields="
    return {"oidc_issuer": issuer, "authorize_url": "", "token_url": "", "attributes_url": people}


def stand_in_google(
    *,
    issuer: str,
    client_id: str,
    client_secret: str,
    accounts: Sequence[Account],
    origins: Sequence[str],
    clock: Callable[[], float],
    random: Callable[[int], bytes],
) -> Starlette:
    """The issuer as an ASGI application. `issuer` is the address at which it is reached, without a trailing slash."""
    declared = StandIn("Google", "Google", client_id, client_secret, accounts)
    return Google(declared, Place(issuer, origins, clock, random)).app()
