"""From a named call to an answer. The phases live here, in AWS's order, so that no operation can forget one:

1  name          an operation that nobody knows, or that is not built yet (501)
2  signature     who signed, for operations that are signed
3  shape         types, then constraints, from the model
4  permission    the policies of credentials that were issued here
5  honoured      members that would have to be ignored are refused (501)
6  access token  signature, expiry, revocation, scope, for operations that take one
7  work          the operation itself; what it raises must be declared for it

A refusal in any phase is translated here, once: `Refused` becomes a ServiceError with the HTTP status of its code.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import Any

from halfday.protocol.errors import ServiceError
from halfday.protocol.identifiers import identity_pool_arn, user_pool_arn
from halfday.server.domain.aws.callers import Anonymous, Caller, Root, SignedCaller, TokenUser
from halfday.server.domain.aws.functions import Reference, function_arn
from halfday.server.domain.aws.permissions import Permissions
from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.tokens import API_SCOPE
from halfday.server.flows.functions.owned import owned_function
from halfday.server.flows.identity.unknown_keys import tell_unknown_keys
from halfday.server.flows.tokens.tokens import check_access_token
from halfday.server.operations.framework import constraints, registry
from halfday.server.operations.framework.gateway_actions import gateway_action
from halfday.server.operations.framework.iam_resources import KNOWN as KNOWN_OF_IAM
from halfday.server.operations.framework.iam_resources import asked_of_iam
from halfday.server.operations.framework.lookups import not_built
from halfday.server.operations.framework.model import declared_errors, status_of
from halfday.server.operations.framework.newer_operations import is_operation
from halfday.server.operations.framework.pass_role import check_passed
from halfday.server.operations.framework.registry import Call, Operation, Output
from halfday.server.operations.framework.request_keys import request_keys
from halfday.server.services import Services
from halfday.server.storage.errors import Missing

Prove = Callable[[], Awaitable[SignedCaller]]
Parse = Callable[[Operation], dict[str, Any]]

# Codes that any AWS API may answer with, declared by no model.
_COMMON = frozenset(
    (
        "SerializationException UnknownOperationException NotImplementedException AccessDeniedException "
        "AccessDenied MissingAuthenticationTokenException MissingAuthenticationToken "
        "ValidationException UnrecognizedClientException InvalidClientTokenId InvalidSignatureException "
        "SignatureDoesNotMatch "
        "IncompleteSignatureException IncompleteSignature ExpiredTokenException ExpiredToken ValidationError "
        "InvalidParameterValue InternalErrorException InternalFailure"
    ).split()
)

# What API Gateway answers to deletes too, which declare neither, and Lambda to zips that are too long.
_ALSO = {
    "apigatewayv2": frozenset({"BadRequestException", "ConflictException"}),
    "lambda": frozenset({"RequestEntityTooLargeException"}),
}

# What operations that do not declare a code say in its place (facts/api.md §7, facts/tokens.md §5).
_ELSEWHERE = {
    "LimitExceededException": "TooManyRequestsException",
    "RefreshTokenReuseException": "NotAuthorizedException",
}
_INVALID = {
    "cognito-identity": "ValidationException",
    "cognito-idp": "InvalidParameterException",
    "lambda": "ValidationException",
    "apigateway": "ValidationException",  # as LocalStack recorded of AWS
    "apigatewayv2": "BadRequestException",
}

# Operations whose action in policies has another name (Service authorization reference).
_ACTIONS = {("lambda", "Invoke"): "InvokeFunction"}


class UndeclaredError(Exception):
    """An operation raised a code that the model does not declare for it: a mistake of ours."""


async def dispatch(
    services: Services, service: str, name: str, *, region: str, context: RequestContext, prove: Prove, parse: Parse
) -> tuple[Operation, Output]:
    """Raises ServiceError. `prove` is asked for signed operations only, `parse` once the operation is known."""
    operation = _named(service, name)
    try:
        caller: Caller = await prove() if operation.authority == "signed" else Anonymous()
        given = parse(operation)
        _check_shape(operation, given)
        call = Call(services, given, caller, region, context, now=services.clock())
        await _check_permission(operation, call)
        _check_honoured(operation, given)
        if operation.authority == "token":
            call = replace(call, caller=await _check_token(services, given))
        return operation, await _work(operation, call)
    except Refused as refused:
        raise _on_the_wire(refused, operation, strict=services.strict_about_ourselves) from refused


def _on_the_wire(refused: Refused, operation: Operation, *, strict: bool) -> ServiceError:
    """The refusal under a code that the operation declares, with that code's HTTP status."""
    declared, code = declared_errors(operation.model), refused.code
    if code not in declared:
        code = _ELSEWHERE.get(code, code)
    if strict and code not in declared | _COMMON | _ALSO.get(operation.service, frozenset()):
        raise UndeclaredError(f"{operation.service}:{operation.name} does not declare {code} ({refused.sentence})")
    return ServiceError(code, refused.sentence, status=status_of(operation.service, code), detail=refused.detail)


