"""CORS of HTTP APIs: preflights are answered by the API itself, and the backend's CORS headers are replaced.

Source: developer guide, Configure CORS for HTTP APIs in API Gateway.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from halfday.server.domain.gateway.serving import CorsRules

Headers = tuple[tuple[str, str], ...]

_PREFIX = "access-control-"


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def allowed_origin(rules: CorsRules, origin: str | None) -> str | None:
    """What Access-Control-Allow-Origin says to this origin; None where it is not allowed."""
    if origin is None:
        return None
    if "*" in rules.origins:
        return "*"
    matches = any(fnmatchcase(origin.lower(), known.lower()) for known in rules.origins)
    return origin if matches else None


def preflight(rules: CorsRules, origin: str | None) -> Headers:
    """The headers of the 204. An origin that is not allowed is told nothing."""
    allowed = allowed_origin(rules, origin)
    if allowed is None:
        return ()
    told = [(f"{_PREFIX}allow-origin", allowed)]
    for name, values in (("allow-methods", rules.methods), ("allow-headers", rules.headers)):
        if values:
            told.append((_PREFIX + name, ",".join(values)))
    if rules.max_age_s is not None:
        told.append((f"{_PREFIX}max-age", str(rules.max_age_s)))
    return (*told, *_credentials(rules), *_varies(allowed))


def of_answer(rules: CorsRules, origin: str | None) -> Headers:
    """What is added to every answer."""
    allowed = allowed_origin(rules, origin)
    if allowed is None:
        return ()
    exposed = ((f"{_PREFIX}expose-headers", ",".join(rules.exposed)),) if rules.exposed else ()
    return ((f"{_PREFIX}allow-origin", allowed), *exposed, *_credentials(rules), *_varies(allowed))


def is_cors_header(name: str) -> bool:
    return name.lower().startswith(_PREFIX)


def _credentials(rules: CorsRules) -> Headers:
    return ((f"{_PREFIX}allow-credentials", "true"),) if rules.credentials else ()


def _varies(allowed: str) -> Headers:
    return () if allowed == "*" else (("vary", "Origin"),)
