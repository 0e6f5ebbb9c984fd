"""The Condition element: operators over keys of the request's context.

A condition holds when, for every operator and every key in it, one of the values fits; negated operators, when none
does. A variable without a value is equal to nothing and like nothing, so that negated operators hold over it. Source:
IAM user guide, Condition operators; Single-valued vs. multivalued context keys; Policy variables with no value.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from halfday.server.domain.aws.policies.patterns import (
    Lookup,
    MalformedPattern,
    parse_arn_pattern,
    parse_pattern,
)

Context = Mapping[str, str | Sequence[str]]

FOR_ANY_VALUE = "ForAnyValue"
FOR_ALL_VALUES = "ForAllValues"
IF_EXISTS = "IfExists"
LATEST_MOMENT = 2**63 - 1


class MalformedCondition(ValueError):
    """A condition has an operator that is not known here, or a value of the wrong type."""


Test = Callable[[str, Lookup], bool]
"""Whether one value of the context fits one value of the policy."""


@dataclass(frozen=True, slots=True)
class Actual:
    """What the context has of a key: no values where it is absent. A multivalued key has a list, of whatever length."""

    values: Sequence[str] = ()
    multivalued: bool = False

    @property
    def is_null(self) -> bool:
        """Absent, or a null data set, such as an empty text."""
        return not any(self.values)


ABSENT = Actual()


@dataclass(frozen=True, slots=True)
class Value:
    """One value of the policy: its test, and the keys of its variables."""

    test: Test
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator over one key. `quantifier` is ForAnyValue, ForAllValues or nothing."""

    operator: str
    key: str
    negated: bool
    quantifier: str
    if_exists: bool
    values: tuple[Value, ...]
    variables: tuple[str, ...]

    def holds(self, actual: Actual, lookup: Lookup, *, of_a_deny: bool = False) -> bool:
        """A multivalued key needs a quantifier: without one, an Allow does not hold, and a Deny may for each value."""
        if not actual.values:
            return self.if_exists or self.quantifier == FOR_ALL_VALUES or (self.negated and not self.quantifier)
        if self.quantifier == FOR_ALL_VALUES and actual.is_null:
            return True
        if actual.multivalued and not self.quantifier and not of_a_deny:
            return False
        fits = [any(value.test(text, lookup) for value in self.values) != self.negated for text in actual.values]
        return all(fits) if self.quantifier == FOR_ALL_VALUES else any(fits)


@dataclass(frozen=True, slots=True)
class NullCondition:
    """Null: whether the key is absent (true) or present and not empty (false)."""

    key: str
    absent: bool
    operator: str = "Null"
    variables: tuple[str, ...] = ()

    def holds(self, actual: Actual, lookup: Lookup, *, of_a_deny: bool = False) -> bool:
        return actual.is_null == self.absent


AnyCondition = Condition | NullCondition


def parse_condition(name: str, key: str, values: Sequence[str], *, variables: bool) -> AnyCondition:
    """Raises MalformedCondition, naming the operator or the value."""
    if name == "Null":
        return NullCondition(key, _one_boolean(values))
    quantifier, colon, bare = name.rpartition(":")
    if colon and quantifier not in (FOR_ANY_VALUE, FOR_ALL_VALUES):
        raise MalformedCondition(f"{name}: there is no {quantifier}, only {FOR_ANY_VALUE} and {FOR_ALL_VALUES}")
    base = bare.removesuffix(IF_EXISTS)
    positive = _NEGATIONS.get(base, base)
    maker = _MAKERS.get(positive)
    if maker is None:
        raise MalformedCondition(f"the operator {name} is not known here")
    made = tuple(_make(maker, name, value, variables) for value in values)
    variables_of_all = tuple(key for value in made for key in value.variables)
    return Condition(name, key, positive != base, quantifier, bare != base, made, variables_of_all)


def _make(maker: Callable[[str, bool], Value], name: str, value: str, variables: bool) -> Value:
    try:
        return maker(value, variables)
    except (MalformedPattern, ValueError) as problem:
        raise MalformedCondition(f"{name}: {problem}") from None


def _one_boolean(values: Sequence[str]) -> bool:
    if len(values) != 1 or values[0].lower() not in ("true", "false"):
        raise MalformedCondition("Null takes true or false")
    return values[0].lower() == "true"


def _text(wildcards: bool, ignore_case: bool = False) -> Callable[[str, bool], Value]:
    def make(value: str, variables: bool) -> Value:
        pattern = parse_pattern(value, variables=variables, wildcards=wildcards)
        return Value(lambda text, lookup: pattern.matches(text, lookup, ignore_case=ignore_case), pattern.variables)

    return make


def _arn(value: str, variables: bool) -> Value:
    pattern = parse_arn_pattern(value, variables=variables)
    return Value(pattern.matches, pattern.variables)


def _typed(parse: Callable[[str], Any]) -> Callable[[str, bool], Value]:
    """Values that may be variables. What is no value of this type matches nothing."""

    def make(value: str, variables: bool) -> Value:
        pattern = parse_pattern(value, variables=variables, wildcards=False)
        if not pattern.variables:
            return _compared(parse, operator.eq)(value, variables)

        def test(text: str, lookup: Lookup) -> bool:
            wanted = pattern.text(lookup)
            try:
                return wanted is not None and parse(text) == parse(wanted)
            except ValueError:
                return False

        return Value(test, pattern.variables)

    return make


def _compared(parse: Callable[[str], Any], holds: Callable[[Any, Any], bool]) -> Callable[[str, bool], Value]:
    """Values without variables. A context value of another type matches nothing."""

    def make(value: str, variables: bool) -> Value:
        wanted = parse(value)

        def test(text: str, lookup: Lookup) -> bool:
            try:
                return holds(parse(text), wanted)
            except ValueError:
                return False

        return Value(test)

    return make


def _address(value: str, variables: bool) -> Value:
    network = ipaddress.ip_network(value, strict=False)

    def test(text: str, lookup: Lookup) -> bool:
        try:
            return ipaddress.ip_address(text) in network
        except ValueError:
            return False

    return Value(test)


def _number(text: str) -> float:
    number = float(text)
    if number != number:
        raise ValueError(f"{text!r} is not a number")
    return number


def _moment(text: str) -> float:
    """Epoch seconds of a W3C date (2026-11-22T10:00:00Z), or of epoch seconds."""
    if text.isascii() and text.isdigit():
        if int(text[:20]) > LATEST_MOMENT:
            raise ValueError("a date is later than a number of 64 bits can say")
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError(f"{text!r} is not base64") from None


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}

_MAKERS: dict[str, Callable[[str, bool], Value]] = {
    "StringEquals": _text(wildcards=False),
    "StringEqualsIgnoreCase": _text(wildcards=False, ignore_case=True),
    "StringLike": _text(wildcards=True),
    "ArnEquals": _arn,
    "ArnLike": _arn,
    "Bool": _typed(_boolean),
    "BinaryEquals": _typed(_bytes),
    "IpAddress": _address,
    **{f"Numeric{order}": _compared(_number, holds) for order, holds in _ORDERS.items()},
    **{f"Date{order}": _compared(_moment, holds) for order, holds in _ORDERS.items()},
}

_NEGATIONS = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
