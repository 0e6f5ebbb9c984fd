"""Which operations are answered, by which function. Each is checked against the model when it is registered.

    @operation("cognito-idp", "AdminDisableUser", honours="UserPoolId Username")
    async def admin_disable_user(call: Call) -> Output: ...

`honours` names the members that the function acts upon, in the model's own words, nested ones with dots. A request with
any other member is refused, because what is not honoured is refused, never ignored. A parent named without children
honours all of them. An empty list, map or structure asks for nothing, and counts as absent (Terraform's destroy sends
`RoleMappings={}`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from halfday.server.domain.aws.callers import Anonymous, Caller, TokenUser
from halfday.server.domain.request_context import RequestContext
from halfday.server.operations.framework.model import Authority, authority_of, operation_model
from halfday.server.operations.framework.service_models import OperationModel, Shape, StructureShape
from halfday.server.services import Services

Output = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One proven, well-formed call. `input` holds the request's members as Python values.

    `context` is what the edge saw of it; `request_contexts` adds what the call says itself. `now` is one reading of the
    clock, in epoch seconds, for the whole call: the two dates of a new record are equal.
    """

    services: Services
    input: Mapping[str, Any]
    caller: Caller
    region: str
    context: RequestContext
    now: float

    @property
    def account(self) -> str:
        return self.services.settings.account_id

    def is_of_region(self, region: str) -> bool:
        """Whether what is in that Region is there for this call. A call that nobody signed names no Region."""
        return region == self.region or isinstance(self.caller, (Anonymous, TokenUser))


Handler = Callable[[Call], Awaitable[Output]]


@dataclass(frozen=True, slots=True)
class Operation:
    service: str
    name: str
    handler: Handler
    model: OperationModel
    authority: Authority
    honours: frozenset[str]
    authorizes_itself: bool = False


_OPERATIONS: dict[tuple[str, str], Operation] = {}


def operation(
    service: str, name: str, *, honours: str = "", authorizes_itself: bool = False
) -> Callable[[Handler], Handler]:
    """Registers the decorated function as the answer to `name`. Raises LookupError when the model knows better.

    `authorizes_itself`: the function asks itself whether the caller may, where more than identity policies decide.
    """
    model = operation_model(service, name)
    if model is None:
        raise LookupError(f"{service} has no operation {name}")
    members = frozenset(honours.split())
    for path in members:
        _check_path(model.input_shape, path, f"{service}:{name}")

    def register(handler: Handler) -> Handler:
        authority = authority_of(model)
        _OPERATIONS[service, name] = Operation(service, name, handler, model, authority, members, authorizes_itself)
        return handler

    return register


def find(service: str, name: str) -> Operation | None:
    return _OPERATIONS.get((service, name))


def registered() -> list[Operation]:
    return sorted(_OPERATIONS.values(), key=lambda o: (o.service, o.name))


def not_honoured(operation: Operation, given: Mapping[str, Any]) -> list[str]:
    """The members of a request that the operation would have to ignore, by path."""
    return _unknown_paths(operation.model.input_shape, given, "", operation.honours)


def _unknown_paths(shape: Shape | None, given: Mapping[str, Any], prefix: str, honours: frozenset[str]) -> list[str]:
    paths: list[str] = []
    members = shape.members if isinstance(shape, StructureShape) else {}
    for name, value in given.items():
        path, inner = prefix + name, members.get(name)
        if path in honours or _asks_for_nothing(inner, value):
            continue
        if isinstance(value, Mapping) and any(known.startswith(path + ".") for known in honours):
            paths += _unknown_paths(inner, value, path + ".", honours)
        else:
            paths.append(path)
    return paths


def _asks_for_nothing(shape: Shape | None, value: Any) -> bool:
    """An empty list, map or structure, or a structure of such members. A map's keys say something by themselves."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return all(_asks_for_nothing(shape.members.get(name), item) for name, item in value.items())
    return value in ([], {})


def _check_path(shape: Shape | None, path: str, where: str) -> None:
    for name in path.split("."):
        members = getattr(shape, "members", {})
        if name not in members:
            raise LookupError(f"{where} has no member {path}")
        shape = members[name]
