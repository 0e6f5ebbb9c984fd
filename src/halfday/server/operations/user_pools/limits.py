"""Provisioned limits of an account's API categories, as records: requests are not counted here.

Source: API reference, GetProvisionedLimit; Developer guide, Quotas (categories and their default rates).
"""

from __future__ import annotations

from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.configuration import ProvisionedLimit
from halfday.server.operations.framework.lookups import invalid
from halfday.server.operations.framework.registry import Call, Output, operation

ADJUSTABLE = {
    "UserAuthentication": 120,
    "UserCreation": 50,
    "UserFederation": 25,
    "UserRead": 120,
    "UserToken": 120,
    "UserResourceRead": 50,
}
CATEGORIES = {
    **ADJUSTABLE,
    "UserAccountRecovery": 30,
    "UserUpdate": 25,
    "UserResourceUpdate": 25,
    "UserList": 30,
    "UserPoolRead": 15,
    "UserPoolUpdate": 15,
    "UserPoolResourceRead": 20,
    "UserPoolResourceUpdate": 15,
    "UserPoolClientRead": 15,
    "UserPoolClientUpdate": 15,
    "ClientAuthentication": 150,
    "LimitManagement": 1,
}
"""Category → requests a second that are free."""

MOST = 100_000
_ATTRIBUTE = "Category"


@operation("cognito-idp", "GetProvisionedLimit", honours="LimitDefinition")
async def get_provisioned_limit(call: Call) -> Output:
    category = _category(call)
    limit = await call.services.store.provisioned_limits.find(call.account, call.region, category)
    return {"Limit": _shape(call, category, limit.value if limit else CATEGORIES[category])}


@operation("cognito-idp", "UpdateProvisionedLimit", honours="LimitDefinition RequestedLimitValue")
async def update_provisioned_limit(call: Call) -> Output:
    """Raises Refused unless the limit is between the free rate and the account's maximum, which is not known here: MOST
    [inferred].

    Only adjustable categories (Developer guide, Quotas).
    """
    category, value = _category(call), call.input["RequestedLimitValue"]
    if category not in ADJUSTABLE:
        raise invalid(f"The limit of {category} cannot be provisioned: it is not adjustable.")
    if value < CATEGORIES[category]:
        raise invalid(f"RequestedLimitValue must be at least {CATEGORIES[category]}, which is the default.")
    if value > MOST:
        message = f"RequestedLimitValue must be at most {MOST}."
        raise Refused("ServiceQuotaExceededException", message)
    await call.services.store.provisioned_limits.put(ProvisionedLimit(call.account, call.region, category, value))
    return {"Limit": _shape(call, category, value)}


def _category(call: Call) -> str:
    attributes = call.input["LimitDefinition"]["Attributes"]
    category: str = attributes.get(_ATTRIBUTE, "")
    if set(attributes) != {_ATTRIBUTE}:
        raise invalid(f"LimitDefinition takes one attribute, {_ATTRIBUTE}.")
    if category not in CATEGORIES:
        raise Refused("ResourceNotFoundException", f"There is no API category {category!r}.")
    return category


def _shape(call: Call, category: str, value: int) -> dict[str, Any]:
    return {
        "LimitDefinition": call.input["LimitDefinition"],
        "ProvisionedLimitValue": value,
        "FreeLimitValue": CATEGORIES[category],
    }
