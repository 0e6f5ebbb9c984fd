"""Ready configurations: an app client as other people's libraries and programs want it written down.

One file a library lies in `clients/`: a text with gaps, and what the library needs of an app client. `halfday snippet`
and the page at `/` fill the gaps. Nothing here asks a server or reads a file of the person's.
"""

from __future__ import annotations

from halfday.snippets.app_clients import AppClient, Pool
from halfday.snippets.catalogue import Library, load, names
from halfday.snippets.fitting import choose
from halfday.snippets.needs import Need, needs_of
from halfday.snippets.printing import HIDDEN, Snippet, print_for
from halfday.snippets.registration import lines_for

__all__ = [
    "HIDDEN",
    "AppClient",
    "Library",
    "Need",
    "Pool",
    "Snippet",
    "choose",
    "lines_for",
    "load",
    "names",
    "needs_of",
    "print_for",
]
