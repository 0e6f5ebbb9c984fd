"""Reads the Cookie header in the same way for every framework.

Frameworks strip more from a name than browsers do. To the browser, a cookie whose name begins with a no-break space
does not begin with `__Host-`, and so a neighbouring host may set it; after Python's `strip` it does. So names are
compared letter for letter. Browsers trim blanks and tabs themselves (RFC 6265bis §5.7), and send each of our names
once.
"""

from __future__ import annotations

from collections import Counter

MAX_HEADER_CHARACTERS = 65_536


def read_cookies(header: str) -> dict[str, str]:
    """The cookies by name. A name that comes twice is left out, because it is not known which of the two is ours."""
    if len(header) > MAX_HEADER_CHARACTERS:
        return {}
    pairs = [pair.strip(" \t").partition("=") for pair in header.split(";")]
    counted = Counter(name for name, equals, _ in pairs if equals)
    return {name: value for name, equals, value in pairs if equals and counted[name] == 1}
