"""Text in an XML document (XML 1.0 §2.2), which cannot hold every character, escaped or not."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Escaped; what XML cannot hold is a question mark."""
    return escape(_NOT_XML.sub("?", text))
