"""Logins: what somebody showed to an identity pool, proven. Which providers it can take them from. Pure.

Source: facts/identity.md §2, §6; developer guide, Identity pools third-party identity providers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

COGNITO = "cognito-identity.amazonaws.com"
"""The key of Logins for an identity pool's own OpenID token: of a developer's backend, or of the basic flow."""
GOOGLE, APPLE, FACEBOOK, AMAZON = "accounts.google.com", "appleid.apple.com", "graph.facebook.com", "www.amazon.com"
ISSUERS: Mapping[str, tuple[str, ...]] = {GOOGLE: (f"https://{GOOGLE}", GOOGLE), APPLE: (f"https://{APPLE}",)}
"""The issuers of ID tokens by their key of Logins. Google's have an `iss` with or without the scheme."""
BY_ACCESS_TOKEN = (FACEBOOK, AMAZON)
SOCIAL = (*ISSUERS, *BY_ACCESS_TOKEN)
NOT_ASKED = ("api.twitter.com", "www.digits.com")
"""AWS takes these in SupportedLoginProviders too: OAuth 1.0a, and a service that has ended."""


class LoginKind(Enum):
    USER_POOL = "user pool"
    SOCIAL = "social"
    OIDC = "OpenID Connect"
    SAML = "SAML 2.0"
    OPENID_TOKEN = "OpenID token"


@dataclass(frozen=True, slots=True)
class ProvenLogin:
    """A login whose token was verified. `provider` is its key of Logins as AWS spells it, `subject` who it is there.

    `client_id` is the app client, app or audience that the token is for. `claims` are what rules and tags look at. An
    identity pool's own token (OPENID_TOKEN) says which identity it is for: its subject is an identity id, its `amr` and
    its tags are passed on as they are.
    """

    kind: LoginKind
    provider: str
    subject: str
    client_id: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)
    arn: str = ""

    @property
    def mapping_key(self) -> str:
        """The key of RoleMappings (facts/identity.md §4)."""
        return f"{self.provider}:{self.client_id}" if self.kind is LoginKind.USER_POOL else self.provider

    @property
    def amr(self) -> list[str]:
        """What the OpenID token's `amr` says of it. Of social providers and SAML the second entry is [inferred]."""
        if self.kind is LoginKind.OPENID_TOKEN:
            return [each for each in self.claims.get("amr", ()) if each != "authenticated"]
        detailed = {
            LoginKind.USER_POOL: f"{self.provider}:CognitoSignIn:{self.subject}",
            LoginKind.SOCIAL: f"{self.provider}:{self.client_id}:{self.subject}",
            LoginKind.OIDC: f"{self.arn}:OIDC:{self.subject}",
            LoginKind.SAML: f"{self.provider}:SAML:{self.subject}",
        }
        return [self.provider, detailed[self.kind]]
