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
from halfday.server.domain.aws.policies.matching import Chunk

Lookup = Callable[[str], str | None]
"""The one value of a context key; None when it has none, or several."""

ANYTHING: tuple[Chunk, ...] = ((), ())
"""The chunks of the lone `*`."""

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


Fixed = str | Wildcard
Part = Fixed | Variable


@dataclass(frozen=True, slots=True)
class Pattern:
    """`source` is the pattern as it was written. Without variables its chunks are the same at every request: `plain`,
    and `folded` where case does not count.
    """

    source: str
    parts: tuple[Part, ...]
    variables: tuple[str, ...]
    plain: tuple[Chunk, ...] | None
    folded: tuple[Chunk, ...] | None

    def matches(self, text: str, lookup: Lookup, *, ignore_case: bool = False) -> bool:
        """Whether the whole text matches. A variable without a value matches nothing."""
        chunks = self.folded if ignore_case else self.plain
        if chunks is ANYTHING:
            return True
        if chunks is None:
            resolved = _resolved(self.parts, lookup)
            if resolved is None:
                return False
            chunks = _chunks(resolved, ignore_case=ignore_case)
        return matching.fits(chunks, text.lower() if ignore_case else text)

    def text(self, lookup: Lookup) -> str | None:
        """What is written, of a pattern without wildcards; None when a variable has no value."""
        resolved = _resolved(self.parts, lookup)
        return None if resolved is None else "".join(part for part in resolved if isinstance(part, str))


@dataclass(frozen=True, slots=True)
class ArnPattern:
    """An ARN, matched part by part: a wildcard crosses slashes but no colon outside the last part.

    `parts` is None for the lone `*`, which matches everything.
    """

    source: str
    parts: tuple[Pattern, ...] | None
    variables: tuple[str, ...] = ()

    def matches(self, arn: str, lookup: Lookup) -> bool:
        if self.parts is None:
            return True
        texts = arn.split(":", 5)
        if len(texts) != len(self.parts):
            return False
        return all(pattern.matches(text, lookup) for pattern, text in zip(self.parts, texts, strict=True))


def parse_pattern(source: str, *, variables: bool, wildcards: bool = True) -> Pattern:
    """Raises MalformedPattern. Without `variables` (policies of 2008), `${key}` is plain text."""
    if not variables:
        return _pattern(source, _plain_parts(source, wildcards))
    parts: list[Part] = []
    position = 0
    while position < len(source):
        found = _TOKEN.match(source, position)
        if found is None or (found["variable"] is None and source.startswith("${", position)):
            raise MalformedPattern(f"{source!r}: a variable is opened by ${{ and not closed")
        parts.append(_part(found, wildcards))
        position = found.end()
    return _pattern(source, parts)


def _pattern(source: str, parts: Sequence[Part]) -> Pattern:
    variables = tuple(part.key for part in parts if isinstance(part, Variable))
    fixed = [part for part in parts if not isinstance(part, Variable)]
    plain, folded = (None, None) if variables else (_chunks(fixed), _chunks(fixed, ignore_case=True))
    return Pattern(source, tuple(parts), variables, plain, folded)


def _resolved(parts: Sequence[Part], lookup: Lookup) -> list[Fixed] | None:
    resolved: list[Fixed] = []
    for part in parts:
        value = _value(part, lookup) if isinstance(part, Variable) else part
        if value is None:
            return None
        resolved.append(value)
    return resolved


def _chunks(parts: Sequence[Fixed], *, ignore_case: bool = False) -> tuple[Chunk, ...]:
    chunks: list[list[str | None]] = [[]]
    for part in parts:
        if part is Wildcard.ANY_TEXT:
            chunks.append([])
        elif isinstance(part, Wildcard):
            chunks[-1].append(matching.ONE_CHARACTER)
        else:
            chunks[-1].append(part.lower() if ignore_case else part)
    made = tuple(tuple(chunk) for chunk in chunks)
    return ANYTHING if made == ANYTHING else made


def parse_arn_pattern(source: str, *, variables: bool, completes: bool = False) -> ArnPattern:
    """Raises MalformedPattern unless `source` is `*` or has an ARN's six parts: once completed, if it `completes`."""
    if source == "*":
        return ArnPattern(source, None)
    texts = completed(source) if completes else source.split(":", 5)
    if len(texts) != 6 or texts[0] != "arn" or not texts[5]:
        raise MalformedPattern(f'{source!r} must be in ARN format or "*"')
    if any("${" in text for text in texts[:5]) and variables:
        raise MalformedPattern(f"{source!r}: variables may stand only in the last part of an ARN")
    parts = tuple(parse_pattern(text, variables=variables) for text in texts)
    return ArnPattern(source, parts, tuple(key for part in parts for key in part.variables))


def completed(arn: str) -> list[str]:
    """The parts of an ARN; those missing are `*`: arn:aws:sqs is arn:aws:sqs:*:*:* (IAM user guide, Resource)."""
    texts = arn.split(":", 5)
    return texts + ["*"] * (6 - len(texts)) if len(texts) >= 3 else texts


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
