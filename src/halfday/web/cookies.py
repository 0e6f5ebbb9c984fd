"""The Cookie header, read once and the same for every framework.

Frameworks strip more from a name than browsers do. A cookie whose name begins with a no-break space has no `__Host-`
for the browser, which lets a neighbouring host set it, and has one after Python's `strip`. So names are taken letter
for letter. Browsers trim blanks and tabs themselves (RFC 6265bis §5.7), and send each of our names once.
"""

from __future__ import annotations

from collections import Counter

MAX_HEADER_CHARACTERS = 65_536


def read_cookies(header: str) -> dict[str, str]:
    """The cookies by name. A name that comes twice is left out: which of the two is ours nobody can tell."""
    if len(header) > MAX_HEADER_CHARACTERS:
        return {}
    pairs = [pair.strip(" \t").partition("=") for pair in header.split(";")]
    counted = Counter(name for name, equals, _ in pairs if equals)
    return {name: value for name, equals, value in pairs if equals and counted[name] == 1}
