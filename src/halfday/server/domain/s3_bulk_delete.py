"""The body of S3's DeleteObjects: the keys in it. Anything but the elements that S3 documents is refused.

What goes on is written anew from what was read: another reader of the same bytes may go by another encoding, or see
attributes. Source: S3 API reference, DeleteObjects. A document type, and so an entity, is never read.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import escape

MOST_KEYS = 1000
LONGEST_BODY_BYTES = 2 * 1024 * 1024

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


class MalformedDelete(ValueError):
    """S3 would call it MalformedXML."""


def parse_bulk_delete(body: bytes) -> BulkDelete:
    """Raises MalformedDelete."""
    if len(body) > LONGEST_BODY_BYTES:
        raise MalformedDelete(f"the body is longer than {LONGEST_BODY_BYTES} bytes")
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)
    except expat.ExpatError as problem:
        raise MalformedDelete(f"the body is not XML: {expat.errors.messages.get(problem.code, 'unknown')}") from None
    except (LookupError, ValueError) as problem:  # an encoding that Python does not know, or that is no text's
        if isinstance(problem, MalformedDelete):
            raise
        raise MalformedDelete("the body names an encoding that is not known") from None
    if not 1 <= len(reader.keys) <= MOST_KEYS:
        raise MalformedDelete(f"the body names {len(reader.keys)} keys, not 1 to {MOST_KEYS}")
    return BulkDelete(tuple(reader.keys), reader.quiet)


def write_bulk_delete(bulk: BulkDelete) -> bytes:
    """The body as it goes on, in UTF-8."""
    quiet = "<Quiet>true</Quiet>" if bulk.quiet else ""
    return f"<Delete>{quiet}{''.join(map(_written, bulk.keys))}</Delete>".encode()


def _written(item: DeletedKey) -> str:
    version = [("VersionId", item.version_id)] if item.version_id else []
    members = [("Key", item.key), *version, *item.conditions]
    inner = "".join(f"<{name}>{escape(text, {chr(13): '&#13;'})}</{name}>" for name, text in members)
    return f"<Object>{inner}</Object>"


class _Reader:
    def __init__(self) -> None:
        self.keys: list[DeletedKey] = []
        self.quiet = False
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
        elif name == "Quiet":
            self.quiet = self._text.strip().lower() == "true"
        elif self._open == ["Delete", "Object"]:
            self._object[name] = self._text

    def _close_object(self) -> None:
        if not self._object.get("Key"):
            raise MalformedDelete("an Object has no Key")
        conditions = tuple((name, self._object[name]) for name in _CONDITIONS if name in self._object)
        self.keys.append(DeletedKey(self._object["Key"], self._object.get("VersionId") or None, conditions))
        self._object = {}
