"""Makes what a document describes, by the calls that boto3 would make: all of it is checked like any call.

What is there already is left alone, and told: the same import goes on where it was cut off. Ids, usernames and subs are
those of the document. Of dates, those of users are kept; the others are of the import.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday.protocol.errors import ServiceError
from halfday.protocol.identifiers import region_of_identity, region_of_pool
from halfday.server.operations.framework.model import service_model
from halfday.server.operations.framework.root_calls import dispatched, told
from halfday.server.operations.framework.service_models import ListShape, MapShape, Shape, StructureShape
from halfday.server.services import Services
from halfday.server.transfer.errors import TransferRefused

Members = dict[str, Any]


@dataclass
class Told:
    """What an import did, and what it could not: sentences for people. `counts` by kind.

    `refused`: users who were not brought, and why. `unreachable`: those who were, and have no way to a password.
    """

    counts: dict[str, int] = field(default_factory=dict)
    there_already: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)

    def count(self, kind: str, number: int = 1) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + number

    def as_members(self) -> Members:
        return {
            "Made": self.counts,
            "ThereAlready": self.there_already,
            "LeftOut": self.left_out,
            "Unreachable": self.unreachable,
            "Refused": self.refused,
        }


class Writer:
    """Calls operations as the account's root, and says where in the document a refusal belongs."""

    def __init__(self, services: Services, told: Told | None = None) -> None:
        self.services, self.store = services, services.store
        self.told = told or Told()

    async def call(
        self, service: str, name: str, given: Mapping[str, Any], place: str, *, region: str, with_id: str = ""
    ) -> Mapping[str, Any]:
        """`with_id`: the UUID that what is made shall have. Raises TransferRefused."""
        try:
            dropped: list[str] = []
            taken = taken_by(service, name, given, dropped)
            self.told.left_out += [f"{place}: {one}: this server does not know it" for one in dropped]
            return await dispatched(self.services, service, name, taken, region=region, with_id=with_id)
        except ServiceError as error:
            raise TransferRefused(place, f"{name}: {told(error)}") from error

    async def each(
        self, entries: list[Members], kind: str, place: str, make: Callable[[Members, str], Awaitable[bool]], key: str
    ) -> None:
        for number, entry in enumerate(entries, 1):
            where = f"{place}: {kind} {entry.get(key, number)}"
            if await make(entry, where):
                self.told.count(kind)


def taken_by(service: str, operation: str, given: Mapping[str, Any], left_out: list[str] | None = None) -> Members:
    """The members that the operation takes. What the answer alone has, such as dates, is dropped at the top; within
    structures what is dropped is named in `left_out`.
    """
    shape = service_model(service).operation_model(operation).input_shape
    if shape is None:
        return {}
    return {
        name: _fitting(shape.members[name], value, left_out, name)
        for name, value in given.items()
        if name in shape.members
    }


def _fitting(shape: Shape, value: Any, left_out: list[str] | None, place: str) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        if left_out is not None and not shape.is_document_type:
            left_out += [f"{place}.{name}" for name in value if name not in shape.members and value[name] is not None]
        known = shape.members.items() if not shape.is_document_type else ()
        if shape.is_document_type:
            return value
        return {
            name: _fitting(inner, value[name], left_out, f"{place}.{name}") for name, inner in known if name in value
        }
    if isinstance(shape, ListShape) and isinstance(value, (list, tuple)):
        return [_fitting(shape.member, each, left_out, place) for each in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {name: _fitting(shape.value, each, left_out, place) for name, each in value.items()}
    return value


def region_of(entry: Mapping[str, Any], settings_region: str) -> str:
    if "UserPool" in entry:
        return region_of_pool(entry["UserPool"]["Id"])
    if "IdentityPool" in entry:
        return region_of_identity(entry["IdentityPool"]["IdentityPoolId"])
    return settings_region
