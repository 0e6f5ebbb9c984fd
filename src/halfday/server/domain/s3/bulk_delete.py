"""The body of S3's DeleteObjects: the keys in it. Anything but the elements that S3 documents is refused.

What goes on is written anew from what was read: another reader of the same bytes may go by another encoding, or see
attributes. Source: S3 API reference, DeleteObjects. A document type, and so an entity, is never read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfday.server.domain.text.xml_documents import MalformedDocument, in_slices, new_parser
from halfday.server.domain.text.xml_text import escaped

MOST_KEYS = 1000
LONGEST_BODY_BYTES = 2 * 1024 * 1024
LONGEST_TEXT = 8 * 1024
"""Characters between two tags of an Object: S3's keys have 1,024 bytes."""

_ELEMENTS = {
    (): {"Delete"},
    ("Delete",): {"Object", "Quiet"},
    ("Delete", "Object"): {"Key", "VersionId", "ETag", "LastModifiedTime", "Size"},
}


_CONDITIONS = ("ETag", "LastModifiedTime", "Size")


@dataclass(frozen=True, slots=True)
class DeletedKey:
    """`conditions`: element and text of what has to hold for this key to be deleted."""

    key: str
    version_id: str | None = None
    conditions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BulkDelete:
    keys: tuple[DeletedKey, ...]
    quiet: bool = False


def parse_bulk_delete(body: bytes) -> BulkDelete:
    """Raises MalformedDocument."""
    for _ in (reading := BulkDeleteReading(body)):
        pass
    return reading.bulk


class BulkDeleteReading:
    """The body, read a slice each time that it is iterated over; then `bulk` is what it says."""

    def __init__(self, body: bytes) -> None:
        self._body, self._reader = body, _Reader()

    def __iter__(self) -> Iterator[None]:
        """Raises MalformedDocument."""
        if len(self._body) > LONGEST_BODY_BYTES:
            raise MalformedDocument(f"the body is longer than {LONGEST_BODY_BYTES} bytes")
        return in_slices(self._reader.parser, self._body)

    @property
    def bulk(self) -> BulkDelete:
        """Raises MalformedDocument for a body without a key."""
        if not self._reader.keys:
            raise MalformedDocument("the body names no key")
        return BulkDelete(tuple(self._reader.keys), self._reader.quiet)


def write_bulk_delete(bulk: BulkDelete) -> bytes:
    """The body as it goes on, in UTF-8."""
    quiet = "<Quiet>true</Quiet>" if bulk.quiet else ""
    return f"<Delete>{quiet}{''.join(map(_written, bulk.keys))}</Delete>".encode()


def _written(item: DeletedKey) -> str:
    version = [("VersionId", item.version_id)] if item.version_id else []
    members = [("Key", item.key), *version, *item.conditions]
    inner = "".join(f"<{name}>{escaped(text).replace(chr(13), '&#13;')}</{name}>" for name, text in members)
    return f"<Object>{inner}</Object>"


class _Reader:
    def __init__(self) -> None:
        self.keys: list[DeletedKey] = []
        self.quiet = False
        self._open: list[str] = []
        self._object: dict[str, str] = {}
        self._text = ""
        self.parser = new_parser(self._start, self._end, self._read)

    def _start(self, name: str, _: list[str]) -> None:
        if name not in _ELEMENTS.get(tuple(self._open), ()):
            raise MalformedDocument(f"the element {'/'.join([*self._open, name])} is not expected")
        if name in self._object:
            raise MalformedDocument(f"{name} stands twice in the same Object")
        self._open.append(name)
        self._text = ""

    def _read(self, text: str) -> None:
        if len(self._text) + len(text) > LONGEST_TEXT:
            raise MalformedDocument(f"a text is longer than {LONGEST_TEXT} characters")
        self._text += text

    def _end(self, name: str) -> None:
        self._open.pop()
        self._text, text = "", self._text
        if name == "Object":
            self._close_object()
        elif name == "Quiet":
            self.quiet = text.strip().lower() == "true"
        elif self._open == ["Delete", "Object"]:
            self._object[name] = text

    def _close_object(self) -> None:
        if not self._object.get("Key"):
            raise MalformedDocument("an Object has no Key")
        if len(self.keys) == MOST_KEYS:
            raise MalformedDocument(f"the body names more than {MOST_KEYS} keys")
        conditions = tuple((name, self._object[name]) for name in _CONDITIONS if name in self._object)
        self.keys.append(DeletedKey(self._object["Key"], self._object.get("VersionId") or None, conditions))
        self._object = {}
