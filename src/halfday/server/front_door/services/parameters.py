"""Systems Manager parameters, by name, by path and by ARN. Other operations of SSM are not known in their resources.

Source: Service authorization reference, AWS Systems Manager; Systems Manager user guide, Restricting access to
parameters using IAM policies, and Referencing Secrets Manager secrets from Parameter Store parameters.
"""

from __future__ import annotations

import re

from halfday.server.domain.aws.policies import known_keys
from halfday.server.domain.calls.arns import is_arn
from halfday.server.domain.calls.refusals import CallRefused, not_built
from halfday.server.domain.s3.actions import Need
from halfday.server.front_door.catalogue import service_named
from halfday.server.front_door.services import others, secrets
from halfday.server.front_door.services.calls import Ask, Plan, ServiceCall

KNOWN = known_keys(("ssm:Overwrite", "ssm:Recursive"))
_SECRET = "/aws/reference/secretsmanager/"
_NAME = re.compile(r"[A-Za-z0-9_./-]{1,1011}(?::[A-Za-z0-9_.-]{1,100})?")
_OF_ONE = frozenset(
    {"DeleteParameter", "GetParameter", "GetParameterHistory", "LabelParameterVersion", "PutParameter"}
    | {"UnlabelParameterVersion"}
)
_OF_SEVERAL = frozenset({"DeleteParameters", "GetParameters"})
_TAGS = frozenset({"AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource"})


async def plan(call: ServiceCall, ask: Ask) -> Plan:
    if call.operation in _OF_ONE:
        name, needs = await _named(call, call.text("Name"), ask)
        return Plan(call.changed(Name=name), needs, KNOWN)
    if call.operation in _OF_SEVERAL:
        found = [await _named(call, str(name), ask) for name in call.parameters.get("Names") or ()]
        if not found:
            raise CallRefused("ValidationException", "Names: Member must have length greater than or equal to 1")
        return Plan(call.changed(Names=[n for n, _ in found]), tuple(one for _, needs in found for one in needs), KNOWN)
    if call.operation == "GetParametersByPath":
        return _by_path(call)
    if call.operation in _TAGS and call.text("ResourceType") == "Parameter":
        return Plan(call, (Need(call.action, _arn(call, _checked(call.text("ResourceId")))),), KNOWN)
    if call.operation == "DescribeParameters":
        return Plan(call, (Need(call.action, "*"),), KNOWN)
    return await others.plan(call, ask)


async def _named(call: ServiceCall, name: str, ask: Ask) -> tuple[str, tuple[Need, ...]]:
    """The name as it goes on, and its needs. A secret behind a parameter's name needs the secret's permission too."""
    if is_arn(name):
        name = call.place.name_in(name, "ssm").removeprefix("parameter")
        name = name if "/" in name[1:] else name[1:]
    need = Need(call.action, _arn(call, _checked(name)), _context(call))
    if not name.startswith(_SECRET):
        if name.startswith("/aws/reference"):
            raise not_built(f"the parameter {name[:64]}")
        return name, (need,)
    manager = service_named("secretsmanager")
    asked = ServiceCall(manager, "GetSecretValue", "json", call.place, call.origin, {})
    arn, _ = await secrets.secret_arn(asked, name.removeprefix(_SECRET).partition(":")[0], ask)
    return name, (need, Need("secretsmanager:GetSecretValue", arn))


def _by_path(call: ServiceCall) -> Plan:
    path = call.text("Path")
    if not path.startswith("/") or not (path == "/" or _NAME.fullmatch(path)) or path.startswith("/aws/reference"):
        raise CallRefused("ValidationException", "The parameter path must begin with a slash, and be a parameter's.")
    return Plan(call, (Need(call.action, _arn(call, path), _context(call)),), KNOWN)


def _arn(call: ServiceCall, name: str) -> str:
    return call.arn(f"parameter/{name.partition(':')[0].removeprefix('/')}")


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise CallRefused("ValidationException", "Parameter name: can't be prefixed with 'ssm' and holds a-zA-Z0-9_.-/")
    return name


def _context(call: ServiceCall) -> dict[str, str]:
    """Absent members are false (ssm:Overwrite, ssm:Recursive)."""
    if call.operation == "PutParameter":
        return {"ssm:Overwrite": str(call.parameters.get("Overwrite") is True).lower()}
    if call.operation == "GetParametersByPath":
        return {"ssm:Recursive": str(call.parameters.get("Recursive") is True).lower()}
    return {}
