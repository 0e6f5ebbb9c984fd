"""Multipart uploads: which object an upload id belongs to, as the AWS behind lists it (ListMultipartUploads).

The upstream may find an upload by its id alone. Then a caller who knows an id could write to a key that they have no
permission for, by naming one that they have.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import unquote_plus

from halfday.server.domain.text.xml_documents import MalformedDocument, new_parser, read_whole

MOST_REMEMBERED = 10_000

_UPLOAD = ["ListMultipartUploadsResult", "Upload"]


@dataclass(frozen=True, slots=True)
class UploadPage:
    """(key, upload id) of each upload, and where the next page begins, if there is one."""

    uploads: frozenset[tuple[str, str]]
    next_markers: tuple[str, str] | None


class UnreadableUploads(ValueError):
    """The upstream's answer is no list of uploads."""


class KnownUploads:
    """(bucket, key, upload id) seen to belong together. An id never moves to another object, so it stays true."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def __contains__(self, upload: tuple[str, str, str]) -> bool:
        return upload in self._known

    def add(self, upload: tuple[str, str, str]) -> None:
        self._known[upload] = None
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)


def parse_uploads(document: bytes) -> UploadPage:
    """Raises UnreadableUploads. A document type, and so an entity, is never read."""
    reader = _Reader()
    try:
        read_whole(reader.parser, document)
    except MalformedDocument as problem:
        raise UnreadableUploads(f"the list of uploads is not readable: {problem}") from None
    if not reader.is_list:
        raise UnreadableUploads("the answer is no ListMultipartUploadsResult")
    return reader.page()


class _Reader:
    def __init__(self) -> None:
        self.is_list = False
        self._open: list[str] = []
        self._text = ""
        self._upload: dict[str, str] = {}
        self._top: dict[str, str] = {}
        self._uploads: list[tuple[str, str]] = []
        self.parser = new_parser(self._start, self._end, self._read)

    def page(self) -> UploadPage:
        decode = unquote_plus if self._top.get("EncodingType") == "url" else str
        uploads = frozenset((decode(key), upload_id) for key, upload_id in self._uploads)
        more = self._top.get("IsTruncated") == "true"
        markers = decode(self._top.get("NextKeyMarker", "")), self._top.get("NextUploadIdMarker", "")
        return UploadPage(uploads, markers if more and all(markers) else None)

    def _start(self, name: str, _: list[str]) -> None:
        self._open.append(name)
        self._text = ""
        self.is_list = self.is_list or self._open == _UPLOAD[:1]

    def _read(self, text: str) -> None:
        self._text += text

    def _end(self, name: str) -> None:
        self._open.pop()
        if self._open == _UPLOAD:
            self._upload[name] = self._text
        elif self._open == _UPLOAD[:1] and name == "Upload":
            self._uploads.append((self._upload.get("Key", ""), self._upload.get("UploadId", "")))
            self._upload = {}
        elif self._open == _UPLOAD[:1]:
            self._top[name] = self._text
        self._text = ""
