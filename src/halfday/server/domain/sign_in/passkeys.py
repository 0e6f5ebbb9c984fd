"""Passkeys (WebAuthn): the relying party, the options for the browser, and the refusals. Pure.

What a credential holds is read and checked in outside/webauthn. Source: facts/api.md §4.2; Web Authentication Level 3;
API reference, StartWebAuthnRegistration and InitiateAuth (their examples give the options' members and order).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Any

from halfday.protocol.encoding import b64url_encode
from halfday.server.domain.refusals import Rule
from halfday.server.domain.sign_in.next_step import Challenge
from halfday.server.domain.user_pools.pools import PasskeyPolicy, Pool, PoolDomain
from halfday.server.domain.users.factors import Passkey
from halfday.server.domain.users.users import User

MOST_PER_USER = 20
MOST_ID_BYTES = 1023
ALGORITHMS = (-7, -257)
"""ES256 and RS256, by their COSE numbers."""

CREATION_TIMEOUT_MS = 60_000
REQUEST_TIMEOUT_MS = 180_000
REGISTRATION_LIFETIME_S = 180
"""How long a registration's challenge is good for [inferred: as long as a sign-in's]."""

USER_VERIFICATION_REQUIRED = "required"
PLATFORM, CROSS_PLATFORM = "platform", "cross-platform"
TRANSPORTS = ("ble", "hybrid", "internal", "nfc", "smart-card", "usb")


class Reason(Rule):
    """Why a passkey is not registered. The sentences are ours [inferred]."""

    NOT_ENABLED = ("WebAuthnNotEnabledException", "WebAuthn is not enabled for this user pool.")
    NOT_CONFIGURED = (
        "WebAuthnConfigurationMissingException",
        "User pool has neither a relying party id nor a domain configured.",
    )
    TOO_MANY = ("LimitExceededException", f"User has the most passkeys already: {MOST_PER_USER}.")
    NO_CHALLENGE = ("WebAuthnChallengeNotFoundException", "Challenge was not found or has expired.")
    OTHER_CLIENT = ("WebAuthnClientMismatchException", "Access token was issued to another client than the challenge.")
    OTHER_PARTY = (
        "WebAuthnRelyingPartyMismatchException",
        "Credential's relying party id is not the one of the user pool.",
    )
    ORIGIN = ("WebAuthnOriginNotAllowedException", "Origin is not allowed for the relying party id of the user pool.")
    NOT_SUPPORTED = ("WebAuthnCredentialNotSupportedException", "Credential is not supported.")
    MALFORMED = ("InvalidParameterException", "Credential is not a public-key credential response.")
    REGISTERED = ("InvalidParameterException", "Credential is registered already.")


def relying_party_id(policy: PasskeyPolicy | None, domains: Iterable[PoolDomain], host: str) -> str | None:
    """The host name that the pool's passkeys are bound to; None when the pool has nothing to take one from.

    The one that was set, else the pool's custom domain, else its prefix domain. A browser takes an RP id only on a page
    of that very host or one below it, and never `localhost` on a page of PREFIX.localhost (Chromium 156, tried). So a
    prefix domain stands for `host`, where this server's pages are: its own name, or localhost where it is an address.
    """
    if policy is not None and policy.relying_party_id is not None:
        return policy.relying_party_id
    names = [domain.domain for domain in domains]
    if not names:
        return None
    return next((name for name in names if "." in name), "localhost" if _is_address(host) else host)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def user_verification(pool: Pool, user: User) -> str:
    """Required where the pool says so, and of whoever has switched on that passkeys count as two factors.

    Source: API reference, WebAuthnMfaSettingsType.
    """
    if Challenge.WEB_AUTHN in user.mfa_enabled:
        return USER_VERIFICATION_REQUIRED
    return (pool.passkeys or PasskeyPolicy()).user_verification


def creation_options(
    user: User, challenge: str, *, relying_party_id: str, user_verification: str, passkeys: Iterable[Passkey]
) -> dict[str, Any]:
    """PublicKeyCredentialCreationOptionsJSON. The user's `passkeys` are excluded, so that none is registered twice."""
    return {
        "authenticatorSelection": {
            "requireResidentKey": True,
            "residentKey": "required",
            "userVerification": user_verification,
        },
        "challenge": challenge,
        "excludeCredentials": [{"id": passkey.credential_id, "type": "public-key"} for passkey in passkeys],
        "pubKeyCredParams": [{"alg": algorithm, "type": "public-key"} for algorithm in ALGORITHMS],
        "rp": {"id": relying_party_id, "name": relying_party_id},
        "timeout": CREATION_TIMEOUT_MS,
        "user": {"displayName": user.username, "id": b64url_encode(user.sub.encode()), "name": user.username},
    }


def request_options(
    challenge: str, *, relying_party_id: str, user_verification: str, passkeys: Iterable[Passkey]
) -> dict[str, Any]:
    """PublicKeyCredentialRequestOptionsJSON."""
    allowed = [{"type": "public-key", "id": p.credential_id, "transports": list(p.transports)} for p in passkeys]
    return {
        "challenge": challenge,
        "timeout": REQUEST_TIMEOUT_MS,
        "rpId": relying_party_id,
        "allowCredentials": allowed,
        "userVerification": user_verification,
    }


def counter_advanced(kept: int, shown: int) -> bool:
    """Whether the signature counter has advanced; if not, the passkey may be a copy. Synchronised passkeys always send
    0 (WebAuthn §6.1.1).
    """
    return shown > kept or shown == kept == 0


def known_transports(given: Sequence[Any]) -> tuple[str, ...]:
    return tuple(transport for transport in TRANSPORTS if transport in given)


def friendly_name(aaguid: str, attachment: str | None) -> str:
    """FriendlyCredentialName: the passkey's provider where it says who it is, else what it is [inferred]."""
    return _PROVIDERS.get(aaguid) or ("Security key" if attachment == CROSS_PLATFORM else "Passkey")


# Source: passkeydeveloper/passkey-authenticator-aaguids, the providers in widest use.
_PROVIDERS = {
    "fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "Apple Passwords",
    "dd4ec289-e01d-41c9-bb89-70fa845d4bf2": "iCloud Keychain (Managed)",
    "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": "Google Password Manager",
    "adce0002-35bc-c60a-648b-0b25f1f05503": "Chrome on Mac",
    "08987058-cadc-4b81-b6e1-30de50dcbe96": "Windows Hello",
    "9ddd1817-af5a-4672-a2b9-3e3dd95000a9": "Windows Hello",
    "6028b017-b1d4-4c02-b4b3-afcdafc96bb2": "Windows Hello",
    "53414d53-554e-4700-0000-000000000000": "Samsung Pass",
    "bada5566-a7aa-401f-bd96-45619a55120d": "1Password",
    "d548826e-79b4-40d8-a3d8-11116f7e8349": "Bitwarden",
    "531126d6-e717-415c-9320-3d9aa6981239": "Dashlane",
    "fdb141b2-5d84-443e-8a35-4698c205a502": "KeePassXC",
}
