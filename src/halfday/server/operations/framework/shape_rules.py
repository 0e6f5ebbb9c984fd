"""What the model demands of a value of one shape, compiled once a shape: length, range, pattern, enumeration.

A rule says whether a value keeps it, and in AWS's words what it demands. What lies within the value is not looked at:
`constraints` walks there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from halfday.server.operations.framework import patterns
from halfday.server.operations.framework.service_models import ListShape, MapShape, Shape, StringShape

LONGEST_WITHOUT_MAXIMUM = 131_072
"""Characters of a text for which the model has no maximum: the longest that it has anywhere in Cognito's APIs."""

# What the service checks and its public model omits (facts/api.md §1): the password's shortest length and its pattern.
_PASSWORD_SHAPE = "PasswordType"
_PASSWORD_MINIMUM = 6
_PASSWORD_PATTERN = patterns.PASSWORD

# Custom domains have dots, as the documentation of Domain says; the model's pattern is of prefixes only.
_WIDER_PATTERNS = {"DomainType": r"^[a-z0-9](?:[a-z0-9\-.]{0,61}[a-z0-9])?$"}

# A value that the documentation of GetClientToken names and the model's enumeration lacks.
_FURTHER_VALUES = {"ExplicitAuthFlowsType": ("ALLOW_CLIENT_TOKEN_AUTH",)}


@dataclass(frozen=True, slots=True)
class Rule:
    """`last`: of a value that breaks it no further rule is asked, because what they cost grows with the value. `told`:
    whether it is the model's, and not a bound of ours.
    """

    keeps: Callable[[Any], bool]
    demand: str
    last: bool = False
    told: bool = True


Rules = Sequence[Rule]


def broken(rules: Rules, value: Any) -> Iterator[str]:
    """The demands that the value does not meet."""
    for rule in rules:
        if not rule.keeps(value):
            yield rule.demand
            if rule.last:
                return


def rules_of(shape: Shape) -> Rules:
    if isinstance(shape, StringShape):
        return tuple(_of_string(shape))
    if isinstance(shape, (ListShape, MapShape)):
        return tuple(_of_length(shape.metadata.get("min"), shape.metadata.get("max")))
    return tuple(_of_range(shape)) if shape.type_name in ("integer", "long") else ()


def broken_by_keys(rules: Rules, value: Mapping[str, Any]) -> Iterator[str]:
    """The demand that the first invalid key of a map breaks. AWS's wording is [inferred]."""
    for key in value:
        if demands := list(broken(rules, key)):
            yield f"Map keys must satisfy constraint: [{', '.join(demands)}]"
            return


def broken_by_values(rules: Rules, value: Mapping[str, Any]) -> Iterator[str]:
    """What is demanded of a map's texts, where one breaks it: all of it, the longest length first, as AWS tells it
    (awslabs/aws-sdk-android-samples#21, aws-amplify/amplify-js#10833).
    """
    if not any(True for text in value.values() for _ in broken(rules, text)):
        return
    demands = [rule.demand for rule in sorted(rules, key=lambda rule: not rule.last) if rule.told]
    yield f"Map value must satisfy constraint: [{', '.join(demands)}]"


def _of_string(shape: StringShape) -> Iterator[Rule]:
    password = shape.name == _PASSWORD_SHAPE
    least = _PASSWORD_MINIMUM if password else shape.metadata.get("min")
    pattern = _PASSWORD_PATTERN if password else _WIDER_PATTERNS.get(shape.name) or shape.metadata.get("pattern")
    yield from _of_length(least, shape.metadata.get("max", LONGEST_WITHOUT_MAXIMUM), told="max" in shape.metadata)
    if pattern:
        demand = f"Member must satisfy regular expression pattern: {pattern}"
        yield Rule(lambda text: patterns.matches(pattern, text), demand)
    if shape.enum:
        allowed = frozenset((*shape.enum, *_FURTHER_VALUES.get(shape.name, ())))
        yield Rule(allowed.__contains__, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")


def _of_length(least: int | None, most: int | None, *, told: bool = True) -> Iterator[Rule]:
    """Of a text, list or map. Only texts have a maximum where the model has none."""
    if least:
        yield Rule(lambda value: len(value) >= least, f"Member must have length greater than or equal to {least}")
    if most is not None:
        demand = f"Member must have length less than or equal to {most}"
        yield Rule(lambda value: len(value) <= most, demand, last=True, told=told)


def _of_range(shape: Shape) -> Iterator[Rule]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None:
        yield Rule(lambda value: value >= least, f"Member must have value greater than or equal to {least}")
    if most is not None:
        yield Rule(lambda value: value <= most, f"Member must have value less than or equal to {most}")
