"""An API as somebody declares it whole: by halfday.toml, by a template. `flows/gateway/declaring` makes it so.

Documents are in API Gateway's own words (`rest_documents`, `http_documents`). Ids in them have to be the same each
time, so that declaring the same again changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from halfday.server.domain.gateway.apis import DEFAULT_STAGE, ID_LENGTH, make_id
from halfday.server.domain.gateway.serving import ApiKind


@dataclass(frozen=True, slots=True)
class DeclaredStage:
    """A stage that serves the document as it is declared. `name` of an HTTP API may be `$default`."""

    name: str = DEFAULT_STAGE
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeclaredApi:
    api_id: str
    kind: ApiKind
    name: str
    account: str
    region: str
    document: Mapping[str, Any]
    stages: tuple[DeclaredStage, ...]


def stable_id(*of: str, length: int = ID_LENGTH) -> str:
    """An id that is made of names: the same names, the same id."""
    return make_id(hashlib.sha256("\0".join(of).encode()).digest(), length)


def stable_ids(of: str) -> Callable[[], str]:
    """Ids in the order in which they are asked for, the same each time."""
    numbers = count()
    return lambda: stable_id(of, str(next(numbers)))
