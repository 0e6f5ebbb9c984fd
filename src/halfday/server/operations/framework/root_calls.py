"""Operations that this process calls by itself, as the account's root user: for the seed file, and for transfers."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from halfday.protocol.errors import ServiceError
from halfday.server.domain.aws.callers import Root
from halfday.server.domain.request_context import RequestContext
from halfday.server.operations.framework import wire_json
from halfday.server.operations.framework.dispatch import dispatch
from halfday.server.operations.framework.registry import Operation
from halfday.server.services import Services


async def dispatched(
    services: Services,
    service: str,
    name: str,
    given: Mapping[str, Any],
    *,
    region: str,
    whole: bool = True,
    with_id: str = "",
) -> Mapping[str, Any]:
    """The output of an operation that the account's root user calls in this Region. Raises ServiceError.

    `whole`: members that are empty are sent too. `with_id`: the UUID that what is made shall have.
    """
    if with_id:
        services = _naming(services, with_id)

    async def root() -> Root:
        return Root(services.settings.account_id)

    _, output = await dispatch(
        services,
        service,
        name,
        region=region,
        context=RequestContext(),
        prove=root,
        parse=lambda known: parsed(known, given, whole=whole),
    )
    return output


def _naming(services: Services, uuid: str) -> Services:
    """The same server, whose next UUID is this one."""
    wanted = UUID(uuid).bytes

    def random(size: int) -> bytes:
        return wanted if size == len(wanted) else services.random(size)

    return replace(services, random=random)


def parsed(known: Operation, given: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """The members as they would have come by the wire. Raises Refused."""
    required = known.model.input_shape.required_members if known.model.input_shape else ()
    members = {name: value for name, value in given.items() if whole or value not in ([], {}) or name in required}
    return wire_json.parse(known.model, json.dumps(members, default=_as_text).encode())


def _as_text(value: Any) -> str:
    """Bytes as JSON has them, in Base64; a date of TOML's as it is written."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def told(error: ServiceError) -> str:
    """The refusal for whoever declared what was called for. Of a policy, AWS's sentence may say little: what is wrong
    with it is told too.
    """
    wrong = error.detail if error.code == "MalformedPolicyDocument" else None
    return f"{error.message} {wrong}" if wrong else error.message
