"""The resource types that are taken, by name. What a template has beside is listed, and left alone."""

from __future__ import annotations

from collections.abc import Mapping

from halfday.server.templates.kinds import cognito, functions, http_apis, iam, nested, rest_apis, storage
from halfday.server.templates.kinds.kind import Kind

KINDS: Mapping[str, Kind] = {
    kind.type: kind
    for kind in (
        *cognito.KINDS,
        *iam.KINDS,
        *functions.KINDS,
        *rest_apis.KINDS,
        *http_apis.KINDS,
        *storage.KINDS,
        nested.NestedStack(),
    )
}
