"""Paths of REST services: matched against a model's template, and written anew from what the labels were read as.

Source: Smithy 2.0, HTTP bindings. Segments that a server may resolve or drop, and slashes within a label, are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote

from halfday.server.domain.calls.refusals import CallRefused

GREEDY = "+"


def split_template(template: str) -> tuple[list[str], dict[str, str]]:
    """The segments, and the fields that a template's own query has."""
    path, _, query = template.partition("?")
    fields = dict(part.partition("=")[::2] for part in query.split("&") if part)
    return [part for part in path.split("/") if part], fields


def labels_of(template: str, path: str) -> dict[str, str] | None:
    """What the labels of the template stand for in this percent-encoded path; None where it does not fit."""
    wanted, _ = split_template(template)
    given = path.removeprefix("/").removesuffix("/").split("/") if path != "/" else []
    labels: dict[str, str] = {}
    for at, part in enumerate(wanted):
        if part.startswith("{") and part.endswith(GREEDY + "}"):
            rest = given[at : len(given) - (len(wanted) - at - 1)]
            if not rest or [*wanted[:at], *wanted[at + 1 :]] != [*wanted[:at], *given[at + len(rest) :]]:
                return None
            labels[part[1:-2]] = "/".join(unquote(one, errors="surrogateescape") for one in rest)
            return labels
        if at >= len(given):
            return None
        if part.startswith("{"):
            labels[part[1:-1]] = unquote(given[at], errors="surrogateescape")
        elif part != given[at]:
            return None
    return labels if len(given) == len(wanted) else None


def write_path(template: str, labels: Mapping[str, str]) -> str:
    """The path with these labels. Raises CallRefused for a label that could be read as another path."""
    wanted, _ = split_template(template)
    return "/" + "/".join(_written(part, labels) for part in wanted)


def _written(part: str, labels: Mapping[str, str]) -> str:
    if not part.startswith("{"):
        return part
    greedy = part.endswith(GREEDY + "}")
    value = labels[part[1 : -2 if greedy else -1]]
    if {"", ".", ".."} & set(value.split("/")) or any(ord(letter) < 32 for letter in value):
        raise CallRefused("ValidationException", f"The path has an empty segment, or one of dots: {value[:64]!r}.")
    return quote(value, safe="/~" if greedy else "~", errors="surrogateescape")
