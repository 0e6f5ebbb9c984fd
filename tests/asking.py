"""How tests ask for what is refused, and what they then look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from world import World

UNCHECKED = Config(parameter_validation=False, retries={"max_attempts": 0})
"""boto3 sends what it is given: the server's own checks are what is looked at."""


def refusal(operation: Callable[..., Any], **given: Any) -> tuple[str, str]:
    """(code, sentence) of a call that is refused."""
    with pytest.raises(ClientError) as caught:
        operation(**given)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def status(operation: Callable[..., Any], **given: Any) -> int:
    """The HTTP status of a call that is refused."""
    with pytest.raises(ClientError) as caught:
        operation(**given)
    return int(caught.value.response["ResponseMetadata"]["HTTPStatusCode"])


def unchecked(world: World, service: str) -> Any:
    return world.boto3(service, config=UNCHECKED)


def invalid(sentence: str) -> tuple[str, str]:
    return "InvalidParameterException", sentence


def broken(sentence: str) -> tuple[str, str]:
    """A broken constraint, as cognito-identity says it."""
    return "ValidationException", sentence


def not_authorized(sentence: str) -> tuple[str, str]:
    return "NotAuthorizedException", sentence


def missing(sentence: str) -> tuple[str, str]:
    return "ResourceNotFoundException", sentence


def not_honoured(what: str, operation: str) -> tuple[str, str]:
    """AWS honours it and this server does not: never a code by which AWS says no."""
    return "NotImplementedException", f"Halfday does not honour {what} of {operation} yet, and so refuses it."
