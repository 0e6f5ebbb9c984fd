"""Operations' inputs by AWS's models: values of templates made to fit, and what of an input the server would refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import halfday.server.operations.families  # noqa: F401 - registers every operation
from halfday.server.operations.framework import constraints, registry
from halfday.server.operations.framework.model import SERVICES, operation_model
from halfday.server.operations.framework.service_models import (
    ListShape,
    MapShape,
    OperationModel,
    ServiceModel,
    Shape,
    StructureShape,
)

UNKNOWN = "‹"
"""The first sign of a value that is known only once something else is made; no name has it."""

_TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "structure": ((Mapping,), "an object"),
    "map": ((Mapping,), "an object"),
    "list": ((list,), "a list"),
    "boolean": ((bool,), "true or false"),
    "integer": ((int,), "a whole number"),
    "long": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "double": ((int, float), "a number"),
    "timestamp": ((str, int, float), "a time"),
}
_NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


def model_of(service: str, operation: str) -> OperationModel:
    """The operation's model, of services behind the front door by botocore's data. Raises LookupError."""
    if is_own(service):
        found = operation_model(service, operation)
    else:
        model = _model_behind(service)
        found = model.operation_model(operation) if operation in model.operation_names else None
    if found is None:
        raise LookupError(f"{service} has no operation {operation}")
    return found


@cache
def _model_behind(service: str) -> ServiceModel:
    from botocore.loaders import Loader

    return ServiceModel(service, Loader().load_service_model(service, "service-2"))


def members_of(service: str, operation: str) -> Mapping[str, Shape]:
    shape = model_of(service, operation).input_shape
    return shape.members if shape else {}


def fitted(shape: Shape | None, value: Any) -> Any:
    """The value as this shape wants it: CloudFormation takes "true" for true, and "5" for 5, and the other way."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping) and not shape.is_document_type:
        return {name: fitted(shape.members.get(name), item) for name, item in value.items()}
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {name: fitted(shape.value, item) for name, item in value.items()}
    if isinstance(shape, ListShape):
        return [fitted(shape.member, item) for item in (value if isinstance(value, list) else [value])]
    if shape is None or isinstance(value, (Mapping, list)):
        return value
    return _scalar(shape.type_name, value)


def _scalar(kind: str, value: Any) -> Any:
    if kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind in _NUMBERS and isinstance(value, str):
        try:
            return _NUMBERS[kind](value)
        except ValueError:
            return value
    if kind == "string" and isinstance(value, (bool, int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def objections(service: str, operation: str, given: Mapping[str, Any]) -> list[str]:
    """What the server would refuse of an input, as far as its values are known."""
    shape = model_of(service, operation).input_shape
    found = [f"{operation} has no member {path}" for path in _unknown(shape, given, "")]
    found += [f"{operation}: {told}" for told in _mistyped(shape, given, "")]
    found += [f"{operation} needs {path}" for path in _missing(shape, given, "")]
    if found or not is_own(service):
        return found
    known = registry.find(service, operation)
    if known is None:
        return [f"{service} {operation} is not built"]
    found += [f"{operation} does not act on {path}" for path in registry.not_honoured(known, given)]
    clauses = constraints.objections(shape, _known(given)) if shape else []
    return found + [clause for clause in clauses if not clause.endswith("must not be null")]


def is_own(service: str) -> bool:
    """Whether this server answers the service itself; others stand behind the front door."""
    return service in SERVICES


def _unknown(shape: Shape | None, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping) and not shape.is_document_type:
        for name, item in value.items():
            if name not in shape.members:
                yield f"{path}{name}"
            else:
                yield from _unknown(shape.members[name], item, f"{path}{name}.")
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for item in value:
            yield from _unknown(shape.member, item, path)
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        for name, item in value.items():
            yield from _unknown(shape.value, item, f"{path}{name}.")


def _mistyped(shape: Shape | None, value: Any, path: str) -> Iterator[str]:
    """What is no value of its type. Texts that are not known yet may become one."""
    if shape is None or value is None or is_unknown(value) or getattr(shape, "is_document_type", False):
        return
    expected, name = _TYPES.get(shape.type_name, ((str, bytes), "text"))
    fits = isinstance(value, expected) and not (isinstance(value, bool) and bool not in expected)
    if not fits:
        yield f"{path.rstrip('.')} has to be {name}"
    elif isinstance(shape, StructureShape):
        for member, item in value.items():
            yield from _mistyped(shape.members.get(member), item, f"{path}{member}.")
    elif isinstance(shape, ListShape):
        for item in value:
            yield from _mistyped(shape.member, item, path)
    elif isinstance(shape, MapShape):
        for member, item in value.items():
            yield from _mistyped(shape.value, item, f"{path}{member}.")


def _missing(shape: Shape | None, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        yield from (f"{path}{name}" for name in shape.required_members if value.get(name) is None)
        for name, item in value.items():
            yield from _missing(shape.members.get(name), item, f"{path}{name}.")
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for item in value:
            yield from _missing(shape.member, item, path)


def _known(value: Any) -> Any:
    """Without what is not known yet: no constraint can be held against it."""
    if isinstance(value, Mapping):
        return {name: _known(item) for name, item in value.items() if not is_unknown(item) and not is_unknown(name)}
    if isinstance(value, list):
        return [_known(item) for item in value if not is_unknown(item)]
    return value


def is_unknown(value: Any) -> bool:
    """Whether it is a text in which something is known only later."""
    return isinstance(value, str) and UNKNOWN in value


def made_up(shape: Shape | None, told: str) -> Any:
    """An answer of this shape in which every text is `told`: what is known once the operation is called."""
    if isinstance(shape, StructureShape):
        return {name: made_up(member, f"{UNKNOWN}{name}›") for name, member in shape.members.items()}
    if isinstance(shape, ListShape):
        return []
    if isinstance(shape, MapShape):
        return {}
    kind = shape.type_name if shape else "string"
    return False if kind == "boolean" else 0 if kind in (*_NUMBERS, "timestamp") else told
