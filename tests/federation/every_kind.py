"""A pool that has every kind of provider, each by its stand-in, with two accounts."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from world import CALLBACK

POOL = "us-east-1_StandIns"
CLIENT = {"ClientId": "standinsclient"}
GRACE = {
    "email": "grace@example.com",
    "name": "Grace Hopper",
    "picture": "https://example.com/grace.png",
    "claims": {
        "groups": ["navy", "COBOL 60"],
        "address": {"country": "US"},
        "birthdays": "1906-12-09",
        "phoneNumbers": "+12025550123",
        "gender": "female",
        "postal_code": "22201",
    },
}
APPLE_KEY = generate_private_key(SECP256R1())
APPLE_PEM = APPLE_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
OWN_KEYS = {"SignInWithApple": {"private_key": APPLE_PEM, "team_id": "OURTEAM123", "key_id": "OURKEY1234"}}

KATHERINE = {
    "email": "katherine@example.com",
    "name": "Katherine Johnson",
    "claims": {
        "phoneNumbers": [
            {"metadata": {"primary": False}, "value": "(304) 555-0100", "canonicalForm": "+13045550100"},
            {"metadata": {"primary": True}, "value": "(304) 555-0101", "canonicalForm": "+13045550101"},
        ],
        "birthdays": [{"metadata": {"primary": True}, "date": {"month": 8, "day": 26}}],
    },
}
"""Whose year of birth is not told, and who has two telephone numbers."""

GOOGLE_SCOPES = " ".join(f"https://www.googleapis.com/auth/user.{name}.read" for name in ("birthday", "phonenumbers"))
PROVIDERS: list[dict[str, Any]] = [
    {
        "type": "Google",
        "scopes": f"openid email profile {GOOGLE_SCOPES}",
        "attribute_mapping": {
            "email": "email",
            "birthdate": "birthdays",
            "phone_number": "phoneNumbers",
            "name": "name",
        },
    },
    {
        "type": "Facebook",
        "attribute_mapping": {
            "email": "email",
            "given_name": "first_name",
            "gender": "gender",
            "picture": "picture",
            "custom:token": "access_token",
        },
    },
    {
        "type": "LoginWithAmazon",
        "scopes": "profile postal_code",
        "attribute_mapping": {"email": "email", "name": "name", "address": "postal_code"},
    },
    {
        "type": "SignInWithApple",
        "attribute_mapping": {
            "email": "email",
            "email_verified": "email_verified",
            "given_name": "firstName",
            "family_name": "lastName",
            "name": "name",
        },
    },
    {
        "type": "OIDC",
        "name": "Acme",
        "attribute_mapping": {"email": "email", "custom:groups": "groups", "address": "address"},
    },
    {"type": "OIDC", "name": "Curves"},
    {"type": "OIDC", "name": "Probabilistic"},
    {"type": "OIDC", "name": "Shared"},
]
ALGORITHMS = {"Acme": "RS256", "Curves": "ES256", "Probabilistic": "PS256", "Shared": "HS256"}
NAMES = [provider.get("name", provider["type"]) for provider in PROVIDERS]


def document() -> dict[str, Any]:
    stand_ins = [
        {
            "type": provider["type"],
            "accounts": [GRACE, KATHERINE],
            **OWN_KEYS.get(provider["type"], {}),
            **({"name": provider["name"], "signed_with": ALGORITHMS[provider["name"]]} if "name" in provider else {}),
        }
        for provider in PROVIDERS
    ]
    pool = {
        "id": POOL,
        "domain": "standins",
        "attributes": {"groups": {}, "token": {}},
        "provider": [{**provider, "stand_in": True} for provider in PROVIDERS],
        "client": [
            {
                "id": CLIENT["ClientId"],
                "callback_urls": [CALLBACK],
                "flows": ["code"],
                "scopes": ["openid", "email", "profile"],
                "providers": ["COGNITO", *NAMES],
            }
        ],
    }
    return {"user_pool": [pool], "stand_in": stand_ins}
