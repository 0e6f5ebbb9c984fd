"""CloudFormation's functions, resolved to values. Pure: what a resource or an export is, is asked of `Scope`.

Ref, GetAtt, Sub, Join, Select, Split, If, FindInMap, ImportValue, Base64, GetAZs, Cidr; Length and ToJsonString of
AWS::LanguageExtensions; conditions And, Or, Not, Equals, Condition. What is not here is refused by its name.
Source: CloudFormation user guide, Intrinsic function reference.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from halfday.server.templates.errors import TemplateRefused
from halfday.server.templates.parameters import Unset

NO_VALUE = object()
"""AWS::NoValue: the property that has it is not there."""

_VARIABLE = re.compile(r"\$\{(!?)([^{}]*)\}")
_DYNAMIC = re.compile(r"\{\{resolve:[^}]*\}\}")
_CONDITIONS = frozenset({"Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals"})


class World(Protocol):
    """What stands around the template's own text."""

    def reference(self, name: str) -> Any:
        """What Ref of a resource is. Raises TemplateRefused."""

    def attribute(self, name: str, attribute: str) -> Any:
        """What GetAtt is. Raises TemplateRefused."""

    def imported(self, name: str) -> Any:
        """What another stack exports under the name. Raises TemplateRefused."""


class Scope:
    """Resolves values of one template. `values` are its parameters and the pseudo parameters."""

    def __init__(self, body: Mapping[str, Any], values: Mapping[str, Any], world: World) -> None:
        self._mappings = body.get("Mappings", {})
        self._declared = body.get("Conditions", {})
        self._values, self._world = values, world
        self._conditions: dict[str, bool] = {}

    def resolve(self, value: Any) -> Any:
        """Without functions. Members and items that are AWS::NoValue are left out. Raises TemplateRefused."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if isinstance(value, str):
            return _undynamic(value)
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name in ("Ref", "Condition") or name.startswith("Fn::"):
                return self._called(name, argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NO_VALUE}

    def holds(self, name: str) -> bool:
        """Whether a condition of the template is true."""
        if name not in self._declared:
            raise TemplateRefused(f"there is no condition {name}")
        if name not in self._conditions:
            self._conditions[name] = False  # of a circle
            self._conditions[name] = self._true(self._declared[name])
        return self._conditions[name]

    def _called(self, name: str, argument: Any) -> Any:
        if name == "Condition":
            return self.holds(argument) if isinstance(argument, str) else {name: self.resolve(argument)}
        if name in _CONDITIONS:
            return self._true({name: argument})
        function = _FUNCTIONS.get(name)
        if function is None:
            raise TemplateRefused(f"the function {name} is not one that Halfday resolves")
        try:
            return function(self, argument)
        except TemplateRefused:
            raise
        except (TypeError, ValueError, IndexError, KeyError) as problem:
            raise _misused(name, argument, problem) from problem

    def _true(self, condition: Any) -> bool:
        (name, argument), *_ = condition.items()
        if name == "Condition":
            return self.holds(argument)
        if name == "Fn::Equals":
            one, other = (_spelt(self.resolve(each)) for each in argument)
            return bool(one == other)
        if name == "Fn::Not":
            return not self._true(argument[0])
        if name in ("Fn::And", "Fn::Or"):
            return (all if name == "Fn::And" else any)([self._true(each) for each in argument])
        raise TemplateRefused(f"a condition cannot be {name}")

    def ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name not in self._values:
            return self._world.reference(name)
        if isinstance(value := self._values[name], Unset):
            raise TemplateRefused(f"parameter {value.name} has no value: {value.why}")
        return value

    def get_att(self, argument: Any) -> Any:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        return self._world.attribute(name, self.resolve(attribute))

    def sub(self, argument: Any) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument
        own = {name: self.resolve(value) for name, value in given.items()}

        def replaced(found: re.Match[str]) -> str:
            literal, name = found[1], found[2].strip()
            if literal:
                return f"${{{found[2]}}}"
            if name in own:
                return str(_spelt(own[name]))
            return str(_spelt(self.get_att(name) if "." in name and not name.startswith("AWS::") else self.ref(name)))

        return _undynamic(_VARIABLE.sub(replaced, text))

    def join(self, argument: Any) -> str:
        separator, items = argument
        return _undynamic(str(separator).join(_spelt(item) for item in _listed(self.resolve(items))))

    def select(self, argument: Any) -> Any:
        place, items = self.resolve(argument[0]), _listed(self.resolve(argument[1]))
        return items[int(place)]

    def split(self, argument: Any) -> list[str]:
        return str(self.resolve(argument[1])).split(argument[0])

    def chosen(self, argument: Any) -> Any:
        condition, then, otherwise = argument
        return self.resolve(then if self.holds(condition) else otherwise)

    def find_in_map(self, argument: Any) -> Any:
        """A fourth member is a default, of AWS::LanguageExtensions."""
        names = [str(self.resolve(each)) for each in argument[:3]]
        found: Any = self._mappings
        for name in names:
            found = found.get(name) if isinstance(found, Mapping) else None
        if found is None and len(argument) > 3:
            return self.resolve(argument[3]["DefaultValue"])
        if found is None:
            raise TemplateRefused(f"the mappings have nothing at {'.'.join(names)}")
        return found

    def imported(self, argument: Any) -> Any:
        return self._world.imported(str(self.resolve(argument)))

    def base64(self, argument: Any) -> str:
        return base64.b64encode(str(self.resolve(argument)).encode()).decode()

    def zones(self, argument: Any) -> list[str]:
        region = self.resolve(argument) or self._values["AWS::Region"]
        return [f"{region}{letter}" for letter in "abc"]

    def cidr(self, argument: Any) -> list[str]:
        block, count, *bits = (self.resolve(each) for each in argument)
        network = ipaddress.ip_network(block)
        prefix = network.max_prefixlen - int(bits[0] if bits else 8)
        return [str(one) for one, _ in zip(network.subnets(new_prefix=prefix), range(int(count)), strict=False)]

    def length(self, argument: Any) -> int:
        return len(_listed(self.resolve(argument)))

    def to_json(self, argument: Any) -> str:
        return json.dumps(self.resolve(argument), separators=(",", ":"))


_FUNCTIONS: Mapping[str, Callable[[Scope, Any], Any]] = {
    "Ref": Scope.ref,
    "Fn::GetAtt": Scope.get_att,
    "Fn::Sub": Scope.sub,
    "Fn::Join": Scope.join,
    "Fn::Select": Scope.select,
    "Fn::Split": Scope.split,
    "Fn::If": Scope.chosen,
    "Fn::FindInMap": Scope.find_in_map,
    "Fn::ImportValue": Scope.imported,
    "Fn::Base64": Scope.base64,
    "Fn::GetAZs": Scope.zones,
    "Fn::Cidr": Scope.cidr,
    "Fn::Length": Scope.length,
    "Fn::ToJsonString": Scope.to_json,
}


def _spelt(value: Any) -> Any:
    """As text stands within text: CloudFormation writes true and false, and numbers without a needless point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, (list, dict)) else str(value)


def _listed(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise ValueError("it needs a list")
    return value


def _undynamic(text: str) -> str:
    if found := _DYNAMIC.search(text):
        raise TemplateRefused(
            f"{found[0]} would be read from AWS's stores; make it a parameter, and give it with --parameter"
        )
    return text


def _misused(name: str, argument: Any, problem: Exception) -> TemplateRefused:
    shown = json.dumps(argument, default=str)
    return TemplateRefused(f"{name} cannot be resolved with {shown[:120]}: {problem}")
