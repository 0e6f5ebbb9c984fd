"""The resource policy of a REST API: kept with the unique ids of users and roles, shown with their ARNs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.aws.policies.pins import with_principals
from halfday.server.domain.gateway.checks import NO_POLICY, bad
from halfday.server.domain.gateway.rest_documents import read_policy
from halfday.server.flows.pinned_principals import NobodyThere, pins_of, shown
from halfday.server.storage.store import Store


async def kept_api_policy(store: Store, account: str, text: str) -> str:
    """Of a policy that was checked. Raises Refused for one that names a user or role who is not there."""
    document = read_policy(text)
    if document is None:
        return text
    try:
        pins = await pins_of(store, account, document)
    except NobodyThere as nobody:
        raise bad(NO_POLICY, str(nobody)) from nobody
    return _text(with_principals(document, pins)) if pins else text


async def shown_api_policy(store: Store, account: str, text: str) -> str:
    document = read_policy(text)
    told = document if document is None else await shown(store, account, document)
    return text if told is None or told is document else _text(told)


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))
