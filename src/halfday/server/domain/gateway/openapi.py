"""What both kinds of APIs take from an OpenAPI file: operations, security schemes, references.

Source: developer guide, OpenAPI extensions for API Gateway.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from halfday.server.domain.gateway.checks import bad, not_built

Definition = Mapping[str, Any]

X = "x-amazon-apigateway-"
ANY = f"{X}any-method"
_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


@dataclass(frozen=True, slots=True)
class OpenApiOperation:
    path: str
    http_method: str
    given: Definition
    parameters: tuple[Definition, ...]


def operations_of(definition: Definition) -> Iterator[OpenApiOperation]:
    for path, item in definition.get("paths", {}).items():
        if not isinstance(item, Mapping):
            raise bad(f"the path {path} is no object")
        shared = item.get("parameters", ())
        for name, given in item.items():
            if name not in (*_METHODS, ANY) or not isinstance(given, Mapping):
                continue
            listed = [resolved(definition, one) for one in (*shared, *given.get("parameters", ()))]
            yield OpenApiOperation(path, "ANY" if name == ANY else name.upper(), given, tuple(listed))


def resolved(definition: Definition, given: Any) -> Any:
    """The object itself, or what its $ref in this file names. Raises Refused."""
    if not isinstance(given, Mapping) or "$ref" not in given:
        return given
    found: Any = definition
    for part in str(given["$ref"]).removeprefix("#/").split("/"):
        if not isinstance(found, Mapping) or part not in found:
            raise bad(f"Unable to resolve the reference {given['$ref']}")
        found = found[part]
    return found


def schemes_of(definition: Definition) -> Mapping[str, Definition]:
    found: Mapping[str, Definition] = definition.get("securityDefinitions") or definition.get("components", {}).get(
        "securitySchemes", {}
    )
    return found


def integration_of(definition: Definition, operation: OpenApiOperation) -> Definition | None:
    found = operation.given.get(f"{X}integration")
    integration: Definition | None = resolved(definition, found) if found is not None else None
    return integration


def security_of(definition: Definition, operation: OpenApiOperation) -> tuple[str, tuple[str, ...]] | None:
    """Name of the scheme and scopes. API Gateway ignores `security` of the whole file, which is refused here where an
    operation has none of its own: it would be open.
    """
    if "security" not in operation.given and definition.get("security"):
        raise bad("security of the whole file is not applied by API Gateway: write it at each operation")
    listed = [(name, tuple(scopes)) for one in operation.given.get("security", ()) for name, scopes in one.items()]
    if len(listed) > 1:
        raise not_built(f"several security schemes of one operation: {operation.http_method} {operation.path}")
    return listed[0] if listed else None


def refuse_extensions(given: Definition, built: frozenset[str], where: str) -> None:
    """Raises Refused for an extension of API Gateway that would have to be ignored."""
    unknown = sorted(name for name in given if name.startswith(X) and name.removeprefix(X) not in built)
    if unknown:
        raise not_built(f"{unknown[0]} of {where}")
