"""The values of a template's parameters: given ones, kept ones of the last apply, defaults; checked as declared.

Source: CloudFormation user guide, Parameters; Pseudo parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from halfday.server.templates.errors import TemplateRefused

_LISTS = ("CommaDelimitedList", "List<")
_STORED = "AWS::SSM::Parameter::Value"


class Unset:
    """A parameter whose value is AWS's to look up. It is an error where it is used, and nowhere else."""

    def __init__(self, name: str, why: str) -> None:
        self.name, self.why = name, why


def partition_of(region: str) -> str:
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get("us-gov" if region.startswith("us-gov") else region[:2], "aws")


def pseudo_parameters(account: str, region: str, stack: str, stack_id: str) -> dict[str, Any]:
    partition = partition_of(region)
    return {
        "AWS::AccountId": account,
        "AWS::Region": region,
        "AWS::Partition": partition,
        "AWS::URLSuffix": "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com",
        "AWS::StackName": stack,
        "AWS::StackId": stack_id,
        "AWS::NotificationARNs": [],
    }


def values_of(
    declared: Mapping[str, Any], given: Mapping[str, str], kept: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values as functions see them, and the texts to remember. Raises TemplateRefused with all that is wrong."""
    wrong = [f"the template has no parameter {name}" for name in given if name not in declared]
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    for name, rules in declared.items():
        text = given.get(name, kept.get(name, rules.get("Default")))
        if text is None:
            wrong.append(f"parameter {name} has no default: give it with --parameter {name}=…")
            continue
        text = _text(text)
        if objection := _objection(rules, text):
            wrong.append(f"parameter {name}: {rules.get('ConstraintDescription') or objection}")
        values[name] = _typed(name, rules, text, given=name in given)
        if name in given or name in kept:
            texts[name] = text
    if wrong:
        raise TemplateRefused(*wrong)
    return values, texts


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(_text, value)) if isinstance(value, list) else str(value)


def _typed(name: str, rules: Mapping[str, Any], text: str, *, given: bool) -> Any:
    kind = str(rules.get("Type", "String"))
    if kind.startswith(_STORED):
        if not given:
            return Unset(name, f"its value stands in AWS's parameter store under {text}: give it with --parameter")
        kind = "CommaDelimitedList" if "List" in kind else "String"
    if kind.startswith(_LISTS):
        return [part.strip() for part in text.split(",")] if text else []
    return text


def _objection(rules: Mapping[str, Any], text: str) -> str:
    """What the declaration says against the text; empty where it takes it."""
    if str(rules.get("Type", "")).startswith((*_LISTS, _STORED)):
        texts = text.split(",") if rules.get("AllowedValues") else []
    else:
        texts = [text]
    allowed = [_text(one) for one in rules.get("AllowedValues", ())]
    for one in (part.strip() for part in texts):
        if allowed and one not in allowed:
            return f"{one!r} is none of {', '.join(allowed)}"
        if "AllowedPattern" in rules and not re.fullmatch(str(rules["AllowedPattern"]), one):
            return f"{one!r} does not match {rules['AllowedPattern']}"
        if not int(rules.get("MinLength", 0)) <= len(one) <= int(rules.get("MaxLength", len(one))):
            return f"{one!r} is too short or too long"
        if rules.get("Type") == "Number" and (objection := _of_number(rules, one)):
            return objection
    return ""


def _of_number(rules: Mapping[str, Any], text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return f"{text!r} is no number"
    fits = float(rules.get("MinValue", number)) <= number <= float(rules.get("MaxValue", number))
    return "" if fits else f"{text} is out of range"
