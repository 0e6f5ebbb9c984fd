"""What a seed file declares is made by the operations that boto3 would call, so that it is checked like any call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from halfday.protocol.errors import ServiceError
from halfday.server.domain.aws.callers import Root
from halfday.server.domain.request_context import RequestContext
from halfday.server.operations.framework import wire_json
from halfday.server.operations.framework.dispatch import dispatch
from halfday.server.operations.framework.registry import Operation
from halfday.server.operations.user_pools import pools
from halfday.server.seed.translation import named
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services


async def call(services: Services, service: str, name: str, given: dict[str, Any]) -> None:
    """Calls an operation as the account's root user, in the Region of what is declared. Raises SeedRefused."""
    settings = services.settings

    async def root() -> Root:
        return Root(settings.account_id)

    def parse(known: Operation) -> dict[str, Any]:
        required = known.model.input_shape.required_members if known.model.input_shape else ()
        members = {name: value for name, value in given.items() if value not in ([], {}) or name in required}
        return wire_json.parse(known.model, json.dumps(members, default=str).encode())

    try:
        await dispatch(
            services,
            service,
            name,
            region=_region_of(given, settings.region),
            context=RequestContext(),
            prove=root,
            parse=parse,
        )
    except ServiceError as error:
        raise SeedRefused(f"{name} {named(given)}: {error.message}") from error


def _region_of(given: Mapping[str, Any], default: str) -> str:
    """The Region of the pool or identity pool that a call names, or whose id it pins."""
    tags = {**given.get("UserPoolTags", {}), **given.get("IdentityPoolTags", {})}
    named = given.get("UserPoolId") or given.get("IdentityPoolId") or tags.get(pools.CUSTOM_ID_TAG)
    return default if named is None else re.split("[_:]", named)[0]
