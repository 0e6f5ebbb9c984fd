"""DynamoDB's expressions, read as far as policies ask: which attributes are named, which partition is asked for.

Source: DynamoDB developer guide, Using expressions; Using IAM policy conditions for fine-grained access control.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from halfday.server.domain.calls.refusals import CallRefused

LONGEST = 4096
"""Characters of an expression (DynamoDB developer guide, Quotas)."""

_TOKEN = re.compile(
    r"\s*(?:(?P<name>#[A-Za-z0-9_]+|[A-Za-z_][A-Za-z0-9_-]*)|(?P<value>:[A-Za-z0-9_]+)"
    r"|(?P<number>[0-9]+)|(?P<sign><=|>=|<>|[=<>+\-.,()\[\]]))"
)
_KEYWORDS = frozenset({"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"})


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str


def tokens(expression: str) -> list[Token]:
    """Raises CallRefused for what cannot be read."""
    if len(expression) > LONGEST:
        raise _invalid("is too long")
    return list(_tokens(expression.rstrip()))


def attributes_in(expression: str, names: Mapping[str, str]) -> set[str]:
    """The top-level attributes that the expression names. `names` is ExpressionAttributeNames."""
    found, read = set(), tokens(expression)
    for at, token in enumerate(read):
        if token.kind != "name" or (at and read[at - 1].text == "."):
            continue
        is_function = at + 1 < len(read) and read[at + 1].text == "("
        if token.text.upper() in _KEYWORDS or is_function:
            continue
        found.add(_resolved(token.text, names))
    return found


def partition_value(expression: str, names: Mapping[str, str], partition_key: str) -> str:
    """The name of the one value (:pk) that a KeyConditionExpression asks the partition key to equal.

    The key has to stand there once and with `=`, and nothing may be negated or an alternative. Raises CallRefused.
    """
    read = tokens(expression)
    if any(token.text.upper() in ("OR", "NOT") for token in read if token.kind == "name"):
        raise _invalid("has an operator that key conditions do not have")
    places = [at for at, t in enumerate(read) if t.kind == "name" and _is(t, read, at, names, partition_key)]
    if len(places) != 1:
        raise CallRefused("ValidationException", f"Query condition missed key schema element: {partition_key}")
    at = places[0]
    for sign, value in ((at + 1, at + 2), (at - 1, at - 2)):
        inside = min(sign, value) >= 0 and max(sign, value) < len(read)
        if inside and read[sign].text == "=" and read[value].kind == "value":
            return read[value].text
    raise CallRefused("ValidationException", "Query key condition not supported")


def _is(token: Token, read: list[Token], at: int, names: Mapping[str, str], attribute: str) -> bool:
    if token.text.upper() in _KEYWORDS or (at + 1 < len(read) and read[at + 1].text == "("):
        return False
    return _resolved(token.text, names) == attribute


def _resolved(name: str, names: Mapping[str, str]) -> str:
    if not name.startswith("#"):
        return name
    if name not in names:
        raise _invalid(f"uses {name}, which ExpressionAttributeNames does not have")
    return names[name]


def _tokens(expression: str) -> Iterator[Token]:
    at = 0
    while at < len(expression):
        found = _TOKEN.match(expression, at)
        if found is None:
            raise _invalid("has a character in it that expressions do not have")
        at = found.end()
        yield Token(found.lastgroup or "", found[found.lastgroup or 0])


def _invalid(why: str) -> CallRefused:
    return CallRefused("ValidationException", f"Invalid expression: it {why}.")
