"""Mapping expressions: where a value of a request, its context or its stage is named. Unknown values are None.

REST: `method.request.header.X`, `context.authorizer.claims.sub`, `stageVariables.x`, `'literal'`.
HTTP: `$request.header.x`, `$context.…`, `${stageVariables.x}` within a text.
Source: developer guides, Mapping template and parameter mapping references.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from halfday.server.domain.gateway.requests import ApiRequest

_EMBEDDED = re.compile(r"\$\{([A-Za-z0-9_.:\-]+)\}|\$([A-Za-z][A-Za-z0-9_.:\-]*)")
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")
_VTL = re.compile(r"#(?:set|if|else|elseif|end|foreach|macro|parse|include|stop|break|\{)|\$!?\{?(?:input|util)\b")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What expressions may name. `parameters` are the path's, encoded. `context` is as in a REST API's events."""

    request: ApiRequest
    parameters: Mapping[str, str]
    variables: Mapping[str, str]
    context: Mapping[str, Any]

    def of_rest(self, expression: str) -> str | None:
        """The value of a REST API's expression."""
        if len(expression) >= 2 and expression[0] == expression[-1] == "'":
            return expression[1:-1]
        if expression.startswith("method.request."):
            return self._of_request(expression.removeprefix("method.request."))
        return self.named(expression)

    def of_http(self, expression: str) -> str | None:
        """The value of an HTTP API's expression: one variable, or a text with variables in it."""
        if re.fullmatch(r"\$[A-Za-z][A-Za-z0-9_.:\-]*", expression):
            return self._variable(expression[1:])
        return _EMBEDDED.sub(lambda found: self._variable(found[1] or found[2]) or "", expression)

    def filled(self, template: str) -> str:
        """A template without logic, its variables replaced; one that has no value is empty."""
        return _EMBEDDED.sub(lambda found: self._variable(found[1] or found[2]) or "", template)

    def with_stage_variables(self, text: str) -> str:
        return _STAGE_VARIABLE.sub(lambda found: self.variables.get(found[1], ""), text)

    def named(self, expression: str) -> str | None:
        kind, _, rest = expression.partition(".")
        if kind == "stageVariables":
            return self.variables.get(rest)
        return _walk(self.context, rest) if kind == "context" else None

    def _variable(self, name: str) -> str | None:
        if name.startswith("request."):
            return self._of_request(name.removeprefix("request."))
        return self.named(name)

    def _of_request(self, rest: str) -> str | None:
        kind, _, name = rest.partition(".")
        if kind in ("header", "multivalueheader"):
            values = self.request.header_values(name)
        elif kind in ("querystring", "multivaluequerystring"):
            values = [value for known, value in self.request.query if known == name]
        elif kind == "path":
            return self.request.path if not name else _decoded(self.parameters.get(name))
        else:
            return None
        if not values:
            return None
        return ",".join(values) if kind.startswith("multivalue") else values[-1]


def needs_logic(template: str) -> bool:
    """Whether a template needs VTL: statements, `$input`, `$util`."""
    return _VTL.search(template) is not None


def _decoded(value: str | None) -> str | None:
    return None if value is None else unquote(value)


def _walk(context: Mapping[str, Any], path: str) -> str | None:
    """The value at a path of names with dots; names may hold dots themselves, as claims do."""
    if path in context:
        value = context[path]
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, separators=(",", ":"))
    parts = path.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        inner = context.get(".".join(parts[:cut]))
        if isinstance(inner, Mapping):
            return _walk(inner, ".".join(parts[cut:]))
    return None
