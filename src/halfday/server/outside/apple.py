"""Sign in with Apple: OpenID Connect with an answer by form post, and a client secret that the pool signs itself.

Apple tells a person's name once, beside the code at the first sign-in, and nobody signs it: it is a name and no more.
Source: Apple, Sign in with Apple REST API; facts/federation.md §1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from halfday.protocol.claims import VerifiedClaims
from halfday.protocol.jws import sign
from halfday.server.outside.oidc import OidcProvider
from halfday.server.outside.provider_port import FORM_POST, AuthenticationRequest, Callback, federation_refused

_SECRET_LIFETIME_S = 300
_LONGEST_NAME = 2048


class AppleProvider(OidcProvider):
    """There is no userInfo: claims come from the ID token, names from the form."""

    callback: ClassVar[Callback] = FORM_POST
    mappable_tokens: ClassVar[tuple[str, ...]] = ("access_token",)
    tells: ClassVar[tuple[str, ...]] = ("error",)

    def _added_parameters(self, asked: AuthenticationRequest) -> dict[str, str]:
        """Apple answers by a form wherever a scope is asked for; so it is asked for one always."""
        return {"response_mode": "form_post"}

    def _client_secret(self) -> str:
        """A JWT that says who this team is (Apple, Creating a client secret), good for five minutes."""
        now = int(self._clock())
        claims = {
            "iss": self._details["team_id"],
            "iat": now,
            "exp": now + _SECRET_LIFETIME_S,
            "aud": self._issuer,
            "sub": self._oauth.client_id,
        }
        return sign(
            {"alg": "ES256", "kid": self._details["key_id"]}, claims, _private_key(self._details["private_key"])
        )

    async def _added_claims(
        self, identity: VerifiedClaims, tokens: Mapping[str, Any], answer: Mapping[str, str]
    ) -> dict[str, Any]:
        return names_in(answer.get("user", ""))


def names_in(user: str) -> dict[str, str]:
    """firstName, lastName, and both as `name`, of Apple's `user` parameter. An e-mail address in it is not believed."""
    try:
        found = json.loads(user).get("name") if user else None
    except (ValueError, RecursionError, AttributeError) as problem:
        raise federation_refused("Invalid response from IdP", "user is not a JSON object") from problem
    if not isinstance(found, dict):
        return {}
    texts = {part: found.get(part) for part in ("firstName", "lastName")}
    names = {part: text for part, text in texts.items() if isinstance(text, str) and 0 < len(text) <= _LONGEST_NAME}
    return {**names, **({"name": " ".join(names.values())} if names else {})}


def _private_key(text: str) -> EllipticCurvePrivateKey:
    """The key of Apple's .p8 file, as a whole or without its first and last line. Raises Refused."""
    body = "".join(line.strip() for line in text.replace("\\n", "\n").splitlines() if "-----" not in line)
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    pem = "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----", ""])
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise federation_refused("invalid_client", "private_key is not the key of a .p8 file") from problem
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise federation_refused("invalid_client", "private_key is not a key for ES256")
    return key