async def _work(operation: Operation, call: Call) -> Output:
    """What was there when the call came, and is gone before the call is done, was not there."""
    try:
        return await operation.handler(call)
    except Missing as problem:
        declared = declared_errors(operation.model)
        gone = ("ResourceNotFoundException", "Resource not found.")
        if problem.table == "users" and "UserNotFoundException" in declared:
            gone = ("UserNotFoundException", "User does not exist.")
        if gone[0] not in declared:
            raise
        raise Refused(*gone, f"gone meanwhile: {problem}") from problem


def _named(service: str, name: str) -> Operation:
    operation = registry.find(service, name)
    if operation is not None:
        return operation
    if not is_operation(service, name):
        raise ServiceError("UnknownOperationException", f"{service} has no operation {name}")
    message = f"Halfday does not answer {service} {name} yet. What it answers is listed in its README."
    raise ServiceError("NotImplementedException", message, status=status_of(service, "NotImplementedException"))


def _check_shape(operation: Operation, given: Mapping[str, Any]) -> None:
    clauses = constraints.objections(operation.model.input_shape, given)
    if clauses:
        raise Refused(_invalid(operation), constraints.sentence(clauses))


async def _check_permission(operation: Operation, call: Call) -> None:
    caller = call.caller
    if isinstance(caller, (Anonymous, Root, TokenUser)) or operation.authorizes_itself:  # the root may do everything
        return
    permissions = Permissions(caller, operation.service)
    try:
        await _ask(permissions, operation, call, caller)
    finally:
        tell_unknown_keys(permissions.unknown_keys)


async def _ask(permissions: Permissions, operation: Operation, call: Call, caller: SignedCaller) -> None:
    service = operation.service
    keys = request_keys(call.context, account=call.account, region=call.region, now=call.now)
    keys["aws:SecureTransport"] = str(call.services.origin.startswith("https:")).lower()
    if service == "iam":
        asked = await asked_of_iam(call.services, caller, operation.name, call.input)
        for action, resource in product(asked.actions, asked.resources):
            permissions.check(action, resource, {**keys, **asked.context}, known=KNOWN_OF_IAM)
        return
    if service in ("apigateway", "apigatewayv2"):
        method, path = gateway_action(operation.model, call.input, call.region)
        permissions.check(f"apigateway:{method}", path, keys)
        return
    action = _ACTIONS.get((service, operation.name), operation.name)
    resource = resource_of(call.services, operation, call.input, call.region)
    owned = await owned_function(call.services, resource) if service == "lambda" else None
    permissions.check(f"{service}:{action}", resource, keys, owned=owned)
    check_passed(permissions, service, operation.name, call.input, keys)


def resource_of(services: Services, operation: Operation, given: Mapping[str, Any], region: str) -> str:
    """The ARN that a policy has to name: the pool's or function's for operations on one or its tags, * for others.

    Also * for text that is no id, where the model takes any text: no policy for a pool is meant for it.
    """
    account = services.settings.account_id
    with suppress(ValueError):
        if "UserPoolId" in given:
            return user_pool_arn(given["UserPoolId"], account)
        if "IdentityPoolId" in given:
            return identity_pool_arn(given["IdentityPoolId"], account)
    if operation.service == "lambda":
        return _function_named(given, account, region)
    return str(given.get("ResourceArn", "*"))


def _function_named(given: Mapping[str, Any], account: str, region: str) -> str:
    named = Reference.read(given.get("FunctionName") or given.get("Resource") or "")
    return "*" if named is None else function_arn(named.region or region, named.account or account, named.name)


def _check_honoured(operation: Operation, given: Mapping[str, Any]) -> None:
    paths = registry.not_honoured(operation, given)
    if paths:
        raise not_built(", ".join(paths), operation.name)


async def _check_token(services: Services, given: Mapping[str, Any]) -> Caller:
    """AssociateSoftwareToken and VerifySoftwareToken take a sign-in's session in place of a token: theirs to check.

    The model lets others leave the token out as well, which no documentation explains: they need it.
    """
    if "AccessToken" not in given:
        if "Session" in given:
            return Anonymous()
        raise Refused("InvalidParameterException", "Missing required parameter AccessToken")
    return await check_access_token(services, given["AccessToken"], scope=API_SCOPE)


def _invalid(operation: Operation) -> str:
    """The code of a broken constraint: each service has its own (facts/api.md §1, facts/news.md)."""
    return _INVALID.get(operation.service, "ValidationError")
