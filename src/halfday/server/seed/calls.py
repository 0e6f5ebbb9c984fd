"""What a seed file declares is made by the operations that boto3 would call, so that it is checked like any call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from halfday.protocol.errors import ServiceError
from halfday.server.domain.refusals import Refused
from halfday.server.operations.framework import constraints, registry
from halfday.server.operations.framework.root_calls import dispatched, parsed, told
from halfday.server.operations.user_pools import pools
from halfday.server.seed.translation import named
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services
from halfday.server.transfer.writing import taken_by


async def call(
    services: Services,
    service: str,
    name: str,
    given: dict[str, Any],
    *,
    place: str = "",
    whole: bool = False,
    with_id: str = "",
) -> Mapping[str, Any]:
    """Calls an operation as the account's root user, in the Region of what is declared. Raises SeedRefused.

    `place`: of the file, for the sentence. `whole`: members that are empty are sent too. `with_id`: the UUID that what
    is made shall have.
    """
    region = _region_of(given, services.settings.region)
    try:
        return await dispatched(services, service, name, given, region=region, whole=whole, with_id=with_id)
    except ServiceError as error:
        raise _refused(name, given, told(error), place) from error


def checked(service: str, name: str, given: dict[str, Any], place: str) -> None:
    """Raises SeedRefused for members that the operation's model does not take. Calls nothing."""
    operation = registry.find(service, name)
    if operation is None:
        raise LookupError(f"{service} {name} is no operation of this server")
    try:
        members = parsed(operation, given, whole=False)
    except Refused as refused:
        raise _refused(name, given, refused.sentence, place) from refused
    if clauses := constraints.objections(operation.model.input_shape, members):
        raise _refused(name, given, constraints.sentence(clauses), place)


def of_model(service: str, name: str, given: Mapping[str, Any], place: str) -> dict[str, Any]:
    """What is `given` in AWS's own words. Raises SeedRefused for a member that the operation does not know."""
    unknown: list[str] = []
    taken = taken_by(service, name, given, unknown)
    if unknown := [*(one for one in given if one not in taken), *unknown]:
        raise SeedRefused(f"{place}: {name} has no {unknown[0]}")
    return taken


def _refused(name: str, given: Mapping[str, Any], sentence: str, place: str) -> SeedRefused:
    return SeedRefused(f"{place}: {name}: {sentence}" if place else f"{name} {named(given)}: {sentence}")


def _region_of(given: Mapping[str, Any], default: str) -> str:
    """The Region of the pool or identity pool that a call names, or whose id it pins."""
    tags = {**given.get("UserPoolTags", {}), **given.get("IdentityPoolTags", {})}
    named = given.get("UserPoolId") or given.get("IdentityPoolId") or tags.get(pools.CUSTOM_ID_TAG)
    return default if named is None else re.split("[_:]", named)[0]
