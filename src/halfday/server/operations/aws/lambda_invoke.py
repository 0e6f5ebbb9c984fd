"""Invoke: functions of Lambda's API, and those that are declared here. Source: Lambda API reference, Invoke."""

from __future__ import annotations

import base64
import json
import logging
import time

from halfday.server.domain.aws.functions import LATEST, function_arn
from halfday.server.domain.refusals import Refused
from halfday.server.flows.functions.invoking import upload_of
from halfday.server.operations.framework.lambda_functions import not_found, reference, the_function
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.outside.functions.invocation import Called, FunctionError, Invoked, NotInvoked
from halfday.server.outside.functions.uploads import Upload

LONGEST_S = 900.0
"""The longest time that a function may have."""
TAIL_BYTES = 4096
MOST_OF_AN_EVENT = 1_048_576
"""Bytes of an asynchronous invocation's payload (Lambda quotas)."""

log = logging.getLogger("halfday.functions")


@operation("lambda", "Invoke", honours="FunctionName Qualifier InvocationType LogType Payload")
async def invoke(call: Call) -> Output:
    name = reference(call).name
    upload = await _upload(call, name)
    event = _event(call)
    kind = call.input.get("InvocationType", "RequestResponse")
    called = Called(function_arn(call.region, call.account, name), call.services.uuid4(), LONGEST_S)
    if kind == "DryRun":
        return {"StatusCode": 204}
    if kind == "Event":
        if len(event.encode()) > MOST_OF_AN_EVENT:
            sentence = f"{len(event.encode())} byte payload is too large for the Event invocation type (limit"
            raise Refused("RequestTooLargeException", f"{sentence} {MOST_OF_AN_EVENT} bytes)")
        call.services.functions.in_background(_in_background(call, called, upload, event))
        return {"StatusCode": 202, "Payload": b""}
    return await _answered(call, called, upload, event)


async def _upload(call: Call, name: str) -> Upload | None:
    """None for a function that is declared here."""
    if call.services.functions.has(name):
        return None
    return upload_of(call.services, await the_function(call))


def _event(call: Call) -> str:
    """Raises Refused for what is no JSON."""
    payload: bytes = call.input.get("Payload") or b"{}"
    try:
        text = payload.decode()
        json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        sentence = f"Could not parse request body into json: {type(problem).__name__}"
        raise Refused("InvalidRequestContentException", sentence) from problem
    return text


def _no_number(text: str) -> float:
    raise ValueError(text)


async def _answered(call: Call, called: Called, upload: Upload | None, event: str) -> Output:
    started = time.perf_counter()
    answer: dict[str, object] = {"StatusCode": 200, "ExecutedVersion": LATEST}
    try:
        invoked, _ = await call.services.functions.invoke(called, event, upload=upload, attempts=1)
    except FunctionError as problem:
        told = {"errorMessage": problem.message, "requestId": called.request_id, **problem.told}
        answer |= {"FunctionError": "Unhandled"}
        invoked = Invoked(json.dumps(told), problem.output)
    except NotInvoked as problem:
        raise _not_invoked(called, problem) from problem
    answer["Payload"] = invoked.answer.encode()
    if call.input.get("LogType") == "Tail":
        answer["LogResult"] = _tail(called, invoked.output, (time.perf_counter() - started) * 1000)
    return answer


def _not_invoked(called: Called, problem: NotInvoked) -> Refused:
    if problem.reason == "ResourceNotFoundException":
        return not_found(called.arn)
    if problem.reason == "TooManyRequestsException":
        return Refused(problem.reason, "Rate Exceeded.", problem.detail)
    if problem.reason == "InvalidRuntimeException":
        return Refused(problem.reason, "The runtime of this function cannot be started here.", problem.detail)
    if problem.reason == "AccessDeniedException":
        return Refused(problem.reason, "The role defined for the function cannot be assumed by Lambda.", problem.detail)
    return Refused("ServiceException", "The function was not invoked.", f"{problem.reason}: {problem.detail}")


async def _in_background(call: Call, called: Called, upload: Upload | None, event: str) -> None:
    """Once: Lambda's two further attempts, minutes later, are not made."""
    try:
        await call.services.functions.invoke(called, event, upload=upload, attempts=1)
    except (FunctionError, NotInvoked) as problem:
        where = getattr(problem, "where", "")
        log.warning("function %s failed%s, and nobody waited for it", called.name, f" at {where}" if where else "")


def _tail(called: Called, output: str, ms: float) -> str:
    """The last 4 KB of the log, as Lambda writes it."""
    text = (
        f"START RequestId: {called.request_id} Version: {LATEST}\n{output}"
        f"END RequestId: {called.request_id}\nREPORT RequestId: {called.request_id}\tDuration: {ms:.2f} ms\n"
    )
    return base64.b64encode(text.encode()[-TAIL_BYTES:]).decode()
