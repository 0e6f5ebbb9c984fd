"""Who may invoke a function: AddPermission, RemovePermission, GetPolicy. Source: Lambda API reference."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.aws.functions import MOST_OF_A_POLICY, LambdaFunction, function_arn
from halfday.server.domain.aws.policies import Kind, parse_policy
from halfday.server.domain.refusals import Refused
from halfday.server.flows.pinned_principals import NobodyThere, names_the_gone, pinned, shown
from halfday.server.operations.framework.lambda_functions import (
    bad_value,
    check_revision,
    find_function,
    not_found,
    reference,
    the_function,
)
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing

_SERVICE = re.compile(
    r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?|alexa-(?:appkit|connectedhome)\.amazon\.com"
)
_ACCOUNT = re.compile(r"\d{12}")
_ENTITY = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::\d{12}:.+")
_NO_PRINCIPAL = "The provided principal was invalid. Please check the principal and try again."


@operation(
    "lambda",
    "AddPermission",
    honours="FunctionName StatementId Action Principal SourceArn SourceAccount EventSourceToken PrincipalOrgID "
    "Qualifier RevisionId",
)
async def add_permission(call: Call) -> Output:
    if reference(call).qualifier:
        raise bad_value("We currently do not support adding policies for $LATEST.")
    function = await the_function(call)
    statement = _statement(function, call.input)
    kept = await _pinned(call, function, statement)
    sid, revision_id = call.input["StatementId"], call.services.uuid4()

    def with_statement(known: LambdaFunction) -> LambdaFunction:
        check_revision(call, known.policy_revision_id)
        if sid in known.statements:
            sentence = (
                f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the "
                "existing statement."
            )
            raise Refused("ResourceConflictException", sentence)
        changed = replace(known, statements={**known.statements, sid: kept}, policy_revision_id=revision_id)
        _check_length(changed)
        return changed

    await _change(call, function, with_statement)
    return {"Statement": _text(statement)}


@operation("lambda", "RemovePermission", honours="FunctionName StatementId Qualifier RevisionId")
async def remove_permission(call: Call) -> Output:
    function = await find_function(call)
    if function is None:
        arn = function_arn(call.region, call.account, reference(call).name)
        raise Refused("ResourceNotFoundException", f"No policy found for: {arn}")
    sid, revision_id = call.input["StatementId"], call.services.uuid4()

    def without_statement(known: LambdaFunction) -> LambdaFunction:
        if not known.statements:
            raise Refused("ResourceNotFoundException", "No policy is associated with the given resource.")
        if sid not in known.statements:
            raise Refused("ResourceNotFoundException", f"Statement {sid} is not found in resource policy.")
        check_revision(call, known.policy_revision_id)
        left = {name: statement for name, statement in known.statements.items() if name != sid}
        return replace(known, statements=left, policy_revision_id=revision_id)

    await _change(call, function, without_statement)
    return {}


@operation("lambda", "GetPolicy", honours="FunctionName Qualifier")
async def get_policy(call: Call) -> Output:
    function = await find_function(call)
    if function is None or not function.statements:
        raise Refused("ResourceNotFoundException", "The resource you requested does not exist.")
    policy = await shown(call.services.store, call.account, function.policy)
    return {"Policy": _text(policy), "RevisionId": function.policy_revision_id}


async def _change(call: Call, function: LambdaFunction, change: Any) -> None:
    try:
        await call.services.store.lambda_functions.change(function, change)
    except Missing as problem:
        raise not_found(function.arn) from problem


def _statement(function: LambdaFunction, given: Mapping[str, Any]) -> dict[str, Any]:
    """As Lambda writes it. Raises Refused for what is no policy's."""
    conditions: dict[str, dict[str, str]] = {}
    if "SourceAccount" in given:
        conditions.setdefault("StringEquals", {})["AWS:SourceAccount"] = given["SourceAccount"]
    if "EventSourceToken" in given:
        conditions.setdefault("StringEquals", {})["lambda:EventSourceToken"] = given["EventSourceToken"]
    if "PrincipalOrgID" in given:
        conditions.setdefault("StringEquals", {})["aws:PrincipalOrgID"] = given["PrincipalOrgID"]
    if "SourceArn" in given:
        conditions["ArnLike"] = {"AWS:SourceArn": given["SourceArn"]}
    statement = {
        "Sid": given["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(given["Principal"]),
        "Action": given["Action"],
        "Resource": function.arn,
        **({"Condition": conditions} if conditions else {}),
    }
    try:
        parse_policy({"Version": "2012-10-17", "Statement": [statement]}, kind=Kind.RESOURCE)
    except Refused as refused:
        raise bad_value(refused.sentence, refused.detail) from refused
    return statement


async def _pinned(call: Call, function: LambdaFunction, statement: Mapping[str, Any]) -> Any:
    """The statement as it is kept. Raises Refused where it, or the policy that is there, names who is not there.

    Of a policy that is there: github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1189.
    """
    store = call.services.store
    if await names_the_gone(store, call.account, function.policy):
        raise bad_value(_NO_PRINCIPAL, "the function's policy names a user or role that was deleted")
    try:
        policy = await pinned(store, call.account, {"Statement": statement})
    except NobodyThere as nobody:
        raise bad_value(_NO_PRINCIPAL, str(nobody)) from nobody
    return policy["Statement"]


def _principal(named: str) -> str | dict[str, str]:
    if named == "*":
        return "*"
    if _ACCOUNT.fullmatch(named):
        return {"AWS": f"arn:aws:iam::{named}:root"}
    if _SERVICE.fullmatch(named):
        return {"Service": named}
    if _ENTITY.fullmatch(named):
        return {"AWS": named}
    raise bad_value(_NO_PRINCIPAL)


def _check_length(function: LambdaFunction) -> None:
    size = len(_text(function.policy).encode())
    if size > MOST_OF_A_POLICY:
        sentence = f"The final policy size ({size}) is bigger than the limit ({MOST_OF_A_POLICY})."
        raise Refused("PolicyLengthExceededException", sentence)


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(_plain(document), separators=(",", ":"))


def _plain(value: Any) -> Any:
    """What was read from the store is frozen."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
