"""The stand-in Apple: answers by form post, tells a name once, and takes a client secret that its key has signed.

Source: Apple, Sign in with Apple REST API.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from starlette.requests import Request
from starlette.responses import Response

from halfday.protocol.claims import ClaimsError, verify
from halfday.protocol.jwk import Jwk
from halfday.server.stand_in import chooser
from halfday.server.stand_in.accounts import Account
from halfday.server.stand_in.declared import Place, StandIn
from halfday.server.stand_in.issuer import Granted
from halfday.server.stand_in.openid import OpenIdIssuer


class Apple(OpenIdIssuer):
    """Whose name was told is remembered until the restart, as Apple does until an app is removed from the account."""

    title: ClassVar[str] = "Apple"
    authorize_path: ClassVar[str] = "/auth/authorize"
    token_path: ClassVar[str] = "/auth/token"
    keys_path: ClassVar[str] = "/auth/keys"
    user_info_path: ClassVar[str] = ""
    scopes: ClassVar[frozenset[str] | None] = frozenset({"openid", "email", "name"})
    needed_scope: ClassVar[str] = ""
    cancelled: ClassVar[Mapping[str, str]] = {"error": "user_cancelled_authorize"}
    code_prefix: ClassVar[str] = "c"

    def __init__(self, declared: StandIn, at: Place) -> None:
        super().__init__(declared, at)
        self._secret_key = _read_key(declared.private_key).public_key()
        self._told: set[str] = set()

    def objection(self, asked: Mapping[str, str]) -> tuple[str, str] | None:
        if asked.get("scope") and asked.get("response_mode") != "form_post":
            return "invalid_request", "response_mode must be form_post when name or email scope is requested."
        return super().objection(asked)

    def answer(self, asked: Mapping[str, str], pairs: Mapping[str, str]) -> Response:
        if asked.get("response_mode") != "form_post":
            return super().answer(asked, pairs)
        return chooser.posting_page(self.brand, asked["redirect_uri"], pairs)

    def beside_code(self, asked: Mapping[str, str], account: Account) -> dict[str, str]:
        """`user`, at the first sign-in of an account."""
        if "name" not in self.split(asked.get("scope", "")) or account.email.lower() in self._told:
            return {}
        self._told.add(account.email.lower())
        name = {"firstName": account.given_name, "lastName": account.family_name}
        return {"user": json.dumps({"name": name, "email": account.email})}

    def subject(self, account: Account) -> str:
        return f"00{account.digits(4)}.{account.hexadecimal(32)}.0901"

    def claims(self, granted: Granted) -> dict[str, Any]:
        email = {"email": granted.account.email, "email_verified": granted.account.email_verified}
        return {**(email if "email" in granted.scopes else {}), "nonce_supported": True}

    def client_is_proven(self, request: Request, form: Mapping[str, str]) -> bool:
        """Whether the client secret is a JWT of this team, key and client, still good, for this issuer."""
        known = self.declared
        if form.get("client_id") != known.client_id:
            return False
        key = Jwk(known.key_id, "ES256", self._secret_key)
        now, issuer = self.at.clock(), self.at.issuer
        try:
            claims = verify(
                form.get("client_secret", ""),
                {known.key_id: key},
                issuer=known.team_id,
                token_use=None,
                client_id=issuer,
                now=now,
            )
        except ClaimsError:
            return False
        return bool(claims.get("sub") == known.client_id)


def prepared(declared: StandIn) -> StandIn:
    """With a team, a key id and a private key, where the seed file names none. Raises ValueError for another key."""
    key = declared.private_key or _new_key()
    _read_key(key)
    team, key_id = declared.team_id or "STANDINTEM", declared.key_id or "STANDINKEY"
    return replace(declared, private_key=key, team_id=team, key_id=key_id)


def _read_key(pem: str) -> EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("private_key must be a key for ES256, as PEM")
    return key


def _new_key() -> str:
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def details(declared: StandIn, issuer: str) -> dict[str, str]:
    """ProviderDetails that lead to this stand-in instead of to Apple. What is left empty is discovered."""
    own = {"team_id": declared.team_id, "key_id": declared.key_id, "private_key": declared.private_key}
    return {"oidc_issuer": issuer, "authorize_url": "", "token_url": "", **own}
