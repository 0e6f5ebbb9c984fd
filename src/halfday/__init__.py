"""From a Cognito sign-in page to usable AWS credentials.

    from halfday import Cognito
    cognito = Cognito(domain="https://demo.auth.eu-west-1.amazoncognito.com", client_id="…", identity_pool_id="…")
    session = cognito.login()
    session.claims["email"]
    session.boto3().client("s3").list_buckets()

Every name here is loaded when it is first asked for: importing halfday costs nothing.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from halfday.client.aio import AsyncCognito, AsyncSession
    from halfday.client.cognito import Cognito
    from halfday.client.errors import (
        ApiRefused,
        CallbackRefused,
        ChallengeRefused,
        GrantRefused,
        HalfdayError,
        LoginAbandoned,
        NetworkError,
        Refused,
        ServerFault,
        SessionBusy,
        SettingsError,
        SignInNeeded,
        TokenExpired,
        TokenInvalid,
        TokenRefused,
    )
    from halfday.client.process_wide import install
    from halfday.client.session import Session
    from halfday.client.signed_out import Remaining, SignedOut
    from halfday.client.tokens.connection_verifier import verify
    from halfday.client.tokens.token_verifier import Expected, TokenVerifier
    from halfday.client.user_pool.challenges import Challenge
    from halfday.protocol.claims import VerifiedClaims
    from halfday.protocol.credentials import Credentials

_ERRORS = (
    "ApiRefused",
    "CallbackRefused",
    "ChallengeRefused",
    "GrantRefused",
    "HalfdayError",
    "LoginAbandoned",
    "NetworkError",
    "Refused",
    "ServerFault",
    "SessionBusy",
    "SettingsError",
    "SignInNeeded",
    "TokenExpired",
    "TokenInvalid",
    "TokenRefused",
)
_HOMES = {
    "AsyncCognito": "halfday.client.aio",
    "AsyncSession": "halfday.client.aio",
    "Challenge": "halfday.client.user_pool.challenges",
    "Cognito": "halfday.client.cognito",
    "Remaining": "halfday.client.signed_out",
    "Session": "halfday.client.session",
    "SignedOut": "halfday.client.signed_out",
    "install": "halfday.client.process_wide",
    "Expected": "halfday.client.tokens.token_verifier",
    "TokenVerifier": "halfday.client.tokens.token_verifier",
    "verify": "halfday.client.tokens.connection_verifier",
    "VerifiedClaims": "halfday.protocol.claims",
    "Credentials": "halfday.protocol.credentials",
    **dict.fromkeys(_ERRORS, "halfday.client.errors"),
}

__all__ = [
    "ApiRefused",
    "AsyncCognito",
    "AsyncSession",
    "CallbackRefused",
    "Challenge",
    "ChallengeRefused",
    "Cognito",
    "Credentials",
    "Expected",
    "GrantRefused",
    "HalfdayError",
    "LoginAbandoned",
    "NetworkError",
    "Refused",
    "Remaining",
    "ServerFault",
    "Session",
    "SessionBusy",
    "SettingsError",
    "SignInNeeded",
    "SignedOut",
    "TokenExpired",
    "TokenInvalid",
    "TokenRefused",
    "TokenVerifier",
    "VerifiedClaims",
    "install",
    "verify",
]


if not TYPE_CHECKING:  # else analysers would believe that every name is there

    def __getattr__(name: str) -> object:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module 'halfday' has no attribute {name!r}")
        value = getattr(__import__(home, fromlist=[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
