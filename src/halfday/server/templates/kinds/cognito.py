"""AWS::Cognito::*: what stands in a user pool, and identity pools. Most are one operation's members.

Source: CloudFormation template reference, Amazon Cognito; facts/api.md.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.templates.kinds.kind import Kind, Plain, Properties, Site, words
from halfday.server.templates.kinds.tags import tags_of
from halfday.server.templates.kinds.user_pools import UserPool
from halfday.server.templates.stacks import Made

_IDP, _IDENTITY = "cognito-idp", "cognito-identity"
_IN_POOL = {"UserPoolId": "UserPoolId"}


def _of_all(client_id: str) -> str | None:
    """ClientId ALL is nobody's in particular, for operations in which it may be left out."""
    return None if client_id == "ALL" else client_id


def _assets(given: Any) -> Any:
    """Their bytes, which a template has as text."""
    return [{**one, "Bytes": base64.b64decode(one["Bytes"])} if "Bytes" in one else one for one in given]


CLIENT = Plain(
    "AWS::Cognito::UserPoolClient",
    _IDP,
    "CreateUserPoolClient",
    "UpdateUserPoolClient",
    "DeleteUserPoolClient",
    words(
        "AccessTokenValidity AllowedOAuthFlows AllowedOAuthFlowsUserPoolClient AllowedOAuthScopes "
        "AnalyticsConfiguration AuthSessionValidity CallbackURLs ClientName DefaultRedirectURI "
        "EnablePropagateAdditionalUserContextData EnableTokenRevocation ExplicitAuthFlows GenerateSecret "
        "IdTokenValidity LogoutURLs PreventUserExistenceErrors ReadAttributes RefreshTokenRotation "
        "RefreshTokenValidity SupportedIdentityProviders TokenValidityUnits UserPoolId WriteAttributes"
    ),
    {**_IN_POOL, "ClientId": ".id"},
    ("UserPoolClient", "ClientId"),
    fixed=words("UserPoolId GenerateSecret"),
    required=words("UserPoolId"),
    attributes=words("ClientId ClientSecret Name"),
    named="ClientName",
    from_output={
        "ClientId": ("UserPoolClient", "ClientId"),
        "ClientSecret": ("UserPoolClient", "ClientSecret"),
        "Name": ("UserPoolClient", "ClientName"),
    },
)
DOMAIN = Plain(
    "AWS::Cognito::UserPoolDomain",
    _IDP,
    "CreateUserPoolDomain",
    "UpdateUserPoolDomain",
    "DeleteUserPoolDomain",
    words("CustomDomainConfig Domain ManagedLoginVersion Routing UserPoolId"),
    {**_IN_POOL, "Domain": "Domain"},
    ("Domain",),
    fixed=words("UserPoolId Domain"),
    required=words("UserPoolId Domain"),
    attributes=words("CloudFrontDistribution"),
    from_output={"CloudFrontDistribution": ("CloudFrontDomain",)},
)
GROUP = Plain(
    "AWS::Cognito::UserPoolGroup",
    _IDP,
    "CreateGroup",
    "UpdateGroup",
    "DeleteGroup",
    words("Description GroupName Precedence RoleArn UserPoolId"),
    {**_IN_POOL, "GroupName": ".id"},
    ("GroupName",),
    fixed=words("UserPoolId GroupName"),
    required=words("UserPoolId"),
    named="GroupName",
)
PROVIDER = Plain(
    "AWS::Cognito::UserPoolIdentityProvider",
    _IDP,
    "CreateIdentityProvider",
    "UpdateIdentityProvider",
    "DeleteIdentityProvider",
    words("AttributeMapping IdpIdentifiers ProviderDetails ProviderName ProviderType UserPoolId"),
    {**_IN_POOL, "ProviderName": "ProviderName"},
    ("ProviderName",),
    fixed=words("UserPoolId ProviderName ProviderType"),
    required=words("UserPoolId ProviderName ProviderType ProviderDetails"),
    emptied={"AttributeMapping": {}, "IdpIdentifiers": []},
)
RESOURCE_SERVER = Plain(
    "AWS::Cognito::UserPoolResourceServer",
    _IDP,
    "CreateResourceServer",
    "UpdateResourceServer",
    "DeleteResourceServer",
    words("Identifier Name Scopes UserPoolId"),
    {**_IN_POOL, "Identifier": "Identifier"},
    ("Identifier",),
    fixed=words("UserPoolId Identifier"),
    required=words("UserPoolId Identifier Name"),
    emptied={"Scopes": []},
)
BRANDING = Plain(
    "AWS::Cognito::ManagedLoginBranding",
    _IDP,
    "CreateManagedLoginBranding",
    "UpdateManagedLoginBranding",
    "DeleteManagedLoginBranding",
    words("Assets ClientId ReturnMergedResources Settings UseCognitoProvidedValues UserPoolId"),
    {**_IN_POOL, "ManagedLoginBrandingId": ".id"},
    ("ManagedLoginBranding", "ManagedLoginBrandingId"),
    fixed=words("UserPoolId ClientId"),
    required=words("UserPoolId"),
    attributes=words("ManagedLoginBrandingId"),
    from_output={"ManagedLoginBrandingId": ("ManagedLoginBranding", "ManagedLoginBrandingId")},
    dropped=words("ReturnMergedResources"),  # it changes what a description shows, and nothing that is kept
    converted={"Assets": _assets},
)
TERMS = Plain(
    "AWS::Cognito::Terms",
    _IDP,
    "CreateTerms",
    "UpdateTerms",
    "DeleteTerms",
    words("ClientId Enforcement Links TermsName TermsSource UserPoolId"),
    {**_IN_POOL, "TermsId": ".id"},
    ("Terms", "TermsId"),
    fixed=words("UserPoolId ClientId"),
    required=words("UserPoolId TermsName TermsSource Enforcement Links"),
    attributes=words("TermsId"),
    from_output={"TermsId": ("Terms", "TermsId")},
)
USER = Plain(
    "AWS::Cognito::UserPoolUser",
    _IDP,
    "AdminCreateUser",
    "AdminCreateUser",  # every property is fixed
    "AdminDeleteUser",
    words(
        "ClientMetadata DesiredDeliveryMediums ForceAliasCreation MessageAction UserAttributes UserPoolId Username "
        "ValidationData"
    ),
    {**_IN_POOL, "Username": ".id"},
    ("Username",),
    fixed=words(
        "ClientMetadata DesiredDeliveryMediums ForceAliasCreation MessageAction UserAttributes UserPoolId Username "
        "ValidationData"
    ),
    required=words("UserPoolId"),
    named="Username",
)
MEMBERSHIP = Plain(
    "AWS::Cognito::UserPoolUserToGroupAttachment",
    _IDP,
    "AdminAddUserToGroup",
    "AdminAddUserToGroup",
    "AdminRemoveUserFromGroup",
    words("GroupName UserPoolId Username"),
    {**_IN_POOL, "GroupName": "GroupName", "Username": "Username"},
    ("Username",),
    fixed=words("GroupName UserPoolId Username"),
    required=words("GroupName UserPoolId Username"),
)
RISK = Plain(
    "AWS::Cognito::UserPoolRiskConfigurationAttachment",
    _IDP,
    "SetRiskConfiguration",
    "SetRiskConfiguration",
    "SetRiskConfiguration",
    words(
        "AccountTakeoverRiskConfiguration ClientId CompromisedCredentialsRiskConfiguration RiskExceptionConfiguration "
        "UserPoolId"
    ),
    {**_IN_POOL, "ClientId": "ClientId"},
    ("ClientId",),
    fixed=words("UserPoolId ClientId"),
    required=words("UserPoolId ClientId"),
    converted={"ClientId": _of_all},
)
STYLE = Plain(
    "AWS::Cognito::UserPoolUICustomizationAttachment",
    _IDP,
    "SetUICustomization",
    "SetUICustomization",
    "SetUICustomization",
    words("CSS ClientId UserPoolId"),
    {**_IN_POOL, "ClientId": "ClientId"},
    ("ClientId",),
    fixed=words("UserPoolId ClientId"),
    required=words("UserPoolId ClientId"),
    emptied={"CSS": ""},
    deleted_by={"CSS": ""},
)
LOGS = Plain(
    "AWS::Cognito::LogDeliveryConfiguration",
    _IDP,
    "SetLogDeliveryConfiguration",
    "SetLogDeliveryConfiguration",
    "SetLogDeliveryConfiguration",
    words("LogConfigurations UserPoolId"),
    _IN_POOL,
    ("UserPoolId",),
    fixed=words("UserPoolId"),
    required=words("UserPoolId"),
    attributes=words("Id"),
    from_output={"Id": ("LogDeliveryConfiguration", "UserPoolId")},
    emptied={"LogConfigurations": []},
    deleted_by={"LogConfigurations": []},
)
REPLICA = Plain(
    "AWS::Cognito::UserPoolReplica",
    _IDP,
    "CreateUserPoolReplica",
    "CreateUserPoolReplica",
    "DeleteUserPoolReplica",
    words("RegionName UserPoolId UserPoolTagsAtCreate"),
    {**_IN_POOL, "RegionName": "RegionName"},
    ("RegionName",),
    fixed=words("RegionName UserPoolId UserPoolTagsAtCreate"),
    required=words("RegionName UserPoolId"),
    renamed={"UserPoolTagsAtCreate": "UserPoolTags"},
    converted={"UserPoolTagsAtCreate": tags_of},
)


