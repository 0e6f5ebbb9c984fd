"""The stand-ins for Facebook and Login with Amazon: OAuth without ID tokens, and a profile for an access token.

Source: Meta, Manually build a login flow; Graph API, User; Login with Amazon, Authorization code grant, Customer
profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from halfday.server.stand_in.accounts import Account
from halfday.server.stand_in.declared import StandIn
from halfday.server.stand_in.issuer import NO_STORE, TOKEN_LIFETIME_S, Granted, Issuer

_VERSION = "v17.0"


class Facebook(Issuer):
    """The token endpoint takes GET, and errors are Graph's own. `claims` of an account are further fields of /me."""

    title: ClassVar[str] = "Facebook"
    authorize_path: ClassVar[str] = f"/{_VERSION}/dialog/oauth"
    token_path: ClassVar[str] = f"/{_VERSION}/oauth/access_token"
    token_methods: ClassVar[tuple[str, ...]] = ("GET", "POST")
    me_path: ClassVar[str] = f"/{_VERSION}/me"
    scopes: ClassVar[frozenset[str] | None] = None
    cancelled: ClassVar[Mapping[str, str]] = {
        "error_reason": "user_denied",
        "error": "access_denied",
        "error_description": "Permissions error",
    }
    token_prefix: ClassVar[str] = "EAA"

    def more_routes(self) -> list[Route]:
        return [Route(self.me_path, self.me), Route("/me", self.me), Route("/app", self.app_of_token)]

    def split(self, scope: str) -> frozenset[str]:
        """Facebook's scopes stand between commas."""
        return frozenset(scope.replace(",", " ").split())

    def usual_grant(self) -> str:
        return "authorization_code"

    def me(self, request: Request) -> Response:
        """The asked fields that the account has and the scopes open; id and name where none is asked."""
        granted = self.granted_to(request)
        if granted is None:
            return self.error("OAuthException", "Invalid OAuth access token.")
        asked = [name for name in request.query_params.get("fields", "id,name").split(",") if name]
        fields = _facebook_fields(granted)
        return JSONResponse({name: fields[name] for name in ["id", *asked] if name in fields}, headers=NO_STORE)

    def app_of_token(self, request: Request) -> Response:
        """The app that an access token was made for (Graph API, Application)."""
        if self.granted_to(request) is None:
            return self.error("OAuthException", "Invalid OAuth access token.")
        told = {"link": self.at.issuer, "name": self.brand.name, "id": self.declared.client_id}
        return JSONResponse(told, headers=NO_STORE)

    def token_answer(self, granted: Granted) -> dict[str, Any]:
        return {**super().token_answer(granted), "token_type": "bearer"}

    def error(self, error: str, description: str, status: int = 400) -> Response:
        told = {"message": description, "type": "OAuthException", "code": 190, "fbtrace_id": "AStandInTrace"}
        return JSONResponse({"error": told}, 400)


def _facebook_fields(granted: Granted) -> dict[str, Any]:
    account = granted.account
    picture = {"data": {"height": 50, "is_silhouette": False, "url": account.picture, "width": 50}}
    return {
        "id": "10" + account.digits(15),
        "name": account.shown_name,
        "first_name": account.given_name,
        **({"last_name": account.family_name} if account.family_name else {}),
        **({"picture": picture} if account.picture else {}),
        **({"email": account.email} if "email" in granted.scopes else {}),
        **account.claims,
    }


class Amazon(Issuer):
    title: ClassVar[str] = "Amazon"
    authorize_path: ClassVar[str] = "/ap/oa"
    token_path: ClassVar[str] = "/auth/o2/token"
    profile_path: ClassVar[str] = "/user/profile"
    token_info_path: ClassVar[str] = "/auth/o2/tokeninfo"
    scopes: ClassVar[frozenset[str] | None] = frozenset({"profile", "profile:user_id", "postal_code"})
    code_prefix: ClassVar[str] = "AN"
    token_prefix: ClassVar[str] = "Atza|"

    def more_routes(self) -> list[Route]:
        return [Route(self.profile_path, self.profile), Route(self.token_info_path, self.token_info)]

    def beside_code(self, asked: Mapping[str, str], account: Account) -> dict[str, str]:
        return {"scope": asked.get("scope", "")}

    def profile(self, request: Request) -> Response:
        """user_id, and what the scopes open: name and e-mail address, postal code."""
        granted = self.granted_to(request)
        if granted is None:
            return self.error("invalid_token", "The request has an invalid parameter : access_token")
        account, scopes = granted.account, granted.scopes
        person = {"name": account.shown_name, "email": account.email} if "profile" in scopes else {}
        postal = account.claims.get("postal_code") if "postal_code" in scopes else None
        told = {"user_id": f"amzn1.account.{account.letters(28)}", **person}
        return JSONResponse({**told, **({"postal_code": postal} if postal else {})}, headers=NO_STORE)

    def token_info(self, request: Request) -> Response:
        """Whose access token it is, and for which app (Login with Amazon, Validate access tokens)."""
        granted = self.access_tokens.get(request.query_params.get("access_token", ""))
        left = granted.expires_at - self.at.clock() if granted is not None else 0
        if granted is None or left <= 0:
            return self.error("invalid_token", "The request has an invalid parameter : access_token")
        user_id = f"amzn1.account.{granted.account.letters(28)}"
        told = {"iss": "https://www.amazon.com", "user_id": user_id, "aud": self.declared.client_id}
        times = {"exp": int(left), "iat": int(granted.expires_at) - TOKEN_LIFETIME_S}
        return JSONResponse({**told, "app_id": f"amzn1.application.{self.declared.name}", **times}, headers=NO_STORE)

    def token_answer(self, granted: Granted) -> dict[str, Any]:
        return {**super().token_answer(granted), "token_type": "bearer"}


def facebook_details(declared: StandIn, issuer: str) -> dict[str, str]:
    """ProviderDetails that lead to this stand-in instead of to Facebook."""
    return {
        "authorize_url": issuer + Facebook.authorize_path,
        "token_url": issuer + Facebook.token_path,
        "attributes_url": f"{issuer}{Facebook.me_path}?fields=",
    }


def amazon_details(declared: StandIn, issuer: str) -> dict[str, str]:
    """ProviderDetails that lead to this stand-in instead of to Amazon."""
    return {
        "authorize_url": issuer + Amazon.authorize_path,
        "token_url": issuer + Amazon.token_path,
        "attributes_url": issuer + Amazon.profile_path,
    }
