"""IAM, as far as roles need it: CreateRole, GetRole, PutRolePolicy, GetRolePolicy."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from halfday.protocol.identifiers import make_role_id
from halfday.server.domain.aws.policies import Kind, check_policy
from halfday.server.domain.aws.policies.documents import MOST_OF_A_ROLE, MOST_OF_A_TRUST_POLICY, characters
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.refusals import Refused
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken


@operation("iam", "CreateRole", honours="Path RoleName AssumeRolePolicyDocument Description MaxSessionDuration")
async def create_role(call: Call) -> Output:
    given = call.input
    _check_path(given.get("Path", "/"))
    role = Role(
        account=call.account,
        name=given["RoleName"],
        role_id=make_role_id(call.services.random(17)),
        trust_policy=_trust_policy(given["AssumeRolePolicyDocument"]),
        created_at=call.now,
        path=given.get("Path", "/"),
        description=given.get("Description"),
        max_session_duration_s=given.get("MaxSessionDuration", 3600),
    )
    try:
        async with call.services.store.unit(role.account):
            if await call.services.store.roles.find_in_any_case(role.account, role.name) is not None:
                raise _name_taken(role.name)
            await call.services.store.roles.insert(role)
    except Taken as problem:
        raise _name_taken(role.name) from problem
    return {"Role": _shape(role)}


@operation("iam", "GetRole", honours="RoleName")
async def get_role(call: Call) -> Output:
    return {"Role": _shape(await _the_role(call))}


@operation("iam", "PutRolePolicy", honours="RoleName PolicyName PolicyDocument")
async def put_role_policy(call: Call) -> Output:
    """The inline policies of a role have a maximum size together: each call by its credentials is checked against
    them.
    """
    role, name = await _the_role(call), call.input["PolicyName"]
    text = call.input["PolicyDocument"]
    _check_size(role, name, text)
    document = _document(text, Kind.IDENTITY)

    def with_policy(known: Role) -> Role:
        _check_size(known, name, text)
        return replace(known, policies={**known.policies, name: document})

    await call.services.store.roles.change(role.account, role.name, with_policy)
    return {}


@operation("iam", "GetRolePolicy", honours="RoleName PolicyName")
async def get_role_policy(call: Call) -> Output:
    role, name = await _the_role(call), call.input["PolicyName"]
    if name not in role.policies:
        raise Refused("NoSuchEntity", f"The role policy with name {name} cannot be found.")
    return {"RoleName": role.name, "PolicyName": name, "PolicyDocument": quote(json.dumps(role.policies[name]))}


def _name_taken(name: str) -> Refused:
    """Names are not distinguished by case (API reference, CreateRole)."""
    return Refused("EntityAlreadyExists", f"Role with name {name} already exists.")


def _check_path(path: str) -> None:
    """Measured by github.com/badmintoncryer/cdk-preflight, rules/iam."""
    if path.startswith("/aws-service-role"):
        message = "Paths beginning with '/aws-service-role' are reserved for AWS Service Linked Roles"
        raise Refused("InvalidInput", message)


def _check_size(role: Role, policy_name: str, text: str) -> None:
    """Checked before the text is parsed, and again within the change: another policy may have been put meanwhile."""
    if sum(map(characters, {**role.policies, policy_name: text}.values())) > MOST_OF_A_ROLE:
        message = f"Maximum policy size of {MOST_OF_A_ROLE} bytes exceeded for role {role.name}"
        raise Refused("LimitExceeded", message)


async def _the_role(call: Call) -> Role:
    try:
        return await call.services.store.roles.get(call.account, call.input["RoleName"])
    except Missing as problem:
        message = f"The role with name {call.input['RoleName']} cannot be found."
        raise Refused("NoSuchEntity", message) from problem


def _trust_policy(text: str) -> dict[str, Any]:
    if characters(text) > MOST_OF_A_TRUST_POLICY:
        raise Refused("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {MOST_OF_A_TRUST_POLICY}")
    return _document(text, Kind.TRUST)


def _document(text: str, kind: Kind) -> dict[str, Any]:
    check_policy(text, kind=kind)
    document: dict[str, Any] = json.loads(text)
    return document


def _shape(role: Role) -> dict[str, Any]:
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.role_id,
        "Arn": role.arn,
        "CreateDate": role.created_at,
        "AssumeRolePolicyDocument": quote(json.dumps(role.trust_policy)),
        "Description": role.description,
        "MaxSessionDuration": role.max_session_duration_s,
    }