class IdentityPool(Kind):
    """Its Id is in the answer itself, and UpdateIdentityPool wants its name even where the template has none."""

    type = "AWS::Cognito::IdentityPool"
    properties = words(
        "AllowClassicFlow AllowUnauthenticatedIdentities CognitoIdentityProviders DeveloperProviderName "
        "IdentityPoolName IdentityPoolTags OpenIdConnectProviderARNs SamlProviderARNs SupportedLoginProviders"
    )
    required = words("AllowUnauthenticatedIdentities")
    attributes = words("Name Id")

    async def create(self, site: Site, given: Properties) -> Made:
        called = _identity_members({"IdentityPoolName": site.name(128), **given})
        return _identity_pool(await site.call(_IDENTITY, "CreateIdentityPool", called))

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        whole = {"IdentityPoolName": made.attributes["Name"], **given}
        called = {"IdentityPoolId": made.physical_id, **_identity_members(whole)}
        await site.call(_IDENTITY, "UpdateIdentityPool", called)
        return replace(made, attributes={**made.attributes, "Name": whole["IdentityPoolName"]})

    async def delete(self, site: Site, made: Made) -> None:
        await site.delete(_IDENTITY, "DeleteIdentityPool", {"IdentityPoolId": made.physical_id})


def _identity_members(given: Properties) -> dict[str, Any]:
    return {name: tags_of(value) if name == "IdentityPoolTags" else value for name, value in given.items()}


