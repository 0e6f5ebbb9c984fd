"""[[api]] of the seed file: a REST API or an HTTP API, by its routes or by an OpenAPI file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from halfday.server.domain.gateway.apis import DEFAULT_STAGE
from halfday.server.domain.gateway.checks import check_policy_text
from halfday.server.domain.gateway.declarations import DeclaredApi, DeclaredStage, stable_ids
from halfday.server.domain.gateway.openapi_files import OpenApiUnreadable, read_openapi
from halfday.server.domain.gateway.openapi_http import http_api_of
from halfday.server.domain.gateway.openapi_rest import rest_api_of
from halfday.server.domain.gateway.serving import ApiKind
from halfday.server.domain.refusals import Refused
from halfday.server.flows.gateway.declaring import declare_api
from halfday.server.seed.api_routes import HttpRoutes, RestRoutes
from halfday.server.seed.translation import policy_document, required
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services

Table = Mapping[str, Any]
Document = dict[str, Any]

_ONLY_REST = ("policy", "binary_types")
_ONLY_HTTP = ("cors_origins",)


async def declare(services: Services, table: Table) -> None:
    """Raises SeedRefused, with the API and the route or authorizer that is wrong."""
    api_id = required(table, "id", "[[api]]")
    place = f"[[api]] {api_id}"
    if not api_id.replace("-", "").isalnum() or api_id != api_id.lower():
        raise SeedRefused(f"{place}: id is lower-case letters, digits and hyphens")
    kind = _kind(table, place)
    try:
        document, name = _document(services, table, kind, place)
        stage = DeclaredStage(
            table.get("stage", DEFAULT_STAGE if kind is ApiKind.HTTP else "prod"), dict(table.get("variables", {}))
        )
        settings = services.settings
        declared = DeclaredApi(
            api_id, kind, table.get("name", name), settings.account_id, settings.region, document, (stage,)
        )
        await declare_api(services, declared)
    except Refused as refused:
        raise SeedRefused(f"{place}: {refused.sentence}") from refused


def _kind(table: Table, place: str) -> ApiKind:
    text = required(table, "type", place)
    if text not in ("REST", "HTTP"):
        raise SeedRefused(f"{place}: type is REST or HTTP, not {text!r}")
    kind = ApiKind(text)
    for name in _ONLY_HTTP if kind is ApiKind.REST else _ONLY_REST:
        if name in table:
            raise SeedRefused(f"{place}: a {text} API has no {name}")
    return kind


def _document(services: Services, table: Table, kind: ApiKind, place: str) -> tuple[Document, str]:
    """The API's document and the name that it has without one of its own."""
    if "openapi" in table:
        if table.get("route") or table.get("authorizer"):
            raise SeedRefused(f"{place}: openapi stands in place of [[api.route]] and [[api.authorizer]]")
        document, name = _of_file(Path(table["openapi"]), table["id"], kind, place)
    else:
        routes = RestRoutes(services, table) if kind is ApiKind.REST else HttpRoutes(services, table)
        document, name = routes.document(), table["id"]
    return document | _further(table), name


def _further(table: Table) -> Document:
    found: Document = {}
    if "policy" in table:
        found["policy"] = json.dumps(policy_document(table["policy"]))
        check_policy_text(found["policy"])
    if "binary_types" in table:
        found["binaryMediaTypes"] = list(table["binary_types"])
    if "cors_origins" in table:
        methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        headers = ["authorization", "content-type", "x-amz-date", "x-amz-security-token", "x-api-key"]
        found["CorsConfiguration"] = {
            "AllowOrigins": list(table["cors_origins"]),
            "AllowMethods": methods,
            "AllowHeaders": headers,
        }
    return found


def _of_file(path: Path, api_id: str, kind: ApiKind, place: str) -> tuple[Document, str]:
    try:
        definition = read_openapi(path.read_bytes())
    except OSError as problem:
        raise SeedRefused(f"{place}: {path} cannot be read: {problem.strerror or problem}") from problem
    except OpenApiUnreadable as problem:
        raise SeedRefused(f"{place}: {path}: {problem}") from problem
    read = rest_api_of if kind is ApiKind.REST else http_api_of
    return read(definition, stable_ids(api_id))
