"""The body of S3's DeleteObjects: the keys in it. Anything but the elements that S3 documents is refused.

Source: S3 API reference, DeleteObjects. A document type, and so an entity, is never read.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.parsers import expat

MOST_KEYS = 1000

_ELEMENTS = {
    (): {"Delete"},
    ("Delete",): {"Object", "Quiet"},
    ("Delete", "Object"): {"Key", "VersionId", "ETag", "LastModifiedTime", "Size"},
}


@dataclass(frozen=True, slots=True)
class DeletedKey:
    key: str
    version_id: str | None = None


class MalformedDelete(ValueError):
    """S3 would call it MalformedXML."""


def parse_bulk_delete(body: bytes) -> tuple[DeletedKey, ...]:
    """Raises MalformedDelete."""
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)
    except expat.ExpatError as problem:
        raise MalformedDelete(f"the body is not XML: {problem}") from None
    if not 1 <= len(reader.keys) <= MOST_KEYS:
        raise MalformedDelete(f"the body names {len(reader.keys)} keys, not 1 to {MOST_KEYS}")
    return tuple(reader.keys)


class _Reader:
    def __init__(self) -> None:
        self.keys: list[DeletedKey] = []
        self._open: list[str] = []
        self._object: dict[str, str] = {}
        self._text = ""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._read

    def _refuse_doctype(self, *_: object) -> None:
        raise MalformedDelete("a document type is not allowed")

    def _start(self, name: str, _: dict[str, str]) -> None:
        if name not in _ELEMENTS.get(tuple(self._open), ()):
            raise MalformedDelete(f"the element {'/'.join([*self._open, name])} is not expected")
        if name in self._object:
            raise MalformedDelete(f"{name} stands twice in the same Object")
        self._open.append(name)
        self._text = ""

    def _read(self, text: str) -> None:
        self._text += text

    def _end(self, name: str) -> None:
        self._open.pop()
        if name == "Object":
            self._close_object()
        elif self._open == ["Delete", "Object"]:
            self._object[name] = self._text

    def _close_object(self) -> None:
        if not self._object.get("Key"):
            raise MalformedDelete("an Object has no Key")
        self.keys.append(DeletedKey(self._object["Key"], self._object.get("VersionId")))
        self._object = {}
