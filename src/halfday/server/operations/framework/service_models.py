"""Reads AWS's service models: operations, and shapes by name.

They are botocore's data, without its prose, shipped with Halfday: no botocore has to be installed, and any may be
(decision 71). botocore has classes for the same. They load urllib3, `email` and dateutil, 100 modules in all, and keep
the documentation of every member in memory: that was a sixth of this server's start. Here a shape is made once, when it
is first asked for, and shared by everything that names it. A test holds all of it against botocore's own classes.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).with_name("aws_models")
"""The models as they are shipped, and whose they are."""

_METADATA = tuple("required min max pattern sensitive enum error exception document timestampFormat".split())
_Described = Mapping[str, Any]


class Shape:
    """One type of the model. `type_name` is its kind; `metadata` are its constraints and marks, as AWS spells them."""

    def __init__(self, name: str, described: _Described, model: ServiceModel) -> None:
        self.name = name
        self.type_name: str = described["type"]
        self.metadata = {mark: described[mark] for mark in _METADATA if mark in described}
        self._described, self._model = described, model

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self.name})>"


class StringShape(Shape):
    @property
    def enum(self) -> list[str]:
        found: list[str] = self.metadata.get("enum", [])
        return found


class ListShape(Shape):
    @property
    def member(self) -> Shape:
        return self._model.resolve(self._described["member"])


class MapShape(Shape):
    @property
    def key(self) -> Shape:
        return self._model.resolve(self._described["key"])

    @property
    def value(self) -> Shape:
        return self._model.resolve(self._described["value"])


class Place(NamedTuple):
    """Where a member is on the wire: `location` is uri, querystring, header, headers or statusCode; empty in a body."""

    location: str
    name: str


class StructureShape(Shape):
    _members: dict[str, Shape] | None = None
    _places: dict[str, Place] | None = None

    @property
    def members(self) -> Mapping[str, Shape]:
        if self._members is None:
            described = self._described.get("members", {})
            self._members = {name: self._model.resolve(reference) for name, reference in described.items()}
        return self._members

    @property
    def places(self) -> Mapping[str, Place]:
        """Of each member. Most are in the body by their own names."""
        if self._places is None:
            described = self._described.get("members", {})
            self._places = {
                name: Place(reference.get("location", ""), reference.get("locationName", name))
                for name, reference in described.items()
            }
        return self._places

    @property
    def payload(self) -> str | None:
        """The member that is the whole body, if one is."""
        found: str | None = self._described.get("payload")
        return found

    @property
    def required_members(self) -> list[str]:
        found: list[str] = self.metadata.get("required", [])
        return found

    @property
    def is_document_type(self) -> bool:
        """Whether it is any JSON."""
        return bool(self.metadata.get("document"))


_KINDS: Mapping[str, type[Shape]] = {
    "structure": StructureShape, "list": ListShape, "map": MapShape, "string": StringShape,
}  # fmt: skip


class OperationModel:
    """One operation: what it takes, answers and may refuse with."""

    def __init__(self, name: str, described: _Described, service_model: ServiceModel) -> None:
        self.name, self.service_model = name, service_model
        self.auth_type: str | None = described.get("authtype")
        self.input_shape = self._shape(described, "input")
        self.output_shape = self._shape(described, "output")
        self.error_shapes = [service_model.resolve(reference) for reference in described.get("errors", ())]
        self.result_wrapper: str = described.get("output", {}).get("resultWrapper", f"{name}Result")
        """The element of a Query answer that holds the output."""
        self.http: Mapping[str, Any] = described.get("http", {})
        """`method`, `requestUri` and `responseCode` of the protocols that have a path for each operation."""

    def _shape(self, described: _Described, which: str) -> StructureShape | None:
        found = self.service_model.resolve(described[which]) if which in described else None
        return found if isinstance(found, StructureShape) else None


class ServiceModel:
    def __init__(self, service_name: str, described: _Described) -> None:
        self.service_name = service_name
        self.metadata: Mapping[str, Any] = described["metadata"]
        self._shapes, self._operations = described["shapes"], described["operations"]
        self.shape_names = list(self._shapes)
        self.operation_names = list(self._operations)
        self._made: dict[str, Shape] = {}
        self._made_operations: dict[str, OperationModel] = {}

    def operation_model(self, name: str) -> OperationModel:
        """Raises KeyError for a name that is none."""
        if name not in self._made_operations:
            self._made_operations[name] = OperationModel(name, self._operations[name], self)
        return self._made_operations[name]

    def shape_for(self, name: str) -> Shape:
        """Raises KeyError for a name that is none."""
        if name not in self._made:
            self._made[name] = self._make(name, self._shapes[name])
        return self._made[name]

    def members_of(self, name: str) -> Mapping[str, Shape]:
        """The members of a structure. Raises KeyError for a name that is none."""
        shape = self.shape_for(name)
        if not isinstance(shape, StructureShape):
            raise KeyError(f"{name} is no structure")
        return shape.members

    def resolve(self, reference: _Described) -> Shape:
        """The shape that is referred to. A reference with marks of its own, as few have, is a shape of its own."""
        name: str = reference["shape"]
        marks = {mark: reference[mark] for mark in _METADATA if mark in reference}
        return self._make(name, {**self._shapes[name], **marks}) if marks else self.shape_for(name)

    def _make(self, name: str, described: _Described) -> Shape:
        return _KINDS.get(described["type"], Shape)(name, described, self)


def read_service_model(service: str) -> ServiceModel:
    """The model of a service as it is shipped. Raises FileNotFoundError for a service whose model is not."""
    return ServiceModel(service, json.loads(gzip.decompress((FOLDER / f"{service}.json.gz").read_bytes())))
