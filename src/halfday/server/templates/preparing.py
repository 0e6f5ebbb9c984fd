"""A template made ready: transformed, its parameters and conditions known, its resources sorted and put in order."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday.server.templates.documents import Template
from halfday.server.templates.errors import TemplateRefused
from halfday.server.templates.intrinsics import Scope
from halfday.server.templates.kinds import KINDS
from halfday.server.templates.parameters import pseudo_parameters, values_of
from halfday.server.templates.references import CircularNeed, in_order, named_in
from halfday.server.templates.sam import transformed
from halfday.server.templates.stacks import Calls, Stack
from halfday.server.templates.world import StackWorld

_OF_A_RESOURCE = frozenset(
    "Type Properties Condition DependsOn DeletionPolicy UpdateReplacePolicy Metadata CreationPolicy "
    "UpdatePolicy".split()
)


@dataclass
class Prepared:
    """`order` are the resources that are taken, each after those that it needs. `untaken` are the others' types.

    `without`: what is taken and made without something that is not, with the logical ids of that.
    """

    template: Template
    body: Mapping[str, Any] = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)
    texts: Mapping[str, str]
    world: StackWorld
    scope: Scope
    order: list[str]
    needs: Mapping[str, set[str]]
    untaken: Mapping[str, str]
    without: Mapping[str, set[str]]

    def resource(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.body["Resources"][name]
        return found


def prepared(
    template: Template,
    calls: Calls,
    given: Mapping[str, str],
    remembered: Stack,
    exports: Mapping[str, str],
    told: Mapping[str, str],
) -> Prepared:
    """Raises TemplateRefused, with all that can be said before a value is resolved.

    `told` are values of what is not taken.
    """
    values, texts = values_of(template.section("Parameters"), given, remembered.parameters)
    body = transformed(template, {k: v for k, v in values.items() if isinstance(v, (str, list))}, calls.region)
    declared = body.get("Parameters", {})
    values, texts = values_of(declared, given, remembered.parameters) if declared else (values, texts)
    stack_id = f"arn:aws:cloudformation:{calls.region}:{calls.account}:stack/{template.stack}/halfday"
    values = {**pseudo_parameters(calls.account, calls.region, template.stack, stack_id), **values}
    conditions = Scope(body, values, StackWorld({}, {}, exports))
    resources: Mapping[str, Any] = body["Resources"]
    absent = {
        n: str(r["Condition"])
        for n, r in resources.items()
        if "Condition" in r and not conditions.holds(r["Condition"])
    }
    there = {name: resource for name, resource in resources.items() if name not in absent}
    untaken = _untaken(there, conditions)
    taken = [name for name in there if name not in untaken]
    there, without = _doing_without(there, taken, untaken, conditions, told)
    body = {**body, "Resources": {**resources, **there}}
    _check_members(there, taken, conditions)
    world = StackWorld(untaken, absent, exports, told)
    needs = {name: _needs(there[name], set(taken), conditions) for name in taken}
    try:
        order = in_order({name: found - {name} for name, found in needs.items()})
    except CircularNeed as circle:
        raise TemplateRefused(f"{template.path}: {circle}") from circle
    return Prepared(template, body, values, texts, world, Scope(body, values, world), order, needs, untaken, without)


def _untaken(resources: Mapping[str, Any], conditions: Scope) -> dict[str, str]:
    """What is of another type, and what says something of one of these alone: who may call a function, for instance."""
    untaken = {name: one["Type"] for name, one in resources.items() if one["Type"] not in KINDS}
    for name, one in resources.items():
        kind = KINDS.get(one["Type"])
        for member in kind.follows if kind else ():
            if named_in(one.get("Properties", {}).get(member), untaken.keys(), conditions.holds):
                untaken[name] = one["Type"]
    return untaken


def _doing_without(
    resources: Mapping[str, Any],
    taken: Iterable[str],
    untaken: Mapping[str, str],
    conditions: Scope,
    told: Mapping[str, str],
) -> tuple[dict[str, Any], dict[str, set[str]]]:
    """The resources without what they can do without, and for each what that was. What is told is not left out."""
    ids = untaken.keys() - told.keys()
    names = {one: resources[one].get("Properties", {}).get("Name") for one in ids}

    def named(kind: str, value: Any) -> set[str]:
        by_reference = named_in(value, ids, conditions.holds)
        return {one for one in ids if untaken[one] == kind and (one in by_reference or value == names[one] is not None)}

    changed, without = dict(resources), {}
    for name in taken:
        given = resources[name].get("Properties", {})
        kept, dropped = KINDS[resources[name]["Type"]].does_without(given, named)
        if dropped:
            changed[name], without[name] = {**resources[name], "Properties": kept}, dropped
    return changed, without


def _needs(resource: Mapping[str, Any], taken: set[str], conditions: Scope) -> set[str]:
    explicit = resource.get("DependsOn", [])
    named = {explicit} if isinstance(explicit, str) else set(explicit)
    return (named & taken) | named_in(resource.get("Properties", {}), taken, conditions.holds)


def _check_members(resources: Mapping[str, Any], taken: Iterable[str], conditions: Scope) -> None:
    """Raises TemplateRefused naming every member that would have to be ignored, and each that is missing."""
    wrong = []
    for name in taken:
        resource, kind = resources[name], KINDS[resources[name]["Type"]]
        wrong += [f"{name}: a resource has no {one}" for one in sorted(resource.keys() - _OF_A_RESOURCE)]
        given = {one for one, value in resource.get("Properties", {}).items() if _is_there(value, conditions)}
        wrong += [f"{name} ({kind.type}): {one} is not acted upon" for one in sorted(given - kind.properties)]
        wrong += [f"{name} ({kind.type}): {one} is missing" for one in sorted(kind.required - given)]
    if wrong:
        raise TemplateRefused(*wrong)


def _is_there(value: Any, conditions: Scope) -> bool:
    """Whether a property has a value: Fn::If may choose AWS::NoValue."""
    while isinstance(value, Mapping) and "Fn::If" in value:
        with contextlib.suppress(ValueError, TypeError):
            condition, then, otherwise = value["Fn::If"]
            value = then if conditions.holds(condition) else otherwise
            continue
        return True
    return bool(value != {"Ref": "AWS::NoValue"})
