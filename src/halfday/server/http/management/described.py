"""The OpenAPI 3.1 description of management, made of its routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any, Protocol


class Described(Protocol):
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def parameters(self) -> Mapping[str, str]: ...
    @property
    def members(self) -> Mapping[str, str]: ...


def described(endpoints: Iterable[Described]) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Halfday's management", "version": version("halfday")},
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}, {}],
        "paths": paths,
    }


def _operation(one: Described) -> dict[str, Any]:
    told: dict[str, Any] = {
        "summary": one.summary,
        "operationId": one.method.lower() + one.path.title().replace("/", "").replace(".", ""),
        "responses": {
            "204" if one.method == "DELETE" else "200": {"description": one.summary},
            "default": {"description": "refused; `message` says why"},
        },
    }
    if one.parameters:
        told["parameters"] = [
            {"name": name, "in": "query", "description": what, "schema": {"type": "string"}}
            for name, what in one.parameters.items()
        ]
    if one.members:
        members = {name: {"description": what} for name, what in one.members.items()}
        schema = {"type": "object", "properties": members, "additionalProperties": False}
        told["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return told
