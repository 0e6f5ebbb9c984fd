"""Converts records to rows and back. A table's columns are its record's fields, so no list of columns is written twice.

Plain fields keep their type. Tuples, mappings and nested records become JSON text. A sealed column is sealed JSON text;
of a record that can wait (domain/late) it is opened when it is asked for.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import operator
import types
import typing
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

from halfday.server.domain.late import Late, put_off
from halfday.server.storage.frozen import frozen
from halfday.server.storage.sealing import Sealer


class Record(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


R = TypeVar("R", bound=Record)

Reader = Callable[[Any], Any]
_ColumnReader = Callable[[Any, Sealer], Any]

_PLAIN = (str, int, float, bool)
_JSON_ALREADY = frozenset((*_PLAIN, type(None)))
_SCAN = json.JSONDecoder().raw_decode
_LONGEST_KEPT = 256
"""Characters of a tuple's text that is kept as known."""


Owner = Literal["pool", "client", "user"]

TABLES: dict[str, Table[Any]] = {}
"""Every declared table, by name."""


class Table(Generic[R]):
    """One table: the SQL that names all of its columns, and the conversion between record and row.

    `key` names the columns of the primary key. `belongs_to`: rows are deleted with their pool, client or user; rows of
    a client or user belong to its pool too. `many`: one owner can have so many rows that they are deleted in slices
    (storage/long_deletes). `expires`: rows are deleted once their `expires_at` has passed. `pool_column` names the
    column of the pool's id. A table of a pool or client is configuration: rows are written only while the pool exists.
    `held_by`: rows are held in snapshots by each of these columns (storage/snapshots), and what is in them is frozen.
    """

    def __init__(
        self,
        name: str,
        record: type[R],
        *,
        key: str,
        belongs_to: Owner | None = None,
        many: bool = False,
        expires: bool = False,
        sealed: Sequence[str] = (),
        pool_column: str = "pool_id",
        held_by: str = "",
    ) -> None:
        self.name = name
        self.columns = tuple(field.name for field in dataclasses.fields(record))
        self.key, self.belongs_to, self.many, self.expires = tuple(key.split()), belongs_to, many, expires
        self.pool_column = pool_column
        self.held_by = tuple(held_by.split())
        self._record = record
        self._hints = typing.get_type_hints(record)
        self._sealed = frozenset(sealed)
        unknown = self._sealed - set(self.columns)
        if unknown:
            raise ValueError(f"{name} has no columns {sorted(unknown)} to seal")
        self.is_configuration = (
            belongs_to in ("pool", "client") and "pool_id" in self.columns and self.key != ("pool_id",)
        )
        self._plain = frozenset(column for column in self.columns if _is_plain(self._hints[column]))
        readers = self._readers = {column: self._column_reader(column, self._hints[column]) for column in self.columns}
        self._late = self._put_off(record, sealed)
        self._reading = [
            (place, readers[column])
            for place, column in enumerate(self.columns)
            if readers[column] is not _kept_as_it_is and column not in self._late
        ]
        self._late_readers = {column: (self.columns.index(column), readers[column]) for column in self._late}
        self._writers = {column: self._column_writer(column, self._hints[column]) for column in self.columns}
        self._writing = [
            (place, self._writers[column])
            for place, column in enumerate(self.columns)
            if self._writers[column] is not _kept_as_it_is
        ]
        self._values_of = _getter(self.columns)
        listed = ", ".join(self.columns)
        numbers = ", ".join(f"${i}" for i in range(1, len(self.columns) + 1))
        self.select = f"SELECT {listed} FROM {name}"  # noqa: S608 - names from our own records
        self.insert = f"INSERT INTO {name} ({listed}) VALUES ({numbers})"  # noqa: S608
        changes = ", ".join(f"{column} = excluded.{column}" for column in self.columns if column not in self.key)
        self.put = f"{self.insert} ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {changes}"
        self.returning = f"RETURNING {listed}"
        self.by_key = "WHERE " + " AND ".join(f"{column} = ${i}" for i, column in enumerate(self.key, 1))
        self.by_held = {column: f"WHERE {column} = $1 ORDER BY {', '.join(self.key)}" for column in self.held_by}
        TABLES[name] = self

    def replacing(self, old: R, new: R, sealer: Sealer) -> tuple[str, list[Any]] | None:
        """The UPDATE that turns `old` into `new`, with its values; None if they are equal. The key must not change."""
        changed = [column for column in self.columns if getattr(old, column) != getattr(new, column)]
        if not changed:
            return None
        if moved := [column for column in changed if column in self.key]:
            raise ValueError(f"{self.name}: a change keeps the key, and this one changes {', '.join(moved)}")
        first = len(self.key) + 1
        changes = ", ".join(f"{column} = ${i}" for i, column in enumerate(changed, first))
        values = [getattr(old, column) for column in self.key]
        values += [self.value(column, getattr(new, column), sealer) for column in changed]
        return f"UPDATE {self.name} SET {changes} {self.by_key}", values  # noqa: S608

    def row(self, record: R, sealer: Sealer) -> list[Any]:
        values = list(self._values_of(record))
        for place, write in self._writing:
            values[place] = write(values[place], sealer)
        return values

    def value(self, column: str, value: Any, sealer: Sealer) -> Any:
        """A field's value in the form in which its column keeps it."""
        return self._writers[column](value, sealer)

    def record(self, row: Sequence[Any], sealer: Sealer) -> R:
        """A row has the columns in the order of the record's fields. Most are kept as they are."""
        fields = list(row)
        for place, read in self._reading:
            fields[place] = read(fields[place], sealer)
        record = self._record(*(map(frozen, fields) if self.held_by else fields))
        if self._late and isinstance(record, Late):
            put_off(record, self._late, _Opener(self._late_readers, row, sealer))
        return record

    def is_kept_alike(self, one: R, other: R, column: str) -> bool:
        """Whether two records have the same value in a sealed column; if they were read so, without opening it."""
        sealed = [_sealed_text(record, column) for record in (one, other)]
        if None not in sealed and sealed[0] == sealed[1]:
            return True
        return bool(getattr(one, column) == getattr(other, column))

    def _put_off(self, record: type[R], sealed: Sequence[str]) -> tuple[str, ...]:
        """The sealed columns that are opened when they are asked for, where the record can wait for them."""
        return tuple(sealed) if issubclass(record, Late) and not self.held_by else ()

    def _column_reader(self, column: str, hint: Any) -> _ColumnReader:
        read = _reader(hint)
        if column in self._sealed:
            place = f"{self.name}.{column}"
            return lambda value, sealer: read(_from_json(sealer.open(value, place)))
        if _is_plain(hint):
            return _kept_as_it_is if read is _as_it_is else lambda value, sealer: read(value)
        if typing.get_origin(hint) is tuple and _is_plain(typing.get_args(hint)[0]):
            return _tuple_reader(read)
        return lambda value, sealer: read(_from_json(value))

    def _column_writer(self, column: str, hint: Any) -> _ColumnReader:
        if column in self._sealed:
            place = f"{self.name}.{column}"
            return lambda value, sealer: sealer.seal(json.dumps(_to_json(value)), place)
        if _is_plain(hint):
            return _kept_as_it_is if _reader(hint) in (_as_it_is, bool) else lambda value, _: _plain_value(value)
        if typing.get_origin(hint) is tuple and typing.get_args(hint)[0] is str:
            return lambda value, _: json.dumps(value)
        return lambda value, _: json.dumps(_to_json(value))