def _identity_pool(output: Mapping[str, Any]) -> Made:
    pool_id = output["IdentityPoolId"]
    return Made(IdentityPool.type, pool_id, attributes={"Name": output["IdentityPoolName"], "Id": pool_id})


class RoleAttachment(Kind):
    """The roles of an identity pool. A pool has one such list; without the attachment it is empty."""

    type = "AWS::Cognito::IdentityPoolRoleAttachment"
    properties = words("IdentityPoolId RoleMappings Roles")
    fixed = required = words("IdentityPoolId")
    attributes = words("Id")

    async def create(self, site: Site, given: Properties) -> Made:
        pool_id = given["IdentityPoolId"]
        await site.call(_IDENTITY, "SetIdentityPoolRoles", _roles(given))
        return Made(self.type, str(pool_id), attributes={"Id": str(pool_id)})

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        await site.call(_IDENTITY, "SetIdentityPoolRoles", _roles(given))
        return replace(made)

    async def delete(self, site: Site, made: Made) -> None:
        given = {"IdentityPoolId": made.physical_id, "Roles": {}, "RoleMappings": {}}
        await site.delete(_IDENTITY, "SetIdentityPoolRoles", given)


def _roles(given: Properties) -> dict[str, Any]:
    """A mapping's key may be any name, where its member IdentityProvider says whose it is."""
    mappings = {}
    for name, mapping in given.get("RoleMappings", {}).items():
        kept = {member: value for member, value in mapping.items() if member != "IdentityProvider"}
        mappings[mapping.get("IdentityProvider", name)] = kept
    called = {"IdentityPoolId": given["IdentityPoolId"], "Roles": given.get("Roles", {})}
    return {**called, "RoleMappings": mappings} if mappings or "RoleMappings" in given else called


class PrincipalTags(Kind):
    """Which claims become a session's tags, for one provider of an identity pool."""

    type = "AWS::Cognito::IdentityPoolPrincipalTag"
    properties = words("IdentityPoolId IdentityProviderName PrincipalTags UseDefaults")
    fixed = required = words("IdentityPoolId IdentityProviderName")

    async def create(self, site: Site, given: Properties) -> Made:
        await site.call(_IDENTITY, "SetPrincipalTagAttributeMap", given)
        return Made(self.type, f"{given['IdentityPoolId']}|{given['IdentityProviderName']}")

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        await site.call(_IDENTITY, "SetPrincipalTagAttributeMap", given)
        return replace(made)

    async def delete(self, site: Site, made: Made) -> None:
        whose = {name: made.properties[name] for name in self.required}
        nothing = {"UseDefaults": False, "PrincipalTags": {}}
        await site.delete(_IDENTITY, "SetPrincipalTagAttributeMap", {**whose, **nothing})


KINDS: tuple[Kind, ...] = (
    UserPool(),
    CLIENT,
    DOMAIN,
    GROUP,
    PROVIDER,
    RESOURCE_SERVER,
    BRANDING,
    TERMS,
    USER,
    MEMBERSHIP,
    RISK,
    STYLE,
    LOGS,
    REPLICA,
    IdentityPool(),
    RoleAttachment(),
    PrincipalTags(),
)
