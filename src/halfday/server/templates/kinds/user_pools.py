"""AWS::Cognito::UserPool. Several operations make one: the pool, its second factors, attributes that come later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.templates.errors import TemplateRefused
from halfday.server.templates.kinds.kind import Kind, Properties, Site, words
from halfday.server.templates.models import members_of
from halfday.server.templates.stacks import Made

_IDP = "cognito-idp"
_OF_FACTORS = words(
    "EnabledMfas EmailAuthenticationMessage EmailAuthenticationSubject WebAuthnRelyingPartyID "
    "WebAuthnUserVerification WebAuthnFactorConfiguration"
)
_CUSTOM = "custom:"


class UserPool(Kind):
    type = "AWS::Cognito::UserPool"
    properties = (
        words(
            "AccountRecoverySetting AdminCreateUserConfig AliasAttributes AutoVerifiedAttributes DeletionProtection "
            "DeviceConfiguration EmailConfiguration EmailVerificationMessage EmailVerificationSubject "
            "IssuerConfiguration KeyConfiguration LambdaConfig MfaConfiguration Policies Schema "
            "SmsAuthenticationMessage SmsConfiguration SmsVerificationMessage UserAttributeUpdateSettings "
            "UserPoolAddOns UserPoolName UserPoolTags UserPoolTier UsernameAttributes UsernameConfiguration "
            "VerificationMessageTemplate"
        )
        | _OF_FACTORS
    )
    never = words("UsernameAttributes AliasAttributes UsernameConfiguration")
    attributes = words("Arn ProviderName ProviderURL UserPoolId")

    async def create(self, site: Site, given: Properties) -> Made:
        whole = {"UserPoolName": site.name(128), **given}
        output = await site.call(_IDP, "CreateUserPool", _members("CreateUserPool", whole))
        pool = output["UserPool"]
        provider = f"cognito-idp.{site.calls.region}.amazonaws.com/{pool['Id']}"
        told = {"ProviderName": provider, "ProviderURL": f"https://{provider}"}
        made = Made(self.type, pool["Id"], attributes={"Arn": pool["Arn"], "UserPoolId": pool["Id"], **told})
        if _sets_factors(given):
            await site.begun(made)
            await site.call(_IDP, "SetUserPoolMfaConfig", _factors(made.physical_id, given))
        return made

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        added = _added(made.properties.get("Schema", []), given.get("Schema", []))
        pool_id = {"UserPoolId": made.physical_id}
        members = _members("UpdateUserPool", given)
        await site.call(_IDP, "UpdateUserPool", {**pool_id, **members})
        if _sets_factors(given) or _sets_factors(made.properties):
            await site.call(_IDP, "SetUserPoolMfaConfig", _factors(made.physical_id, given))
        if added:
            await site.call(_IDP, "AddCustomAttributes", {**pool_id, "CustomAttributes": added})
        return replace(made)

    async def delete(self, site: Site, made: Made) -> None:
        await site.delete(_IDP, "DeleteUserPool", {"UserPoolId": made.physical_id})


def _members(operation: str, given: Properties) -> dict[str, Any]:
    """Where factors are set by themselves, the pool is made without them: it could not have them yet."""
    called = {"PoolName" if name == "UserPoolName" else name: value for name, value in given.items()}
    left = _OF_FACTORS | ({"MfaConfiguration"} if _sets_factors(given) else frozenset())
    known = members_of(_IDP, operation)
    if "Schema" in called:
        called["Schema"] = [_attribute(one) for one in called["Schema"]]
    return {
        name: value
        for name, value in called.items()
        if name not in left and (operation == "CreateUserPool" or name in known)
    }


def _sets_factors(given: Properties) -> bool:
    return bool(_OF_FACTORS & given.keys())


def _factors(pool_id: str, given: Properties) -> dict[str, Any]:
    """SetUserPoolMfaConfig's members. Source: template reference, AWS::Cognito::UserPool, EnabledMfas."""
    enabled = given.get("EnabledMfas", [])
    called: dict[str, Any] = {"UserPoolId": pool_id, "MfaConfiguration": given.get("MfaConfiguration", "OFF")}
    if "SOFTWARE_TOKEN_MFA" in enabled:
        called["SoftwareTokenMfaConfiguration"] = {"Enabled": True}
    if "SMS_MFA" in enabled:
        called["SmsMfaConfiguration"] = _named(given, SmsAuthenticationMessage="SmsAuthenticationMessage") | _named(
            given, SmsConfiguration="SmsConfiguration"
        )
    email = _named(given, Message="EmailAuthenticationMessage", Subject="EmailAuthenticationSubject")
    if "EMAIL_OTP" in enabled or email:
        called["EmailMfaConfiguration"] = email
    keys = _named(
        given,
        RelyingPartyId="WebAuthnRelyingPartyID",
        UserVerification="WebAuthnUserVerification",
        FactorConfiguration="WebAuthnFactorConfiguration",
    )
    if keys:
        called["WebAuthnConfiguration"] = keys
    return called


def _named(given: Properties, **members: str) -> dict[str, Any]:
    return {member: given[name] for member, name in members.items() if name in given}


def _attribute(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "Name": str(one["Name"]).removeprefix(_CUSTOM)} if "Name" in one else dict(one)


def _added(old: list[Any], new: list[Any]) -> list[dict[str, Any]]:
    """The attributes that a changed schema adds. Raises TemplateRefused where it changes or takes away others."""
    before = {one.get("Name"): one for one in map(_attribute, old)}
    after = {one.get("Name"): one for one in map(_attribute, new)}
    if gone := [name for name, one in before.items() if after.get(name) != one]:
        raise TemplateRefused(
            f"Schema: {', '.join(map(str, gone))}: a user pool's attributes cannot be changed or taken away"
        )
    return [one for name, one in after.items() if name not in before]
