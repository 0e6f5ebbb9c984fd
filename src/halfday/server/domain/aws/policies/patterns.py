"""Text with wildcards and policy variables, as IAM policies write it.

`*` stands for any text, `?` for one character, `${key}` for a value of the request's context, `${key, 'text'}` for
that or a default; `${*}`, `${?}` and `${$}` are the characters themselves. What a variable brings in is text, never a
wildcard. Source: IAM user guide, Policy elements: Variables and tags; Resource.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from halfday.server.domain.aws.policies import matching

Lookup = Callable[[str], str | None]
"""The one value of a context key; None when it has none, or several."""

_TOKEN = re.compile(r"\$\{(?P<variable>[^{}]*)\}|(?P<wildcard>[*?])|(?P<text>[^$*?]+|\$)")
_VARIABLE = re.compile(r"\s*(?P<key>[^\s,']+)\s*(?:,\s*'(?P<default>[^']*)'\s*)?")
_THEMSELVES = frozenset("*?$")


class MalformedPattern(ValueError):
    """A policy variable is written in a form that is not honoured here."""


@dataclass(frozen=True, slots=True)
class Variable:
    key: str
    default: str | None = None


class Wildcard(Enum):
    ANY_TEXT = "*"
    ONE_CHARACTER = "?"


Part = str | Variable | Wildcard


@dataclass(frozen=True, slots=True)
class Pattern:
    """`source` is the pattern as it was written."""

    source: str
    parts: tuple[Part, ...]

    def matches(self, text: str, lookup: Lookup, *, ignore_case: bool = False) -> bool:
        """Whether the whole text matches. A variable without a value matches nothing."""
        chunks: list[list[str | None]] = [[]]
        for part in self.parts:
            if part is Wildcard.ANY_TEXT:
                chunks.append([])
            elif part is Wildcard.ONE_CHARACTER:
                chunks[-1].append(matching.ONE_CHARACTER)
            else:
                value = _value(part, lookup) if isinstance(part, Variable) else part
                if value is None:
                    return False
                chunks[-1].append(value.lower() if ignore_case else value)
        return matching.fits(chunks, text.lower() if ignore_case else text)

    def resolves(self, lookup: Lookup) -> bool:
        """Whether every variable has a value."""
        return all(_value(part, lookup) is not None for part in self.parts if isinstance(part, Variable))


@dataclass(frozen=True, slots=True)
class ArnPattern:
    """An ARN, matched part by part: a wildcard crosses slashes but no colon outside the last part.

    `parts` is None for the lone `*`, which matches everything.
    """

    source: str
    parts: tuple[Pattern, ...] | None

    def matches(self, arn: str, lookup: Lookup) -> bool:
        if self.parts is None:
            return True
        texts = arn.split(":", 5)
        if len(texts) != len(self.parts):
            return False
        return all(pattern.matches(text, lookup) for pattern, text in zip(self.parts, texts, strict=True))

    def resolves(self, lookup: Lookup) -> bool:
        return self.parts is None or all(part.resolves(lookup) for part in self.parts)


def parse_pattern(source: str, *, variables: bool, wildcards: bool = True) -> Pattern:
    """Raises MalformedPattern. Without `variables` (policies of 2008), `${key}` is plain text."""
    if not variables:
        return Pattern(source, tuple(_plain_parts(source, wildcards)))
    parts: list[Part] = []
    position = 0
    while position < len(source):
        found = _TOKEN.match(source, position)
        if found is None or (found["variable"] is None and source.startswith("${", position)):
            raise MalformedPattern(f"{source!r}: a variable is opened by ${{ and not closed")
        parts.append(_part(found, wildcards))
        position = found.end()
    return Pattern(source, tuple(parts))


def parse_arn_pattern(source: str, *, variables: bool) -> ArnPattern:
    """Raises MalformedPattern unless `source` is `*` or has the six parts of an ARN."""
    if source == "*":
        return ArnPattern(source, None)
    texts = source.split(":", 5)
    if len(texts) != 6 or texts[0] != "arn" or not texts[5]:
        raise MalformedPattern(f'{source!r} must be in ARN format or "*"')
    if any("${" in text for text in texts[:5]) and variables:
        raise MalformedPattern(f"{source!r}: variables may stand only in the last part of an ARN")
    return ArnPattern(source, tuple(parse_pattern(text, variables=variables) for text in texts))


def _plain_parts(source: str, wildcards: bool) -> Sequence[Part]:
    if not wildcards:
        return [source]
    return [Wildcard(piece) if piece in ("*", "?") else piece for piece in re.split(r"([*?])", source) if piece]


def _part(found: re.Match[str], wildcards: bool) -> Part:
    if found["variable"] is not None:
        return _parse_variable(found["variable"])
    if found["wildcard"] is not None:
        return Wildcard(found["wildcard"]) if wildcards else found["wildcard"]
    return found["text"]


def _parse_variable(inside: str) -> Part:
    if inside in _THEMSELVES:
        return inside
    found = _VARIABLE.fullmatch(inside)
    if not found:
        raise MalformedPattern(f"${{{inside}}} is not a variable: ${{key}} or ${{key, 'default'}}")
    return Variable(found["key"], found["default"])


def _value(variable: Variable, lookup: Lookup) -> str | None:
    value = lookup(variable.key)
    return variable.default if value is None else value
