"""Records to rows and back. A table's columns are its record's fields, so that no list of columns is written twice.

Plain fields keep their type. Tuples, mappings and records within records become JSON text. Sealed columns are JSON
text too, sealed.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Sequence
from enum import Enum
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from halfday.server.storage.sealing import Sealer


class Record(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


R = TypeVar("R", bound=Record)

_PLAIN = (str, int, float, bool)


class Table(Generic[R]):
    """One table: the SQL that names all of its columns, and the way between record and row."""

    def __init__(self, name: str, record: type[R], *, sealed: Sequence[str] = ()) -> None:
        self.name = name
        self.columns = tuple(field.name for field in dataclasses.fields(record))
        self._record = record
        self._hints = typing.get_type_hints(record)
        self._sealed = frozenset(sealed)
        unknown = self._sealed - set(self.columns)
        if unknown:
            raise ValueError(f"{name} has no columns {sorted(unknown)} to seal")
        listed = ", ".join(self.columns)
        numbers = ", ".join(f"${i}" for i in range(1, len(self.columns) + 1))
        self.select = f"SELECT {listed} FROM {name}"  # noqa: S608 - names from our own records
        self.insert = f"INSERT INTO {name} ({listed}) VALUES ({numbers})"  # noqa: S608
        self.returning = f"RETURNING {listed}"

    def set_all(self, key: Sequence[str]) -> str:
        """UPDATE of every column but the key, with the columns' own numbers, so that `row()` fits both statements."""
        numbered = {column: f"{column} = ${i}" for i, column in enumerate(self.columns, 1)}
        changes = ", ".join(text for column, text in numbered.items() if column not in key)
        where = " AND ".join(numbered[column] for column in key)
        return f"UPDATE {self.name} SET {changes} WHERE {where}"  # noqa: S608

    def row(self, record: R, sealer: Sealer) -> list[Any]:
        return [self.value(column, getattr(record, column), sealer) for column in self.columns]

    def value(self, column: str, value: Any, sealer: Sealer) -> Any:
        """One field's value as it stands in its column."""
        if column in self._sealed:
            return sealer.seal(json.dumps(_to_json(value)), f"{self.name}.{column}")
        return _plain_value(value) if _is_plain(self._hints[column]) else json.dumps(_to_json(value))

    def record(self, row: Sequence[Any], sealer: Sealer) -> R:
        fields = {c: self._field(c, value, sealer) for c, value in zip(self.columns, row, strict=True)}
        return self._record(**fields)

    def _field(self, column: str, value: Any, sealer: Sealer) -> Any:
        hint = self._hints[column]
        if column in self._sealed:
            return _from_json(hint, json.loads(sealer.open(value, f"{self.name}.{column}")))
        return _from_json(hint, value if _is_plain(hint) else json.loads(value))


def _is_plain(hint: Any) -> bool:
    if isinstance(hint, types.UnionType):
        return all(_is_plain(part) for part in typing.get_args(hint) if part is not types.NoneType)
    if typing.get_origin(hint) is typing.Literal:
        return True
    return isinstance(hint, type) and (hint in _PLAIN or issubclass(hint, Enum))


def _plain_value(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _to_json(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [_to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: _to_json(item) for key, item in value.items()}
    return _plain_value(value)


def _from_json(hint: Any, value: Any) -> Any:
    if isinstance(hint, types.UnionType):
        if value is None:
            return None
        hint = next(part for part in typing.get_args(hint) if part is not types.NoneType)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return tuple(_from_json(arguments[0], item) for item in value)
    if origin is list:
        return [_from_json(arguments[0], item) for item in value]
    if origin is dict:
        return {key: _from_json(arguments[1], item) for key, item in value.items()}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        hints = typing.get_type_hints(hint)
        return hint(**{name: _from_json(hints[name], item) for name, item in value.items() if name in hints})
    if isinstance(hint, type) and (issubclass(hint, Enum) or hint is bool):
        return hint(value)
    return value
