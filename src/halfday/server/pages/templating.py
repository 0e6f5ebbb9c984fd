"""The templates, in each language. What a template says without values is said when it is read, once a language."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from halfday.server.pages.sentences import catalogue_of

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_SAID = re.compile(r'\{\{ say\("([^"{}\\]+)"\) \}\}')
"""A sentence that is the same on every page: most of what a page says."""


def template_in(language: str, name: str) -> Template:
    """Jinja2 escapes each value; `say` in a template says a sentence in its language."""
    return _environment(language).get_template(name)


@cache
def _environment(language: str) -> Environment:
    """Made at the first page: many servers show none, and jinja2 takes as long to load as a tenth of all the rest."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from jinja2.ext import Extension

    say = catalogue_of(language).say

    class SaidOnce(Extension):
        def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
            return _SAID.sub(lambda found: say(found[1]), source)

    made = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=[SaidOnce],
    )
    made.globals.update(say=say, language=language)
    return made
