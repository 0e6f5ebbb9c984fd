"""What the pages say, in the languages of Cognito's pages. A language is a file: `languages/de.toml`.

The English sentence is its own key, as with gettext: it is what code and templates hold, so that whoever changes one
changes the key, and the test that looks for missing sentences names every file that has to follow. English has no file.
A sentence with values has their names in braces: `We sent a code to {destination}.`

Refusals come from rules that know AWS's English sentences and no language. They are recognised by them, and those that
AWS builds around a value by the pattern that they follow (the table `refusals`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files

from markupsafe import Markup, escape

LANGUAGES = ("de", "en", "es", "fr", "id", "it", "ja", "ko", "pt-BR", "zh-CN", "zh-TW")
"""AWS's list (Cognito developer guide, Managed login localization). Each is written from left to right."""

ENGLISH = "en"

_PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")


class Sentence(str):
    """A sentence with values, as text in English, which a page can say in its own language.

    A value that is a Sentence is said in that language too; any other is shown as it is. A sentence without values may
    as well be plain text.
    """

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Sentence:
        made = super().__new__(cls, template.format(**values) if values else template)
        made.template, made.values = template, values
        return made


class Catalogue:
    """The sentences of one language. `pages` are our own words, `refusals` those of AWS's API."""

    def __init__(self, pages: Mapping[str, str], refusals: Mapping[str, str]) -> None:
        self.pages, self.refusals = pages, refusals
        self._known = {**refusals, **pages}

    def say(self, sentence: str, /, **values: object) -> Markup:
        """The sentence in this language as markup, its values escaped. What is not known stays as it is."""
        if isinstance(sentence, Sentence):
            return self._filled(sentence.template, {name: self._value(each) for name, each in sentence.values.items()})
        if values or sentence in self._known:
            return self._filled(sentence, values)
        return self._filled(*self._recognised(sentence))

    def _filled(self, template: str, values: Mapping[str, object]) -> Markup:
        said = escape(self._known.get(template, template))
        return said.format(**values) if values else said

    def _value(self, value: object) -> object:
        return self.say(value) if isinstance(value, Sentence) else value

    def _recognised(self, text: str) -> tuple[str, Mapping[str, object]]:
        for pattern, template in self._patterns:
            if found := pattern.fullmatch(text):
                return template, {name: self._lines(value) for name, value in found.groupdict().items()}
        return text, {}

    def _lines(self, value: str) -> Markup:
        return Markup("\n").join(self.say(line) for line in value.splitlines())

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        """Those that begin by a value come last: they fit too much."""
        templates = sorted((each for each in self.refusals if "{" in each), key=lambda each: each.startswith("{"))
        return [(re.compile(_PLACEHOLDER.sub(r"(?P<\1>.+)", re.escape(each)), re.DOTALL), each) for each in templates]


@cache
def catalogue_of(language: str) -> Catalogue:
    """Read at the first page in this language."""
    import tomllib

    if language == ENGLISH:
        return Catalogue({}, {})
    tables = tomllib.loads(files(__package__).joinpath(f"languages/{language}.toml").read_text(encoding="utf-8"))
    return Catalogue(tables["pages"], tables["refusals"])
