"""Provisioned limits as records. Source: API reference, GetProvisionedLimit."""

from __future__ import annotations

from typing import Any

import pytest

from asking import refusal
from world import World


def definition(category: str = "UserCreation") -> dict[str, Any]:
    return {"LimitClass": "API_CATEGORY", "Attributes": {"Category": category}}


def test_a_limit_is_its_default_until_it_is_raised(world: World) -> None:
    limit = world.idp.get_provisioned_limit(LimitDefinition=definition())["Limit"]
    assert limit == {"LimitDefinition": definition(), "ProvisionedLimitValue": 50, "FreeLimitValue": 50}
    raised = world.idp.update_provisioned_limit(LimitDefinition=definition(), RequestedLimitValue=80)["Limit"]
    assert (raised["ProvisionedLimitValue"], raised["FreeLimitValue"]) == (80, 50)
    assert world.idp.get_provisioned_limit(LimitDefinition=definition())["Limit"] == raised


@pytest.mark.parametrize(
    ("value", "code"), [(49, "InvalidParameterException"), (100_001, "ServiceQuotaExceededException")]
)
def test_a_limit_has_limits(world: World, value: int, code: str) -> None:
    given = {"LimitDefinition": definition(), "RequestedLimitValue": value}
    assert refusal(world.idp.update_provisioned_limit, **given)[0] == code


@pytest.mark.parametrize(("category", "rate"), [("UserList", 30), ("LimitManagement", 1)])
def test_what_is_not_adjustable_is_told_and_not_raised(world: World, category: str, rate: int) -> None:
    limit = world.idp.get_provisioned_limit(LimitDefinition=definition(category))["Limit"]
    assert (limit["ProvisionedLimitValue"], limit["FreeLimitValue"]) == (rate, rate)
    given = {"LimitDefinition": definition(category), "RequestedLimitValue": rate + 1}
    assert refusal(world.idp.update_provisioned_limit, **given)[0] == "InvalidParameterException"


def test_unknown_categories_and_attributes(world: World) -> None:
    unknown = refusal(world.idp.get_provisioned_limit, LimitDefinition=definition("TeaMaking"))
    assert unknown[0] == "ResourceNotFoundException"
    strange = {"LimitClass": "API_CATEGORY", "Attributes": {"Colour": "red"}}
    assert refusal(world.idp.get_provisioned_limit, LimitDefinition=strange)[0] == "InvalidParameterException"
