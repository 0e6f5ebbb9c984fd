"""SAML documents as XML: read within limits, without document types, entities, comments and processing instructions.

A document type is refused before anything is expanded: no entity is ever read, of this document or of another place.
Comments are refused because canonical XML leaves them out of what is signed, and libraries end a text at them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from halfday.server.domain.text.xml_documents import MalformedDocument, check_xml

ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
ENCRYPTION = "http://www.w3.org/2001/04/xmlenc#"

Element = Any
"""lxml's, which has no types."""

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,12})?Z", re.ASCII)
_ID_ATTRIBUTES = ("ID", "Id", "id", "{http://www.w3.org/XML/1998/namespace}id")


class Unreadable(ValueError):
    """The document is no SAML, or none that is taken here. The sentence repeats nothing of it."""


def parse(body: bytes, *, longest_bytes: int, with_comments: bool = False) -> Element:
    """The document's root. Raises Unreadable. `with_comments`: for documents of which no signature is verified."""
    from lxml import etree  # at the first document: most servers have no SAML provider

    if len(body) > longest_bytes:
        raise Unreadable(f"it is longer than {longest_bytes} bytes")
    try:
        for _ in check_xml(body):
            pass
    except MalformedDocument as problem:
        raise Unreadable(str(problem)) from None
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable("it is not XML") from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable("a document type is not allowed")
    if not with_comments and any(not isinstance(node.tag, str) for node in _with_siblings(root)):
        raise Unreadable("comments and processing instructions are not allowed")
    return root


def check_ids(root: Element) -> None:
    """Raises Unreadable where two elements have one ID: a reference could mean either."""
    found = [value for node in root.iter() for name in _ID_ATTRIBUTES if (value := node.get(name)) is not None]
    if len(set(found)) != len(found):
        raise Unreadable("two elements have the same ID")


def named(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"


def children(parent: Element, namespace: str, name: str) -> list[Element]:
    return list(parent.iterchildren(named(namespace, name)))


def only_child(parent: Element, namespace: str, name: str) -> Element:
    """Raises Unreadable unless there is exactly one."""
    found = children(parent, namespace, name)
    if len(found) != 1:
        raise Unreadable(f"there is not exactly one {name}")
    return found[0]


def text_of(element: Element) -> str:
    """The element's whole text without the space around it. Raises Unreadable where it holds other elements."""
    if len(element):
        raise Unreadable("an element holds others where text should be")
    return (element.text or "").strip()


def seconds_of(text: str) -> float:
    """A moment in UTC as epoch seconds (SAML core §1.3.3). Raises Unreadable."""
    if not _DATE_TIME.fullmatch(text):
        raise Unreadable("a time is not a dateTime in UTC")
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise Unreadable("a time is none of the calendar") from None


def date_time(seconds: float) -> str:
    """Epoch seconds as SAML writes a moment, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _with_siblings(root: Element) -> Iterator[Element]:
    yield from root.iter()
    yield from root.itersiblings()
    yield from root.itersiblings(preceding=True)
