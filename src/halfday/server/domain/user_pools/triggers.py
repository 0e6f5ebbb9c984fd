"""Lambda triggers: which functions a pool names (LambdaConfig), and what an event and an answer must look like.

Source: API reference, LambdaConfigType; facts/triggers.md §1 to §3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from halfday.server.domain.refusals import Refused, invalid


class Trigger(StrEnum):
    """Each by its member of LambdaConfig. Errors name it so too."""

    PRE_SIGN_UP = "PreSignUp"
    POST_CONFIRMATION = "PostConfirmation"
    PRE_AUTHENTICATION = "PreAuthentication"
    POST_AUTHENTICATION = "PostAuthentication"
    DEFINE_AUTH_CHALLENGE = "DefineAuthChallenge"
    CREATE_AUTH_CHALLENGE = "CreateAuthChallenge"
    VERIFY_AUTH_CHALLENGE_RESPONSE = "VerifyAuthChallengeResponse"
    PRE_TOKEN_GENERATION = "PreTokenGeneration"
    USER_MIGRATION = "UserMigration"
    CUSTOM_MESSAGE = "CustomMessage"
    CUSTOM_SMS_SENDER = "CustomSMSSender"
    CUSTOM_EMAIL_SENDER = "CustomEmailSender"
    INBOUND_FEDERATION = "InboundFederation"


NOT_INVOKED = "UnexpectedLambdaException"
BY_FUNCTIONS = frozenset({"UserLambdaValidationException", NOT_INVOKED, "InvalidLambdaResponseException"})
"""The codes of refusals that a pool's function brought about."""
KMS_KEY = "KMSKeyID"
_PRE_TOKEN_CONFIG = "PreTokenGenerationConfig"
_SENDERS = (Trigger.CUSTOM_SMS_SENDER, Trigger.CUSTOM_EMAIL_SENDER)
_VERSIONED = {
    Trigger.PRE_TOKEN_GENERATION: _PRE_TOKEN_CONFIG,
    Trigger.CUSTOM_SMS_SENDER: Trigger.CUSTOM_SMS_SENDER,
    Trigger.CUSTOM_EMAIL_SENDER: Trigger.CUSTOM_EMAIL_SENDER,
    Trigger.INBOUND_FEDERATION: Trigger.INBOUND_FEDERATION,
}
"""Members that are a structure of LambdaArn and LambdaVersion."""


@dataclass(frozen=True, slots=True)
class Function:
    """The function of one trigger. `version` is 1, 2 or 3: of the events that it is sent."""

    arn: str
    version: int = 1


def function_of(lambda_config: Mapping[str, Any], trigger: Trigger) -> Function | None:
    """The function that a pool's LambdaConfig names for this trigger."""
    if not lambda_config:
        return None
    configured = lambda_config.get(_VERSIONED.get(trigger, ""))
    if configured is not None:
        return Function(configured["LambdaArn"], int(configured["LambdaVersion"][1]))
    arn = lambda_config.get(trigger)
    return None if arn is None else Function(arn)


def check_lambda_config(given: Mapping[str, Any]) -> None:
    """Whether its members go together. Raises Refused; the sentences are [inferred]."""
    old, new = given.get(Trigger.PRE_TOKEN_GENERATION), given.get(_PRE_TOKEN_CONFIG)
    if old is not None and new is not None and old != new["LambdaArn"]:
        raise invalid("PreTokenGeneration and PreTokenGenerationConfig.LambdaArn must be the same function.")
    if any(sender in given for sender in _SENDERS) and KMS_KEY not in given:
        raise invalid("KMSKeyID is required with a custom sender Lambda function.")
    for trigger in Trigger:
        function = function_of(given, trigger)
        if function is not None and not _names_a_function(function.arn):
            raise invalid(f"Lambda function {function.arn} is not a valid function ARN.")


def unlike_the_event() -> Refused:
    """The answer is not the event with a filled response (facts/triggers.md §2)."""
    return unusable("it did not return the event")


def unusable(detail: str) -> Refused:
    return Refused("InvalidLambdaResponseException", "Unrecognizable lambda output", detail)


def response_in(event: Mapping[str, Any], answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `response` of a returned event. Raises Refused where it is another event, or none [inferred]."""
    for member in ("triggerSource", "userPoolId", "version"):
        if answer.get(member, event[member]) != event[member]:
            raise unlike_the_event()
    response = answer.get("response")
    if response is None and "response" in answer:
        return {}
    if not isinstance(response, dict):
        raise unlike_the_event()
    return response


def _names_a_function(arn: str) -> bool:
    parts = arn.split(":")
    return len(parts) in (7, 8) and parts[2] == "lambda" and parts[5] == "function"