class _Opener:
    """Opens the sealed columns of one row."""

    __slots__ = ("_readers", "_row", "_sealer")

    def __init__(self, readers: dict[str, tuple[int, _ColumnReader]], row: Sequence[Any], sealer: Sealer) -> None:
        self._readers, self._row, self._sealer = readers, row, sealer

    def __call__(self, column: str) -> Any:
        if column not in self._readers:
            raise AttributeError(column)
        place, read = self._readers[column]
        return read(self._row[place], self._sealer)

    def sealed(self, column: str) -> Any:
        return self._row[self._readers[column][0]]


def _sealed_text(record: Any, column: str) -> Any:
    later = getattr(record, "_later", None)
    return later.sealed(column) if isinstance(later, _Opener) else None


def _from_json(text: str) -> Any:
    """What was written by `json.dumps`: there is no space around it."""
    return _SCAN(text, 0)[0]


def _tuple_reader(read: Reader) -> _ColumnReader:
    """For tuples of plain values, which nobody can change: most rows have the same few."""

    @functools.lru_cache(maxsize=256)
    def known(text: str) -> Any:
        return read(_from_json(text))

    return lambda value, sealer: known(value) if len(value) <= _LONGEST_KEPT else read(_from_json(value))


def _getter(columns: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """The fields of a record, in the order of the columns."""
    if len(columns) > 1:
        return operator.attrgetter(*columns)
    return lambda record: (getattr(record, columns[0]),)


def _is_plain(hint: Any) -> bool:
    if isinstance(hint, types.UnionType):
        return all(_is_plain(part) for part in typing.get_args(hint) if part is not types.NoneType)
    if typing.get_origin(hint) is typing.Literal:
        return True
    return isinstance(hint, type) and (hint in _PLAIN or issubclass(hint, Enum))


def _plain_value(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _to_json(value: Any) -> Any:
    if type(value) in _JSON_ALREADY:
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [_to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: _to_json(item) for key, item in value.items()}
    return _plain_value(value)


@functools.cache
def _reader(hint: Any) -> Reader:
    """A function that reads a field of this type from JSON or a plain column. Cached: every field read uses it."""
    if isinstance(hint, types.UnionType):
        read = _reader(next(part for part in typing.get_args(hint) if part is not types.NoneType))
        return read if read is _as_it_is else lambda value: None if value is None else read(value)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        item = _reader(arguments[0])
        return tuple if item is _as_it_is else lambda value: tuple(map(item, value))
    if origin is dict:
        item = _reader(arguments[1])
        return _as_it_is if item is _as_it_is else lambda value: {key: item(inner) for key, inner in value.items()}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _record_reader(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {member.value: member for member in hint}.__getitem__
    return bool if hint is bool else _as_it_is


def _record_reader(record: type[Any]) -> Reader:
    """Reads a nested record. Members that the record no longer has are ignored."""
    readers = {name: _reader(hint) for name, hint in typing.get_type_hints(record).items()}
    return lambda value: record(**{name: readers[name](inner) for name, inner in value.items() if name in readers})


def _as_it_is(value: Any) -> Any:
    return value


def _kept_as_it_is(value: Any, sealer: Sealer) -> Any:
    return value
