"""Records: an API as it is configured, its deployments and its stages.

Documents are in API Gateway's own words: v1's for REST APIs (`rest_documents`), v2's for HTTP APIs (`http_documents`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from halfday.server.domain.gateway.http_documents import read_http_api
from halfday.server.domain.gateway.rest_documents import read_rest_api
from halfday.server.domain.gateway.serving import ApiKind, Served

ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
ID_LENGTH = 10
DEFAULT_STAGE = "$default"


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Api:
    """`document` is what can be changed without being served, until it is deployed."""

    api_id: str
    kind: str
    account: str
    region: str
    name: str
    created_at: float
    document: dict[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Its document cannot be hashed; what is read of it is kept by the record (`memory`)."""
        return hash(self.api_id)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class ApiDeployment:
    """`document` is the API's as it was when it was deployed."""

    api_id: str
    deployment_id: str
    created_at: float
    document: dict[str, Any] = field(default_factory=dict)
    description: str = ""
    automatic: bool = False

    def __hash__(self) -> int:
        return hash(self.deployment_id)


@dataclass(frozen=True, slots=True)
class ApiStage:
    """`deployment_id` is empty where the stage serves the API as it is now (`AutoDeploy`). `document` holds the stage's
    further members in API Gateway's words, stage variables among them.
    """

    api_id: str
    name: str
    deployment_id: str
    created_at: float
    changed_at: float
    variables: dict[str, str] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)


def read_document(kind: str, document: dict[str, Any]) -> Served:
    return read_rest_api(document) if kind == ApiKind.REST.value else read_http_api(document)


def make_id(random: bytes, length: int = ID_LENGTH) -> str:
    """An id of an API, resource, authorizer … of as many bytes as it has letters."""
    return "".join(ID_LETTERS[byte % len(ID_LETTERS)] for byte in random[:length])
