"""An app client's own access token, for machines that call machines: no person stands behind it (RFC 6749 §4.4)."""

from __future__ import annotations

from typing import NoReturn

from halfday.client.connection import Connection
from halfday.client.errors import SettingsError
from halfday.client.oauth import authorization
from halfday.client.session_record import Tokens, tokens_of_answer
from halfday.client.transport.thread_locks import ThreadLock
from halfday.protocol.claims import VerifiedClaims

_NO_IDENTITY = "client credentials come without an ID token, and so without an AWS identity: no person signed in"
_HINT = (
    "take cognito.guest() for AWS credentials of nobody in particular, cognito.developer() for an identity that your "
    "backend vouches for, or an IAM role of the machine's own; call APIs with access_token"
)


class Machine:
    """Made by Cognito.client_credentials(). Asks for a token at once, and again when it is old. Safe between threads.

    It has neither an ID token nor a refresh token. Identity pools take ID tokens only, so what needs one raises
    SettingsError. AWS charges for every token: keep the Machine for as long as the program runs.
    """

    def __init__(self, connection: Connection, scopes: tuple[str, ...] = ()) -> None:
        self._connection = connection
        self._scopes = scopes
        self._lock = ThreadLock()
        self._tokens = self._ask()

    def __repr__(self) -> str:
        return f"Machine(client_id={self._connection.settings.client_id!r})"

    @property
    def access_token(self) -> str:
        """For APIs with scopes. Renewed when it is old."""
        if self.tokens_are_old():
            with self._lock:
                if self.tokens_are_old():
                    self._tokens = self._ask()
        return self._tokens.access_token

    @property
    def access_expires_at(self) -> float:
        """Epoch seconds, without renewing anything."""
        return self._tokens.access_expires_at

    @property
    def claims(self) -> VerifiedClaims:
        """The verified claims of the access token: `client_id`, `scope`. Raises TokenInvalid."""
        return self._connection.verifier.verify_own(self.access_token, token_use="access")

    def renew(self) -> None:
        """A new token now."""
        with self._lock:
            self._tokens = self._ask()

    def tokens_are_old(self) -> bool:
        """Whether the next token asked for has to be fetched."""
        return self._tokens.are_old(self._connection.clock())

    @property
    def id_token(self) -> str:
        """Raises SettingsError: an ID token says who signed in, and nobody did."""
        _refuse("client credentials come without an ID token: no person signed in")

    @property
    def identity_id(self) -> str:
        """Raises SettingsError: identity pools take ID tokens."""
        _refuse(_NO_IDENTITY)

    def credentials(self) -> NoReturn:
        """Raises SettingsError, as `boto3`: identity pools take ID tokens."""
        _refuse(_NO_IDENTITY)

    def boto3(self, **options: object) -> NoReturn:
        """Raises SettingsError: identity pools take ID tokens."""
        _refuse(_NO_IDENTITY)

    def _ask(self) -> Tokens:
        connection = self._connection
        answer = connection.transport.run(authorization.client_credentials(connection.settings, self._scopes))
        return tokens_of_answer(answer, by="machine", now=connection.clock())


def _refuse(sentence: str) -> NoReturn:
    raise SettingsError(sentence, hint=_HINT)
