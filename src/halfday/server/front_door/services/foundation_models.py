"""Bedrock's runtime: the model, the inference profile or the guardrail that the path names.

Converse and InvokeModel are one permission, and so are their streams. Source: Service authorization reference, Amazon
Bedrock; Bedrock API reference, Converse.
"""

from __future__ import annotations

import re

from halfday.server.domain.aws.policies import known_keys
from halfday.server.domain.calls.arns import is_arn
from halfday.server.domain.calls.refusals import CallRefused, not_built
from halfday.server.domain.s3.actions import Need
from halfday.server.front_door.services.calls import Ask, Plan, ServiceCall

_ACTIONS = {
    "Converse": "InvokeModel",
    "ConverseStream": "InvokeModelWithResponseStream",
    "StartAsyncInvoke": "InvokeModel",
}
_PROFILE = re.compile(r"(us|eu|apac|us-gov|global|ca|jp|au)\.[a-z0-9-]+\..+")
_MODEL = re.compile(r"[A-Za-z0-9.:_-]{1,256}")
_FOUNDATION = re.compile(r"arn:aws:bedrock:([a-z0-9-]+)::foundation-model/[A-Za-z0-9.:_-]+")
_GUARDRAIL = "bedrock:GuardrailIdentifier"


async def plan(call: ServiceCall, ask: Ask) -> Plan:
    if call.operation in ("InvokeModelWithBidirectionalStream", "InvokeGuardrailChecks"):
        raise not_built(f"{call.operation} of Bedrock")
    action = f"bedrock:{_ACTIONS.get(call.operation, call.operation)}"
    if call.operation == "ListAsyncInvokes":
        return Plan(call, (Need(action, "*"),))
    return Plan(call, (Need(action, _resource(call), _context(call)),), known_keys((_GUARDRAIL,)))


def _resource(call: ServiceCall) -> str:
    if "guardrailIdentifier" in call.labels:
        return _named(call, call.labels["guardrailIdentifier"], "guardrail/")
    if "invocationArn" in call.labels:
        return call.arn(call.place.name_in(call.labels["invocationArn"], "bedrock"))
    model = call.labels.get("modelId") or call.text("modelId")
    if found := _FOUNDATION.fullmatch(model):
        if found[1] != call.place.region:
            raise CallRefused("ValidationException", "The provided model identifier is invalid.")
        return model
    if is_arn(model):
        return call.arn(call.place.name_in(model, "bedrock"))
    if not _MODEL.fullmatch(model):
        raise CallRefused("ValidationException", "The provided model identifier is invalid.")
    if _PROFILE.fullmatch(model):
        return call.arn(f"inference-profile/{model}")
    return f"arn:aws:bedrock:{call.place.region}::foundation-model/{model}"


def _named(call: ServiceCall, name: str, before: str) -> str:
    return call.arn(call.place.name_in(name, "bedrock") if is_arn(name) else f"{before}{name}")


def _context(call: ServiceCall) -> dict[str, str]:
    """The guardrail that a call brings along, in a header or in its body."""
    given = call.headers.get("x-amzn-bedrock-guardrailidentifier") or call.members("guardrailConfig").get(
        "guardrailIdentifier"
    )
    if not isinstance(given, str):
        return {}
    version = call.headers.get("x-amzn-bedrock-guardrailversion") or call.members("guardrailConfig").get(
        "guardrailVersion", ""
    )
    arn = _named(call, given, "guardrail/")
    return {_GUARDRAIL: f"{arn}:{version}" if version and version != "DRAFT" else arn}
