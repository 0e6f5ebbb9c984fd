"""How the gateway refuses: the kinds of gateway responses, with what API Gateway answers by itself.

Source: developer guide, Gateway response types; facts/apigateway.md §1, §2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, slots=True)
class Usual:
    """A REST API's own answer. `member` is how it spells `message`."""

    status: int
    error_type: str | None
    message: str | None
    member: str = "message"
    spaced: bool = False
    """Whether a blank stands after the colon, as where an integration failed."""


class ResponseType(Enum):
    """DEFAULT_5XX is also what is answered where an integration's answer cannot be passed on."""

    ACCESS_DENIED = "ACCESS_DENIED"
    API_CONFIGURATION_ERROR = "API_CONFIGURATION_ERROR"
    AUTHORIZER_CONFIGURATION_ERROR = "AUTHORIZER_CONFIGURATION_ERROR"
    AUTHORIZER_FAILURE = "AUTHORIZER_FAILURE"
    BAD_REQUEST_PARAMETERS = "BAD_REQUEST_PARAMETERS"
    BAD_REQUEST_BODY = "BAD_REQUEST_BODY"
    EXPIRED_TOKEN = "EXPIRED_TOKEN"
    INTEGRATION_FAILURE = "INTEGRATION_FAILURE"
    INTEGRATION_TIMEOUT = "INTEGRATION_TIMEOUT"
    INVALID_SIGNATURE = "INVALID_SIGNATURE"
    MISSING_AUTHENTICATION_TOKEN = "MISSING_AUTHENTICATION_TOKEN"
    REQUEST_TOO_LARGE = "REQUEST_TOO_LARGE"
    RESOURCE_NOT_FOUND = "RESOURCE_NOT_FOUND"
    UNAUTHORIZED = "UNAUTHORIZED"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    DEFAULT_5XX = "DEFAULT_5XX"

    @property
    def usual(self) -> Usual:
        return _USUAL[self]


_USUAL = {
    ResponseType.ACCESS_DENIED: Usual(
        403, "AccessDeniedException", "User is not authorized to access this resource", member="Message"
    ),
    ResponseType.API_CONFIGURATION_ERROR: Usual(
        500, "InternalServerErrorException", "Internal server error", spaced=True
    ),
    ResponseType.AUTHORIZER_CONFIGURATION_ERROR: Usual(500, "AuthorizerConfigurationException", None),
    ResponseType.AUTHORIZER_FAILURE: Usual(500, "AuthorizerConfigurationException", None),
    ResponseType.BAD_REQUEST_PARAMETERS: Usual(400, "BadRequestException", "Bad Request"),
    ResponseType.BAD_REQUEST_BODY: Usual(400, "BadRequestException", "Invalid request body"),
    ResponseType.EXPIRED_TOKEN: Usual(401, "UnauthorizedException", "The incoming token has expired"),
    ResponseType.INTEGRATION_FAILURE: Usual(
        504,
        "InternalServerErrorException",
        "Network error communicating with endpoint",
        spaced=True,
    ),
    ResponseType.INTEGRATION_TIMEOUT: Usual(
        504, "InternalServerErrorException", "Endpoint request timed out", spaced=True
    ),
    ResponseType.INVALID_SIGNATURE: Usual(403, "InvalidSignatureException", "Invalid signature"),
    ResponseType.MISSING_AUTHENTICATION_TOKEN: Usual(
        403, "MissingAuthenticationTokenException", "Missing Authentication Token"
    ),
    ResponseType.REQUEST_TOO_LARGE: Usual(413, "RequestTooLargeException", "Request Too Long"),
    ResponseType.RESOURCE_NOT_FOUND: Usual(404, "NotFoundException", "Not Found"),
    ResponseType.UNAUTHORIZED: Usual(401, "UnauthorizedException", "Unauthorized"),
    ResponseType.UNSUPPORTED_MEDIA_TYPE: Usual(415, "BadRequestException", "Unsupported Media Type"),
    ResponseType.DEFAULT_5XX: Usual(502, "InternalServerErrorException", "Internal server error", spaced=True),
}

NAMES = frozenset(
    {kind.name for kind in ResponseType}
    | {"DEFAULT_4XX", "INVALID_API_KEY", "QUOTA_EXCEEDED", "THROTTLED", "WAF_FILTERED"}
)
"""The kinds for which an API may have an answer of its own. The last four come of what is not built here."""


class GatewayRefused(Exception):
    """A request is not served. `kind` says what a REST API answers; an HTTP API has its own table.

    `message` and `error_type` stand in place of the kind's. `challenge` is an HTTP API's WWW-Authenticate. `status` is
    an HTTP API's where the kind does not tell it. `detail` is for the log alone.
    """

    def __init__(
        self,
        kind: ResponseType,
        detail: str,
        *,
        message: str | None = None,
        error_type: str | None = None,
        challenge: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.challenge, self.status = kind, detail, challenge, status
        self.message = message if message is not None else kind.usual.message
        self.error_type = error_type or kind.usual.error_type


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the gateway's own, or one that was made of what a function said."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)


_HTTP_API: Mapping[ResponseType, tuple[int, str]] = {
    ResponseType.ACCESS_DENIED: (403, "Forbidden"),
    ResponseType.INVALID_SIGNATURE: (403, "Forbidden"),
    ResponseType.MISSING_AUTHENTICATION_TOKEN: (403, "Forbidden"),
    ResponseType.UNAUTHORIZED: (401, "Unauthorized"),
    ResponseType.EXPIRED_TOKEN: (401, "Unauthorized"),
    ResponseType.RESOURCE_NOT_FOUND: (404, "Not Found"),
    ResponseType.BAD_REQUEST_PARAMETERS: (400, "Bad Request"),
    ResponseType.BAD_REQUEST_BODY: (400, "Bad Request"),
    ResponseType.REQUEST_TOO_LARGE: (413, "Request Entity Too Large"),
    ResponseType.INTEGRATION_FAILURE: (503, "Service Unavailable"),
    ResponseType.INTEGRATION_TIMEOUT: (503, "Service Unavailable"),
}


def http_api_answer(refused: GatewayRefused) -> tuple[int, str]:
    """Status and message of an HTTP API. All that is not in the table is its 500."""
    return _HTTP_API.get(refused.kind, (500, "Internal Server Error"))
