"""User pools: CreateUserPool, UpdateUserPool, DescribeUserPool, ListUserPools, DeleteUserPool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.protocol.identifiers import POOL_ID_PATTERN, POOL_NAME_BYTES, make_pool_id
from halfday.server.domain.attributes import STANDARD_NAMES, SchemaAttribute, full_schema
from halfday.server.domain.passwords import PasswordPolicy
from halfday.server.domain.pools import IssuerKind, Pool
from halfday.server.flows.keys import make_key
from halfday.server.operations import paging
from halfday.server.operations.lookups import invalid, the_pool
from halfday.server.operations.registry import Call, Output, operation
from halfday.server.storage.database import Taken

CUSTOM_ID_TAG = "_custom_id_"
ISSUER_TAG = "_issuer_"


_POLICY = (
    "Policies.PasswordPolicy.MinimumLength Policies.PasswordPolicy.RequireUppercase "
    "Policies.PasswordPolicy.RequireLowercase Policies.PasswordPolicy.RequireNumbers "
    "Policies.PasswordPolicy.RequireSymbols Policies.PasswordPolicy.TemporaryPasswordValidityDays"
)


@operation(
    "cognito-idp",
    "CreateUserPool",
    honours=f"PoolName {_POLICY} "
    "DeletionProtection AutoVerifiedAttributes AliasAttributes UsernameAttributes UserPoolTags "
    "AdminCreateUserConfig.AllowAdminCreateUserOnly Schema UsernameConfiguration MfaConfiguration",
)
async def create_user_pool(call: Call) -> Output:
    services, pool_id = call.services, _pool_id(call)
    kind = issuer_kind(call.input.get("UserPoolTags", {}), services.settings.issuer)
    blank = Pool(pool_id, call.input["PoolName"], kind, created_at=call.now, modified_at=call.now)
    pool = configured(blank, call.input)
    try:
        await services.store.pools.insert(pool, [make_key(pool.pool_id, use, call.now) for use in ("id", "access")])
    except Taken as problem:
        raise invalid(f"User pool {pool.pool_id} exists already: {CUSTOM_ID_TAG} must be new.") from problem
    return {"UserPool": await _shape(call, pool)}


def configured(blank: Pool, given: Mapping[str, Any]) -> Pool:
    """The pool set up as CreateUserPool's members say, with AWS's defaults for the rest. Raises ServiceError."""
    if given.get("MfaConfiguration", "OFF") != "OFF":
        raise invalid("Halfday does not honour MfaConfiguration other than OFF yet, and so refuses it.")
    if given.get("AliasAttributes") and given.get("UsernameAttributes"):
        raise invalid("Only one of the aliasAttributes or usernameAttributes can be set in a user pool.")
    return replace(
        blank,
        password_policy=_password_policy(given.get("Policies", {}).get("PasswordPolicy", {})),
        schema=tuple(map(_schema_attribute, given.get("Schema", []))),
        username_attributes=tuple(given.get("UsernameAttributes", ())),
        alias_attributes=tuple(given.get("AliasAttributes", ())),
        auto_verified_attributes=tuple(given.get("AutoVerifiedAttributes", ())),
        case_sensitive=given.get("UsernameConfiguration", {}).get("CaseSensitive", True),
        admin_create_user_only=given.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly", False),
        deletion_protection=given.get("DeletionProtection") == "ACTIVE",
        tags=dict(given.get("UserPoolTags", {})),
    )


@operation(
    "cognito-idp",
    "UpdateUserPool",
    honours=f"UserPoolId PoolName {_POLICY} DeletionProtection AutoVerifiedAttributes UserPoolTags "
    "AdminCreateUserConfig.AllowAdminCreateUserOnly MfaConfiguration",
)
async def update_user_pool(call: Call) -> Output:
    """A full replacement (facts/api.md §10) of all but what is fixed when a pool is made."""
    old, given = await the_pool(call), call.input
    changed = configured(replace(old, name=given.get("PoolName", old.name), modified_at=call.now), given)
    fixed = replace(
        changed,
        schema=old.schema,
        username_attributes=old.username_attributes,
        alias_attributes=old.alias_attributes,
        case_sensitive=old.case_sensitive,
    )
    await call.services.store.pools.update(fixed)
    return {}


@operation("cognito-idp", "DescribeUserPool", honours="UserPoolId")
async def describe_user_pool(call: Call) -> Output:
    return {"UserPool": await _shape(call, await the_pool(call))}


@operation("cognito-idp", "ListUserPools", honours="NextToken MaxResults")
async def list_user_pools(call: Call) -> Output:
    limit = call.input["MaxResults"]
    pools = await call.services.store.pools.page(limit=limit + 1, after=paging.after(call.input.get("NextToken")))
    shown, token = paging.cut(pools, limit, lambda pool: pool.pool_id)
    summaries = [
        {
            "Id": pool.pool_id,
            "Name": pool.name,
            "LambdaConfig": {},
            "LastModifiedDate": pool.modified_at,
            "CreationDate": pool.created_at,
        }
        for pool in shown
    ]
    return paging.page("UserPools", summaries, "NextToken", token)


@operation("cognito-idp", "DeleteUserPool", honours="UserPoolId")
async def delete_user_pool(call: Call) -> Output:
    pool = await the_pool(call)
    if pool.deletion_protection:
        message = (
            "The user pool cannot be deleted because deletion protection is activated. "
            "Deletion protection must be inactivated first."
        )
        raise invalid(message)
    if await call.services.store.domains.of_pool(pool.pool_id):
        raise invalid("User pool cannot be deleted. It has a domain configured that should be deleted first.")
    await call.services.store.pools.delete(pool.pool_id)
    return {}


def _pool_id(call: Call) -> str:
    """A new id, or the one pinned by the `_custom_id_` tag that people know from elsewhere."""
    pinned = call.input.get("UserPoolTags", {}).get(CUSTOM_ID_TAG)
    if pinned is None:
        return make_pool_id(call.region, call.services.random(POOL_NAME_BYTES))
    if not POOL_ID_PATTERN.fullmatch(pinned):
        raise invalid(f"{CUSTOM_ID_TAG} {pinned!r} is not a user pool id: REGION_NAME, such as us-east-1_AbCdEf123.")
    return str(pinned)


def issuer_kind(tags: Mapping[str, str], default: str) -> IssuerKind:
    """What the `_issuer_` tag says, or the setting. Raises ServiceError."""
    kind = tags.get(ISSUER_TAG, default)
    if kind == "local":
        return "local"
    if kind == "aws":
        return "aws"
    raise invalid(f"{ISSUER_TAG} must be local or aws, not {kind!r}.")


def _password_policy(given: Mapping[str, Any]) -> PasswordPolicy:
    """What is left out falls to false once a policy is given, as on AWS [inferred]; without one, all four are asked."""
    if not given:
        return PasswordPolicy()
    return PasswordPolicy(
        minimum_length=given.get("MinimumLength", 8),
        require_uppercase=given.get("RequireUppercase", False),
        require_lowercase=given.get("RequireLowercase", False),
        require_numbers=given.get("RequireNumbers", False),
        require_symbols=given.get("RequireSymbols", False),
        temporary_validity_days=given.get("TemporaryPasswordValidityDays", 7),
    )


def _schema_attribute(given: Mapping[str, Any]) -> SchemaAttribute:
    if "Name" not in given:
        raise invalid("Invalid schema: an attribute has no Name.")
    if given.get("DeveloperOnlyAttribute"):
        raise invalid("Halfday does not honour Schema.DeveloperOnlyAttribute, and so refuses it.")
    text, number = given.get("StringAttributeConstraints", {}), given.get("NumberAttributeConstraints", {})
    standard = given["Name"] in STANDARD_NAMES
    name = given["Name"] if standard else f"custom:{given['Name'].removeprefix('custom:')}"
    if not standard and given.get("Required"):
        raise invalid("Required custom attributes are not supported currently.")
    return SchemaAttribute(
        name,
        data_type=given.get("AttributeDataType", "String"),
        required=given.get("Required", False),
        mutable=given.get("Mutable", standard),
        minimum=_bound(text.get("MinLength", number.get("MinValue"))),
        maximum=_bound(text.get("MaxLength", number.get("MaxValue"))),
    )


def _bound(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(text)
    except ValueError as problem:
        raise invalid(f"Invalid schema: {text!r} is not a whole number.") from problem


async def _shape(call: Call, pool: Pool) -> dict[str, Any]:
    """UserPoolType, with AWS's defaults for what has not been set."""
    domain = await call.services.store.domains.of_pool(pool.pool_id)
    policy = pool.password_policy
    return {
        "Id": pool.pool_id,
        "Name": pool.name,
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": policy.minimum_length,
                "RequireUppercase": policy.require_uppercase,
                "RequireLowercase": policy.require_lowercase,
                "RequireNumbers": policy.require_numbers,
                "RequireSymbols": policy.require_symbols,
                "TemporaryPasswordValidityDays": policy.temporary_validity_days,
            },
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]},
        },
        "DeletionProtection": "ACTIVE" if pool.deletion_protection else "INACTIVE",
        "LambdaConfig": {},
        "LastModifiedDate": pool.modified_at,
        "CreationDate": pool.created_at,
        "SchemaAttributes": [_schema_shape(attribute) for attribute in full_schema(pool.schema)],
        "AutoVerifiedAttributes": list(pool.auto_verified_attributes) or None,
        "AliasAttributes": list(pool.alias_attributes) or None,
        "UsernameAttributes": list(pool.username_attributes) or None,
        "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
        "MfaConfiguration": "OFF",
        "EstimatedNumberOfUsers": await call.services.store.users.count(pool.pool_id),
        "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
        "UserPoolTags": pool.tags or None,
        "Domain": domain.domain if domain else None,
        "AdminCreateUserConfig": {
            "AllowAdminCreateUserOnly": pool.admin_create_user_only,
            "UnusedAccountValidityDays": policy.temporary_validity_days,
        },
        "UsernameConfiguration": {"CaseSensitive": pool.case_sensitive},
        "Arn": pool.arn(call.account),
        "UserPoolTier": "ESSENTIALS",
    }


def _schema_shape(attribute: SchemaAttribute) -> dict[str, Any]:
    low, high = (None if bound is None else str(bound) for bound in (attribute.minimum, attribute.maximum))
    shape: dict[str, Any] = {
        "Name": attribute.name,
        "AttributeDataType": attribute.data_type,
        "DeveloperOnlyAttribute": False,
        "Mutable": attribute.mutable,
        "Required": attribute.required,
    }
    if attribute.data_type == "String":
        shape["StringAttributeConstraints"] = {"MinLength": low, "MaxLength": high}
    elif attribute.data_type == "Number":
        shape["NumberAttributeConstraints"] = {"MinValue": low, "MaxValue": high}
    return shape
