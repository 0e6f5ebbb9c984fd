"""XML from callers, read in slices by a parser that stops at the first construct that no such document has.

A document that is read whole costs what its sender chooses: a hundred thousand levels or attributes took a second of
the upstream, and 150 ms at once here. So the parser is fed in slices, other tasks run after each, and depth, elements,
attributes and the length of a tag are limited. A document type, and so an entity, is never read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.parsers import expat

DEEPEST = 16
MOST_ELEMENTS = 100_000
"""Ten thousand parts with their checksums; the size bounds all others."""
MOST_ATTRIBUTES = 16
"""Of one element: S3's have a namespace or two, and a type."""
LONGEST_TAG_BYTES = 32 * 1024
SLICE_BYTES = 16 * 1024
"""Read at once; some milliseconds, whatever stands in it."""


class MalformedDocument(ValueError):
    """S3 would call it MalformedXML."""


def check_xml(body: bytes) -> Iterator[None]:
    """Yields after each slice. Raises MalformedDocument."""
    return in_slices(_Shape().parser, body)


def read_whole(parser: expat.XMLParserType, body: bytes) -> None:
    """For documents of which the length is known to be small. Raises MalformedDocument."""
    for _ in in_slices(parser, body):
        pass


def in_slices(parser: expat.XMLParserType, body: bytes) -> Iterator[None]:
    """Feeds the parser, and yields after each slice. Raises MalformedDocument.

    An unfinished tag is scanned again with each slice, so its length is limited.
    """
    try:
        for at in range(0, len(body), SLICE_BYTES):
            parser.Parse(body[at : at + SLICE_BYTES], False)
            if at + SLICE_BYTES - parser.CurrentByteIndex > LONGEST_TAG_BYTES:
                raise MalformedDocument(f"a tag or a comment is longer than {LONGEST_TAG_BYTES} bytes")
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as problem:
        reason = expat.errors.messages.get(problem.code, "unknown")
        raise MalformedDocument(f"the body is not XML: {reason}") from None
    except MalformedDocument:
        raise
    except (LookupError, ValueError) as problem:  # an encoding that Python does not know, or that is no text's
        raise MalformedDocument("the body names an encoding that is not known") from problem


def new_parser(
    start: Callable[[str, list[str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None] | None = None,
) -> expat.XMLParserType:
    """A parser that refuses a document type. `start` gets names and values of attributes in one list."""
    parser = expat.ParserCreate()
    parser.buffer_text = parser.ordered_attributes = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    return parser


def _refuse_doctype(*_: object) -> None:
    raise MalformedDocument("a document type is not allowed")


class _Shape:
    """Counts, and keeps nothing."""

    def __init__(self) -> None:
        self._depth = self._elements = 0
        self.parser = new_parser(self._start, self._end)

    def _start(self, _: str, attributes: list[str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > DEEPEST:
            raise MalformedDocument(f"elements are more than {DEEPEST} deep")
        if self._elements > MOST_ELEMENTS:
            raise MalformedDocument(f"there are more than {MOST_ELEMENTS} elements")
        if len(attributes) > 2 * MOST_ATTRIBUTES:
            raise MalformedDocument(f"an element has more than {MOST_ATTRIBUTES} attributes")

    def _end(self, _: str) -> None:
        self._depth -= 1
