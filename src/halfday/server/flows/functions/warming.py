"""A pool's functions are begun when the pool is touched first, so that nobody who signs in waits for a process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.triggers import Trigger, function_of
from halfday.server.flows.functions.invoking import find_uploaded, upload_of
from halfday.server.outside.functions.invocation import Called
from halfday.server.services import Services


def warm_up(services: Services, pool: Pool) -> None:
    """Processes of the pool's functions are begun in the background, once for each LambdaConfig that it has here."""
    functions, config = services.functions, pool.lambda_config
    if not config or functions.warmed.get(pool.pool_id) == config:
        return
    functions.warmed[pool.pool_id] = config
    for arn in dict.fromkeys(_arns(config)):
        functions.in_background(_warm_up(services, arn))


async def _warm_up(services: Services, arn: str) -> None:
    called = Called(arn, services.uuid4())
    if services.functions.has(called.name):
        await services.functions.warm_up(called)
    elif (function := await find_uploaded(services, arn)) is not None:
        await services.functions.warm_up(called, upload_of(services, function))


def _arns(config: Mapping[str, Any]) -> list[str]:
    found = (function_of(config, trigger) for trigger in Trigger)
    return [function.arn for function in found if function is not None]
