"""What a stage of an API serves: its methods, its authorizers, its gateway responses, its CORS rules.

Read from what was configured by `rest_documents` and `http_documents`, once for each configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from halfday.server.domain.gateway.paths import PathTemplate


class ApiKind(Enum):
    REST = "REST"
    HTTP = "HTTP"


class Authorization(Enum):
    """The words are those of both APIs of API Gateway."""

    NONE = "NONE"
    AWS_IAM = "AWS_IAM"
    COGNITO = "COGNITO_USER_POOLS"
    JWT = "JWT"
    LAMBDA = "CUSTOM"


class AuthorizerKind(Enum):
    COGNITO = "COGNITO_USER_POOLS"
    JWT = "JWT"
    TOKEN = "TOKEN"
    REQUEST = "REQUEST"


@dataclass(frozen=True, slots=True)
class Authorizer:
    """`pool_ids` of COGNITO; `issuer` and `audience` of JWT; the others call `function_arn`.

    `identity_sources` are expressions. `simple`: the function answers `isAuthorized`, not a policy.
    """

    authorizer_id: str
    kind: AuthorizerKind
    identity_sources: tuple[str, ...]
    pool_ids: tuple[str, ...] = ()
    issuer: str = ""
    audience: tuple[str, ...] = ()
    function_arn: str = ""
    validation_expression: str | None = None
    ttl_s: int = 0
    payload_version: str = "1.0"
    simple: bool = False


class IntegrationKind(Enum):
    HTTP = "HTTP_PROXY"
    LAMBDA = "AWS_PROXY"
    MOCK = "MOCK"


@dataclass(frozen=True, slots=True)
class MockResponse:
    """What a mock answers where its status matches `pattern`; None is the default."""

    status: int
    pattern: str | None
    parameters: Mapping[str, str]
    templates: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Integration:
    """`uri` is a URL, or a function's ARN; both may hold `${stageVariables.NAME}`, a URL also `{parameter}`.

    `parameters` are mappings in the words of the API's kind. `method` is empty where the caller's is kept.
    """

    kind: IntegrationKind
    uri: str = ""
    method: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    payload_version: str = "1.0"
    timeout_s: float = 29.0
    request_templates: Mapping[str, str] = field(default_factory=dict)
    responses: tuple[MockResponse, ...] = ()
    passthrough: str = "WHEN_NO_MATCH"


@dataclass(frozen=True, slots=True)
class Method:
    """`http_method` is ANY for all. `key` is what a log and an event call it: a resource's path, or a route key."""

    key: str
    http_method: str
    template: PathTemplate
    authorization: Authorization
    integration: Integration | None
    authorizer_id: str | None = None
    scopes: tuple[str, ...] = ()
    resource_id: str = ""


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """How an API spells one kind of refusal. None is as API Gateway has it."""

    status: int | None
    parameters: Mapping[str, str]
    templates: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CorsRules:
    """Of an HTTP API, which answers preflights itself (developer guide, Configure CORS for HTTP APIs)."""

    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age_s: int | None = None
    credentials: bool = False


@dataclass(frozen=True, slots=True)
class Served:
    """An API as it is served. Stage variables come with the stage (`stages.ApiAtStage`)."""

    kind: ApiKind
    methods: tuple[Method, ...]
    authorizers: Mapping[str, Authorizer]
    gateway_responses: Mapping[str, GatewayResponse] = field(default_factory=dict)
    cors: CorsRules | None = None
    policy: Mapping[str, Any] | None = None
    binary_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiAtStage:
    """A stage of an API: where its requests go."""

    api_id: str
    stage: str
    account: str
    region: str
    served: Served
    variables: Mapping[str, str] = field(default_factory=dict)

    def method_arn(self, http_method: str, path: str) -> str:
        """What policies name (developer guide, ARN format reference)."""
        rest = path.lstrip("/")
        return f"arn:aws:execute-api:{self.region}:{self.account}:{self.api_id}/{self.stage}/{http_method}/{rest}"
