"""Lambda triggers of a test: functions of this very process, by the names of LambdaConfig."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from halfday.server.domain.user_pools.sample_events import UNLESS_EMPTY, sample_event
from halfday.server.outside.functions.invocation import Called, FunctionError, Invoked
from world import Pool

Function = Callable[[dict[str, Any]], Any]

ACCOUNT = "123456789012"
VERSIONED = frozenset({"InboundFederation", "CustomEmailSender", "CustomSMSSender"})
"""Members of LambdaConfig that are a structure."""


def check_like_its_sample(event: Mapping[str, Any]) -> None:
    """Every event that a test brings about has the members of the sample that people write functions by."""
    sample = sample_event(event["triggerSource"], int(event["version"]))
    assert event.keys() == sample.keys()
    assert event["callerContext"].keys() == sample["callerContext"].keys()
    assert event["response"] == sample["response"], event["triggerSource"]
    assert event["request"].keys() - UNLESS_EMPTY == sample["request"].keys() - UNLESS_EMPTY, event["triggerSource"]


class InProcess:
    """A function that runs in a thread of this process. What it raises is an error of the function's own."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self.events: list[dict[str, Any]] = []

    async def invoke(self, called: Called, event: str) -> Invoked:
        self.events.append(json.loads(event))
        check_like_its_sample(json.loads(event))
        try:
            return Invoked(json.dumps(await asyncio.to_thread(self._function, json.loads(event))))
        except Exception as problem:
            raise FunctionError(str(problem)) from problem

    async def warm_up(self, called: Called) -> None: ...

    async def close(self) -> None: ...


def arn_of(name: str, region: str = "us-east-1") -> str:
    return f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"


def answering(response: Mapping[str, Any]) -> Function:
    """A function that answers the same each time."""
    return lambda event: {**event, "response": response}


def set_triggers(pool: Pool, *, config: Mapping[str, Any] | None = None, **functions: Function) -> dict[str, InProcess]:
    """The pool calls these functions from now on, and no others. `config`: further members of LambdaConfig."""
    made = {trigger: InProcess(function) for trigger, function in functions.items()}
    named: dict[str, Any] = {}
    for trigger, target in made.items():
        name = f"{trigger}-{pool.pool_id.rpartition('_')[2]}"
        pool.world.running.services.functions.declare(name, target)
        arn = arn_of(name)
        named[trigger] = {"LambdaArn": arn, "LambdaVersion": "V1_0"} if trigger in VERSIONED else arn
    configure(pool, {**named, **(config or {})})
    return made


def configure(pool: Pool, lambda_config: Mapping[str, Any]) -> None:
    """UpdateUserPool sets what it is not told back: all else is told as it is."""
    idp = pool.world.idp
    shape = idp.meta.service_model.operation_model("UpdateUserPool").input_shape
    has = idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
    kept = {name: value for name, value in has.items() if name in shape.members and value}
    kept.pop("LambdaConfig", None)
    kept.get("AdminCreateUserConfig", {}).pop("UnusedAccountValidityDays", None)
    idp.update_user_pool(UserPoolId=pool.pool_id, **kept, LambdaConfig=dict(lambda_config))
