"""One event to one function, and its response back; AWS's refusals where there is none. Source: facts/triggers.md §2.

What was sent and answered is kept to be looked at, without passwords and codes.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from typing import Any

from halfday.protocol.identifiers import user_pool_arn
from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.triggers import Function, Trigger, function_of, response_in, unusable
from halfday.server.domain.users.users import User
from halfday.server.flows.functions.invoking import invoke_for
from halfday.server.outside.functions.functions import parse_answer
from halfday.server.outside.functions.invocation import Called, FunctionError, InvocationRecord, Invoked, NotInvoked
from halfday.server.runs import in_a_task
from halfday.server.services import Services

log = logging.getLogger("halfday.triggers")

_UNKNOWN_SDK = "aws-sdk-unknown-unknown"
_BY_ADMINISTRATOR = "CLIENT_ID_NOT_APPLICABLE"
_SECRET_MEMBERS = frozenset(
    {"password", "code", "challengeAnswer", "privateChallengeParameters", "samlResponse", "idToken", "tokenResponse"}
)
_LEFT_OUT = "(left out)"
KEPT_CHARACTERS = 64 * 1024
"""Of an answer, and of what a function said when it failed."""


def has(pool: Pool, trigger: Trigger) -> bool:
    return function_of(pool.lambda_config, trigger) is not None


async def call(
    services: Services,
    pool: Pool,
    trigger: Trigger,
    source: str,
    *,
    username: str | None,
    request: Mapping[str, Any],
    response: Mapping[str, Any],
    context: RequestContext,
    version: str | None = None,
    asynchronous: bool = False,
) -> Mapping[str, Any] | None:
    """The response of the pool's function, or None where the pool has none. `source` is the event's triggerSource.

    `response`: as it is sent, with empty members to be filled. `asynchronous`: nobody waits, so any answer will do, as
    in Lambda. Raises Refused.
    """
    function = function_of(pool.lambda_config, trigger)
    if function is None:
        return None
    event = {
        "version": version or str(function.version),
        "triggerSource": source,
        "region": pool.region,
        "userPoolId": pool.pool_id,
        "userName": username,
        "callerContext": {
            "awsSdkVersion": _sdk_version(context),
            "clientId": context.client_id or _BY_ADMINISTRATOR,
        },
        "request": dict(request),
        "response": dict(response),
    }
    return await _Invocation(services, pool, trigger, function, event, asynchronous=asynchronous).run()


def attributes_of(user: User) -> dict[str, str]:
    """A user's attributes as events show them: texts, with the state that the user is in."""
    return {**user.all_attributes, "cognito:user_status": user.status.value}


class _Invocation:
    def __init__(
        self,
        services: Services,
        pool: Pool,
        trigger: Trigger,
        function: Function,
        event: Mapping[str, Any],
        *,
        asynchronous: bool,
    ) -> None:
        self._services, self._pool, self._trigger, self._function = services, pool, trigger, function
        self._event, self._asynchronous = event, asynchronous
        self._called = Called(function.arn, services.uuid4())
        self._began_at, self._started = services.clock(), time.perf_counter()

    async def run(self) -> Mapping[str, Any]:
        """Raises Refused."""
        await in_a_task()  # a function has its time
        try:
            pool_arn = user_pool_arn(self._pool.pool_id, self._services.settings.account_id)
            invoked, attempts = await invoke_for(self._services, pool_arn, self._called, json.dumps(self._event))
        except FunctionError as problem:
            self._keep("failed", None, why=problem.message, where=problem.where, output=problem.output)
            raise _failed(self._trigger, problem) from problem
        except NotInvoked as problem:
            self._keep("unanswered", None, why=str(problem), output=problem.output, attempts=problem.attempts)
            raise _not_invoked(self._trigger, problem) from problem
        answer = parse_answer(invoked.answer)
        if self._asynchronous:
            self._keep("answered", _to_look_at(answer, invoked), output=invoked.output, attempts=attempts)
            return {}
        try:
            if answer is None:
                raise unusable("it did not return a JSON object")
            response = response_in(self._event, answer)
        except Refused as refused:
            kept = _to_look_at(answer, invoked)
            self._keep("unusable", kept, why=refused.detail or "", output=invoked.output, attempts=attempts)
            raise
        self._keep("answered", _to_look_at(answer, invoked), output=invoked.output, attempts=attempts)
        return response

    def _keep(
        self,
        outcome: str,
        answer: Mapping[str, Any] | None,
        *,
        why: str = "",
        where: str = "",
        output: str = "",
        attempts: int = 1,
    ) -> None:
        ms = (time.perf_counter() - self._started) * 1000
        source = self._event["triggerSource"]
        record = InvocationRecord(
            request_id=self._called.request_id,
            pool_id=self._pool.pool_id,
            trigger_source=source,
            arn=self._function.arn,
            began_at=self._began_at,
            ms=ms,
            attempts=attempts,
            outcome=outcome,
            event=_without_secrets(self._event),
            answer=answer,
            why=why[:KEPT_CHARACTERS],
            where=where,
            output=output,
        )
        self._services.functions.records.append(record)
        log.log(
            logging.INFO if outcome == "answered" else logging.WARNING,
            "trigger %s pool=%s function=%s %s in %.1f ms%s%s%s",
            source,
            self._pool.pool_id,
            self._called.name,
            outcome,
            ms,
            f", {attempts} attempts" if attempts > 1 else "",
            f" at {where}" if where else "",
            f": {why}" if outcome == "unanswered" else "",  # ours; a function's own words may name a person
        )


def _failed(trigger: Trigger, problem: FunctionError) -> Refused:
    """A period follows whatever the function said, as on AWS."""
    sentence = f"{trigger} failed with error {problem.message}."
    return Refused(
        "UserLambdaValidationException",
        sentence,
        f"the function failed at {problem.where}" if problem.where else "the function failed",
    )


def _not_invoked(trigger: Trigger, problem: NotInvoked) -> Refused:
    sentence = f"{trigger} invocation failed due to error {problem.reason}."
    return Refused("UnexpectedLambdaException", sentence, problem.detail)


def _sdk_version(context: RequestContext) -> str:
    """`aws-sdk-js-3.400.0` of the SDK's own header, such as `aws-sdk-js/3.400.0 …` [inferred]."""
    agent = (context.sdk_user_agent or context.user_agent or "").partition(" ")[0]
    name, slash, version = agent.partition("/")
    return f"{name}-{version}" if slash and name.startswith("aws-sdk") else _UNKNOWN_SDK


def _to_look_at(answer: Mapping[str, Any] | None, invoked: Invoked) -> Mapping[str, Any] | None:
    """The answer without secrets; a long one is told by its length, because the newest of all functions are kept."""
    if answer is None:
        return None
    length = len(invoked.answer)
    return _without_secrets(answer) if length <= KEPT_CHARACTERS else {_LEFT_OUT: f"{length} characters"}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _LEFT_OUT if name in _SECRET_MEMBERS and each else _without_secrets(each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    return value
