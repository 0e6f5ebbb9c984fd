"""The two kinds of refusal on Cognito's wire, as exceptions that both halves can raise or read.

    WireError
    ├── ServiceError   the JSON and Query APIs: a code such as NotAuthorizedException, a status, a sentence
    └── OAuthError     the OAuth endpoints: a code such as invalid_grant, and rarely a description

The public sentence (what AWS would say) and the detail (what really happened, for a log) are different fields.
"""

from __future__ import annotations

from halfday.protocol.pickling import Picklable


class WireError(Picklable, Exception):
    """A refusal: what the other side of the wire is told, and a detail that only the log may hold."""

    def __init__(self, public: str, *, detail: str | None = None) -> None:
        super().__init__(public)
        self.detail = detail

    @property
    def reason(self) -> str:
        """What a log may say of this refusal: the detail, else the kind alone, because AWS's sentences repeat input."""
        return self.detail or type(self).__name__


class ServiceError(WireError):
    """A refusal by an AWS API. `code` is the shape name of the service's model, `status` the HTTP status."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        detail: str | None = None,
        members: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message, detail=detail)
        self.code = code
        self.message = message
        self.status = status
        self.members = members or {}

    @property
    def reason(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class OAuthError(WireError):
    """A refusal by an OAuth endpoint (RFC 6749 §4.1.2.1, §5.2).

    `may_redirect` says whether the refusal may travel to the redirect URI: not before client and redirect URI are
    both known to belong together.
    """

    def __init__(
        self,
        error: str,
        *,
        description: str | None = None,
        status: int = 400,
        may_redirect: bool = False,
        detail: str | None = None,
    ) -> None:
        super().__init__(description or error, detail=detail)
        self.error = error
        self.description = description
        self.status = status
        self.may_redirect = may_redirect

    @property
    def reason(self) -> str:
        return f"{self.error}: {self.detail}" if self.detail else self.error
