"""CloudFormation's functions resolve as its user guide describes them."""

from __future__ import annotations

from typing import Any

import pytest

from halfday.server.templates.errors import TemplateRefused
from halfday.server.templates.intrinsics import NO_VALUE, Scope
from halfday.server.templates.parameters import Unset, pseudo_parameters, values_of
from halfday.server.templates.references import CircularNeed, in_order, named_in

BODY = {
    "Mappings": {"Hosts": {"eu-west-1": {"name": "west", "zones": ["a", "b"]}}},
    "Conditions": {
        "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        "IsDev": {"Fn::Not": [{"Condition": "IsProd"}]},
        "Either": {"Fn::Or": [{"Condition": "IsProd"}, {"Fn::Equals": ["true", True]}]},
        "Both": {"Fn::And": [{"Condition": "IsDev"}, {"Condition": "IsProd"}]},
    },
}


class OnePool:
    def reference(self, name: str) -> Any:
        if name != "Pool":
            raise TemplateRefused(f"there is no resource or parameter {name}")
        return "eu-west-1_abc"

    def attribute(self, name: str, attribute: str) -> Any:
        return f"{self.reference(name)}.{attribute}"

    def imported(self, name: str) -> Any:
        return {"shared-pool": "eu-west-1_other"}[name]


def resolved(value: Any) -> Any:
    values = {
        **pseudo_parameters("123456789012", "eu-west-1", "app", "arn:stack"),
        "Stage": "dev",
        "List": ["a", "b", "c"],
        "Kept": Unset("Kept", "it stands at AWS"),
    }
    return Scope(BODY, values, OnePool()).resolve(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Stage"}, "dev"),
        ({"Ref": "Pool"}, "eu-west-1_abc"),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Fn::GetAtt": ["Pool", "Arn"]}, "eu-west-1_abc.Arn"),
        ({"Fn::GetAtt": "Pool.Outputs.X"}, "eu-west-1_abc.Outputs.X"),
        ({"Fn::Sub": "${AWS::StackName}-${Stage}-${Pool.Arn}-${!Literal}"}, "app-dev-eu-west-1_abc.Arn-${Literal}"),
        ({"Fn::Sub": ["${a}-${Stage}", {"a": {"Ref": "Pool"}}]}, "eu-west-1_abc-dev"),
        ({"Fn::Join": ["/", ["x", {"Ref": "Stage"}, {"Ref": "AWS::NoValue"}]]}, "x/dev"),
        ({"Fn::Join": [",", {"Ref": "List"}]}, "a,b,c"),
        ({"Fn::Select": ["1", {"Ref": "List"}]}, "b"),
        ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, "eu-west-1a"),
        ({"Fn::Split": ["|", "a|b"]}, ["a", "b"]),
        ({"Fn::If": ["IsProd", 1, 2]}, 2),
        ({"Fn::If": ["Either", 1, 2]}, 1),
        ({"Fn::If": ["Both", 1, 2]}, 2),
        ({"a": {"Fn::If": ["IsProd", 1, {"Ref": "AWS::NoValue"}]}, "b": 1}, {"b": 1}),
        ({"Fn::FindInMap": ["Hosts", {"Ref": "AWS::Region"}, "name"]}, "west"),
        ({"Fn::FindInMap": ["Hosts", "x", "name", {"DefaultValue": "none"}]}, "none"),
        ({"Fn::ImportValue": {"Fn::Sub": "shared-pool"}}, "eu-west-1_other"),
        ({"Fn::Base64": "abc"}, "YWJj"),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::Length": {"Ref": "List"}}, 3),
        ({"Fn::ToJsonString": {"a": {"Ref": "Stage"}}}, '{"a":"dev"}'),
        ({"Condition": {"StringEquals": {"x": {"Ref": "Stage"}}}}, {"Condition": {"StringEquals": {"x": "dev"}}}),
        ([{"Ref": "AWS::NoValue"}, 1], [1]),
    ],
)
def test_a_function_has_its_value(value: Any, expected: Any) -> None:
    assert resolved(value) == expected


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"Ref": "Nobody"}, "no resource or parameter Nobody"),
        ({"Ref": "Kept"}, "Kept has no value"),
        ({"Fn::Transform": {}}, "Fn::Transform is not one"),
        ({"Fn::Select": [7, {"Ref": "List"}]}, "Fn::Select cannot be resolved"),
        ({"Fn::FindInMap": ["Hosts", "x", "name"]}, "nothing at Hosts.x.name"),
        ({"Fn::If": ["Nothing", 1, 2]}, "no condition Nothing"),
        ("{{resolve:ssm:/secret}}", "make it a parameter"),
        ({"Fn::Join": ["", ["{{resolve:ssm:", "x}}"]]}, "make it a parameter"),
    ],
)
def test_what_cannot_be_resolved_is_refused_by_its_name(value: Any, told: str) -> None:
    with pytest.raises(TemplateRefused, match=told.replace("{", r"\{")):
        resolved(value)


def test_no_value_alone_is_no_value() -> None:
    assert resolved({"Ref": "AWS::NoValue"}) is NO_VALUE


def test_what_a_value_names_is_found_in_the_branch_that_is_taken() -> None:
    value = [
        {"Fn::If": ["Yes", {"Ref": "A"}, {"Ref": "B"}]},
        {"Fn::Sub": ["${C.Arn} ${own} ${!D} ${AWS::Region}", {"own": {"Fn::GetAtt": "E.Arn"}}]},
    ]
    assert named_in(value, set("ABCDE"), lambda _: True) == {"A", "C", "E"}


def test_resources_come_after_those_that_they_need_and_else_as_they_stand() -> None:
    assert in_order({"a": {"c"}, "b": set(), "c": set()}) == ["b", "c", "a"]
    with pytest.raises(CircularNeed, match="a, b"):
        in_order({"a": {"b"}, "b": {"a"}})


DECLARED = {
    "Stage": {"Type": "String", "Default": "dev", "AllowedValues": ["dev", "prod"]},
    "Count": {"Type": "Number", "MinValue": 1, "MaxValue": 5, "Default": 2},
    "Urls": {"Type": "CommaDelimitedList", "Default": "a, b"},
    "Name": {"Type": "String", "AllowedPattern": "[a-z]+", "MinLength": 2},
    "Version": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/path"},
}


def test_parameters_are_given_kept_or_as_declared() -> None:
    values, texts = values_of(DECLARED, {"Name": "ab"}, {"Stage": "prod"})
    assert (values["Stage"], values["Count"], values["Urls"], values["Name"]) == ("prod", "2", ["a", "b"], "ab")
    assert isinstance(values["Version"], Unset)
    assert texts == {"Name": "ab", "Stage": "prod"}


def test_everything_that_is_wrong_with_parameters_is_told_at_once() -> None:
    with pytest.raises(TemplateRefused) as refused:
        values_of(DECLARED, {"Stage": "x", "Count": "9", "Nobody": "1"}, {})
    told = "\n".join(refused.value.sentences)
    for expected in ("no parameter Nobody", "'x' is none of dev, prod", "9 is out of range", "Name has no default"):
        assert expected in told
