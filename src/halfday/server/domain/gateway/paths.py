"""Paths of methods: `/things/{id}`, `/files/{proxy+}`; which of several a request's path means.

The more literal template wins, segment by segment. Parameters are decoded once.
Source: developer guides, Set up a proxy resource; Create routes for HTTP APIs, Routing API requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import unquote, unquote_to_bytes

T = TypeVar("T")

_PARAMETER = re.compile(r"\{([A-Za-z0-9._:-]+)(\+?)\}")
_LITERAL, _ONE, _GREEDY = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a template: a literal, a parameter, or the parameter that takes all that follows."""

    text: str
    kind: int


@dataclass(frozen=True, slots=True)
class PathTemplate:
    text: str
    segments: tuple[Segment, ...]
    everything: bool = False
    """The route `$default`: any path, after all others."""

    @property
    def rank(self) -> tuple[int, ...]:
        """The smaller, the more specific."""
        return (1,) if self.everything else (0, *(segment.kind for segment in self.segments))


DEFAULT = PathTemplate("$default", (), everything=True)


class MalformedPath(ValueError):
    """A path that no method can have. The sentence says why."""


def parse_template(path: str) -> PathTemplate:
    """Raises MalformedPath."""
    if not path.startswith("/"):
        raise MalformedPath("a path begins with a slash")
    segments = tuple(_segment(part) for part in path[1:].split("/")) if path != "/" else ()
    if any(segment.kind == _GREEDY for segment in segments[:-1]):
        raise MalformedPath("a greedy path variable must be at the end of the path")
    names = [segment.text for segment in segments if segment.kind != _LITERAL]
    if len(names) != len(set(names)):
        raise MalformedPath("a path has each of its variables once")
    return PathTemplate(path, segments)


def _segment(part: str) -> Segment:
    found = _PARAMETER.fullmatch(part)
    if found:
        return Segment(found[1], _GREEDY if found[2] else _ONE)
    if "{" in part or "}" in part:
        raise MalformedPath(f"{part!r} is neither a name nor a variable in braces")
    return Segment(part, _LITERAL)


def best_match(raw_path: str, templates: Iterable[tuple[PathTemplate, T]]) -> tuple[T, dict[str, str]] | None:
    """The most specific of those whose template fits, with its parameters as they stand in the path, still encoded.

    Of several as specific, the first.
    """
    parts = raw_path.lstrip("/").split("/") if raw_path.strip("/") else []
    fits = [
        (template.rank, value, found) for template, value in templates if (found := _fit(template, parts)) is not None
    ]
    if not fits:
        return None
    _, value, parameters = min(fits, key=lambda one: one[0])
    return value, parameters


def _fit(template: PathTemplate, parts: list[str]) -> dict[str, str] | None:
    if template.everything:
        return {}
    found: dict[str, str] = {}
    for at, segment in enumerate(template.segments):
        if at >= len(parts):
            return None
        if segment.kind == _GREEDY:
            rest = "/".join(parts[at:])
            return {**found, segment.text: rest} if rest else None
        if segment.kind == _LITERAL and unquote(parts[at]) != segment.text:
            return None
        if segment.kind == _ONE:
            if not parts[at]:
                return None
            found[segment.text] = parts[at]
    return found if len(parts) == len(template.segments) else None


def decoded(parameters: Mapping[str, str]) -> dict[str, str]:
    return {name: unquote(value) for name, value in parameters.items()}


def is_ambiguous(raw_path: str) -> bool:
    """Whether a backend that decodes or resolves the path would see another than the one that was authorized."""
    plain = unquote_to_bytes(raw_path).replace(b"\\", b"/")
    return bool({b".", b".."} & set(plain.split(b"/")))
