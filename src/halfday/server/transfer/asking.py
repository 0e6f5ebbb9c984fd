"""Calls of an AWS API, whoever answers: this process, another server, or AWS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from halfday.protocol.errors import ServiceError
from halfday.server.operations.framework.model import service_model
from halfday.server.operations.framework.root_calls import dispatched
from halfday.server.operations.framework.service_models import ListShape, MapShape, Shape, StructureShape
from halfday.server.services import Services
from halfday.server.transfer.errors import CallRefused

Members = dict[str, Any]

NOT_ANSWERED = "NotAnswered"
"""The code where whoever answers in AWS's place does not have the call."""
ABSENT = frozenset(
    "ResourceNotFoundException UserPoolAddOnNotEnabledException NoSuchEntity NoSuchEntityException NotFoundException "
    "UserPoolTaggingException FeatureUnavailableInTierException WebAuthnConfigurationMissingException "
    f"{NOT_ANSWERED}".split()
)
"""What is answered where there is nothing of the kind."""


class Ask(Protocol):
    async def __call__(self, service: str, name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The output. Raises CallRefused."""
        ...


class OwnCalls:
    """The calls of this process's own operations, in one Region."""

    def __init__(self, services: Services, region: str) -> None:
        self._services, self._region = services, region

    async def __call__(self, service: str, name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        await asyncio.sleep(0)  # a database in memory never waits, and others are to be answered meanwhile
        try:
            found = await dispatched(self._services, service, name, given, region=self._region)
        except ServiceError as error:
            raise CallRefused(error.code, error.message) from error
        shape = service_model(service).operation_model(name).output_shape
        whole: Members = _in_order(shape, plain(found))
        return whole


def plain(value: Any) -> Any:
    """Without members that are None; tuples are lists; dates are epoch seconds; bytes stay."""
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items() if each is not None}
    if isinstance(value, (list, tuple)) or (hasattr(value, "__iter__") and not isinstance(value, (str, bytes))):
        return [plain(each) for each in value]
    if hasattr(value, "timestamp"):
        return value.timestamp()
    return value


def _in_order(shape: Shape | None, value: Any) -> Any:
    """Members in the order of the model, and names that people chose in their own: what is alike is told alike."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping) and not shape.is_document_type:
        return {name: _in_order(each, value[name]) for name, each in shape.members.items() if name in value}
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {name: _in_order(shape.value, value[name]) for name in sorted(value)}
    return [_in_order(shape.member, each) for each in value] if isinstance(shape, ListShape) else value


async def every(
    ask: Ask, service: str, name: str, given: Mapping[str, Any], listed: str, *, limit: Mapping[str, int] | None = None
) -> AsyncIterator[Any]:
    """Every entry of a list, page by page. `limit` is the member that says how many are asked for at once.

    Raises CallRefused, also for pages that lead round in a circle, or nowhere.
    """
    token_in, token_out = _TOKENS.get((service, name), ("NextToken", "NextToken"))
    token: Members = {}
    seen: set[Any] = set()
    empty = 0
    while True:
        page = await ask(service, name, {**given, **(limit or {}), **token})
        for entry in page.get(listed, ()):
            yield entry
        if not (after := page.get(token_out)):
            return
        empty = 0 if page.get(listed) else empty + 1
        if after in seen or empty > _MOST_EMPTY_PAGES:
            raise CallRefused("EndlessPages", f"{name}: its pages do not end")
        seen.add(after)
        token = {token_in: after}


_MOST_EMPTY_PAGES = 1000
"""In a row. AWS gives some where entries are filtered."""


_TOKENS = {
    ("cognito-idp", "ListUsers"): ("PaginationToken", "PaginationToken"),
    **{
        ("iam", name): ("Marker", "Marker")
        for name in (
            "ListRoles",
            "ListPolicies",
            "ListRolePolicies",
            "ListAttachedRolePolicies",
            "ListRoleTags",
            "ListPolicyTags",
            "ListPolicyVersions",
            "ListUsers",
            "ListUserPolicies",
            "ListAttachedUserPolicies",
            "ListAccessKeys",
        )
    },
}
"""How operations name the place to go on from, where it is not NextToken."""


async def if_there(ask: Ask, service: str, name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The output; nothing where there is nothing of the kind. Raises CallRefused for other errors."""
    try:
        return await ask(service, name, given)
    except CallRefused as refused:
        if refused.code in ABSENT:
            return {}
        raise
