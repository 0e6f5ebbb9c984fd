"""A server on which every member of what makes pools, identity pools and IAM has been set, and which they were.

Members that go together with no others have a pool or client of their own.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from botocore import xform_name

from federation.saml.corp import Corp
from halfday.server.operations.framework import registry
from halfday.server.operations.framework.model import service_model
from halfday.server.operations.framework.service_models import ListShape, MapShape, Shape, StructureShape
from whole_pool import ALLOW, ROLE, TRUST
from world import World

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"
SENDER = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-4333-8444-555555555555"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"


def members_of(shape: Shape | None, place: str = "") -> set[str]:
    """The paths of all that a request may say: `Policies.PasswordPolicy.MinimumLength`, `Schema[].Name`, `Links{}`."""
    if isinstance(shape, StructureShape) and shape.members and not shape.is_document_type:
        inner = [members_of(each, f"{place}.{name}" if place else name) for name, each in shape.members.items()]
        return set().union(*inner)
    if isinstance(shape, ListShape):
        return members_of(shape.member, f"{place}[]")
    if isinstance(shape, MapShape):
        return members_of(shape.value, f"{place}{{}}")
    return {place}


def taken_members(service: str, operation: str) -> set[str]:
    """Those that this server acts upon; it refuses requests with any other."""
    known = registry.find(service, operation)
    assert known is not None
    model = service_model(service).operation_model(operation)
    return {one for one in members_of(model.input_shape) if _is_honoured(one, known.honours)}


def _is_honoured(path: str, honours: frozenset[str]) -> bool:
    plain = path.replace("[]", "").replace("{}", "")
    return any(plain == one or plain.startswith(f"{one}.") for one in honours)


class Recorder:
    """Calls operations, and remembers which members were said of each."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.said: dict[str, set[str]] = defaultdict(set)

    def __call__(self, service: str, operation: str, **given: Any) -> dict[str, Any]:
        client = self._world.boto3(service)
        answer: dict[str, Any] = getattr(client, xform_name(operation))(**given)
        shape = service_model(service).operation_model(operation).input_shape
        self.said[f"{service} {operation}"] |= _said(shape, given)
        return answer

    def idp(self, operation: str, **given: Any) -> dict[str, Any]:
        return self("cognito-idp", operation, **given)


def _said(shape: Shape | None, value: Any, place: str = "") -> set[str]:
    if isinstance(shape, StructureShape) and shape.members and not shape.is_document_type:
        given: Mapping[str, Any] = value
        inner = [_said(shape.members[n], each, f"{place}.{n}" if place else n) for n, each in given.items()]
        return set().union(*inner)
    if isinstance(shape, ListShape):
        return set().union(*[_said(shape.member, each, f"{place}[]") for each in value])
    if isinstance(shape, MapShape):
        return set().union(*[_said(shape.value, each, f"{place}{{}}") for each in value.values()])
    return {place}


def set_up(world: World) -> Recorder:
    call = Recorder(world)
    _iam(call)
    pool_id = _whole_pool(call)
    _clients(call, pool_id)
    _other_pools(call)
    _identity_pool(call, pool_id)
    return call


def _iam(call: Recorder) -> None:
    path, tags, text = "/teams/red/", [{"Key": "a", "Value": "b"}, {"Key": "Z", "Value": ""}], json.dumps(ALLOW)
    policy = call("iam", "CreatePolicy", PolicyName="p", Path=path, PolicyDocument=text, Description="d", Tags=tags)
    named = {"PolicyArn": policy["Policy"]["Arn"]}
    call("iam", "CreatePolicyVersion", **named, PolicyDocument=text.replace("s3:*", "s3:Get*"), SetAsDefault=True)
    call("iam", "CreatePolicyVersion", **named, PolicyDocument=text.replace("s3:*", "s3:Put*"), SetAsDefault=False)
    trust, bounded = json.dumps(TRUST), {"PermissionsBoundary": named["PolicyArn"]}
    role = {"RoleName": "r", "Path": path, "AssumeRolePolicyDocument": trust, "Description": "d", **bounded}
    call("iam", "CreateRole", **role, MaxSessionDuration=7200, Tags=tags)
    call("iam", "PutRolePolicy", RoleName="r", PolicyName="own", PolicyDocument=text)
    call("iam", "AttachRolePolicy", RoleName="r", **named)
    call("iam", "CreateUser", UserName="u", Path=path, **bounded, Tags=tags)
    call("iam", "PutUserPolicy", UserName="u", PolicyName="own", PolicyDocument=text)
    call("iam", "AttachUserPolicy", UserName="u", **named)
    key = call("iam", "CreateAccessKey", UserName="u")["AccessKey"]["AccessKeyId"]
    call("iam", "UpdateAccessKey", UserName="u", AccessKeyId=key, Status="Inactive")
    call(
        "iam",
        "CreateOpenIDConnectProvider",
        Url="https://idp.example.com/a",
        ClientIDList=["one", "two"],
        ThumbprintList=["a" * 40],
        Tags=tags,
    )
    metadata = Corp("https://corp.example.com", "https://corp.example.com").metadata()
    call("iam", "CreateSAMLProvider", Name="corp", SAMLMetadataDocument=metadata, Tags=tags)


def _settings() -> dict[str, Any]:
    """What CreateUserPool and UpdateUserPool both take."""
    return {
        "PoolName": "every member",
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": 13,
                "RequireUppercase": False,
                "RequireLowercase": True,
                "RequireNumbers": False,
                "RequireSymbols": True,
                "PasswordHistorySize": 3,
                "TemporaryPasswordValidityDays": 5,
            },
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]},
        },
        "DeletionProtection": "ACTIVE",
        "LambdaConfig": {
            **dict.fromkeys(_TRIGGERS, FUNCTION),
            "PreTokenGeneration": FUNCTION,
            "PreTokenGenerationConfig": {"LambdaVersion": "V2_0", "LambdaArn": FUNCTION},
            "CustomSMSSender": {"LambdaVersion": "V1_0", "LambdaArn": FUNCTION},
            "CustomEmailSender": {"LambdaVersion": "V1_0", "LambdaArn": FUNCTION},
            "InboundFederation": {"LambdaVersion": "V1_0", "LambdaArn": FUNCTION},
            "KMSKeyID": KEY,
        },
        "AutoVerifiedAttributes": ["email", "phone_number"],
        "VerificationMessageTemplate": {
            "SmsMessage": "sms {####}",
            "EmailMessage": "mail {####}",
            "EmailSubject": "subject",
            "EmailMessageByLink": "link {##Here##}",
            "EmailSubjectByLink": "link",
            "DefaultEmailOption": "CONFIRM_WITH_LINK",
        },
        "SmsAuthenticationMessage": "in {####}",
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
        "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": True},
        "EmailConfiguration": {
            "SourceArn": SENDER,
            "ReplyToEmailAddress": "reply@example.com",
            "EmailSendingAccount": "DEVELOPER",
            "From": "Pool <pool@example.com>",
            "ConfigurationSet": "set",
        },
        "SmsConfiguration": {"SnsCallerArn": ROLE.format("sms"), "ExternalId": "x", "SnsRegion": "us-east-1"},
        "UserPoolTags": {"team": "red", "empty": ""},
        "AdminCreateUserConfig": {
            "AllowAdminCreateUserOnly": True,
            "InviteMessageTemplate": {
                "SMSMessage": "{username} {####}",
                "EmailMessage": "hello {username} {####}",
                "EmailSubject": "hello",
            },
        },
        "UserPoolAddOns": {
            "AdvancedSecurityMode": "ENFORCED",
            "AdvancedSecurityAdditionalFlows": {"CustomAuthMode": "AUDIT"},
        },
        "AccountRecoverySetting": {
            "RecoveryMechanisms": [
                {"Priority": 1, "Name": "verified_phone_number"},
                {"Priority": 2, "Name": "verified_email"},
            ]
        },
        "UserPoolTier": "PLUS",
        "KeyConfiguration": {"KeyType": "AWS_OWNED_KEY"},
        "IssuerConfiguration": {"Type": "ORIGINAL"},
        "AcrConfiguration": {"Level1": {"AcrValue": "urn:one"}},
    }


_TRIGGERS = (
    "PreSignUp CustomMessage PostConfirmation PreAuthentication PostAuthentication DefineAuthChallenge "
    "CreateAuthChallenge VerifyAuthChallengeResponse UserMigration"
).split()


def _whole_pool(call: Recorder) -> str:
    schema = [
        {"Name": "email", "AttributeDataType": "String", "Mutable": True, "Required": True},
        {
            "Name": "rank",
            "AttributeDataType": "Number",
            "NumberAttributeConstraints": {"MinValue": "1", "MaxValue": "9"},
        },
        {
            "Name": "team",
            "AttributeDataType": "String",
            "StringAttributeConstraints": {"MinLength": "1", "MaxLength": "9"},
        },
        {"Name": "since", "AttributeDataType": "DateTime", "Mutable": True},
        {"Name": "active", "AttributeDataType": "Boolean", "Mutable": False},
    ]
    pool_id: str = call.idp(
        "CreateUserPool",
        **_settings(),
        AliasAttributes=["email", "preferred_username"],
        UsernameConfiguration={"CaseSensitive": True},
        Schema=schema,
        MfaConfiguration="OFF",
    )["UserPool"]["Id"]
    whose = {"UserPoolId": pool_id}
    call.idp(
        "SetUserPoolMfaConfig",
        **whose,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        EmailMfaConfiguration={"Message": "code {####}", "Subject": "code"},
        SmsMfaConfiguration={
            "SmsAuthenticationMessage": "again {####}",
            "SmsConfiguration": {"SnsCallerArn": ROLE.format("sms"), "ExternalId": "x", "SnsRegion": "us-east-1"},
        },
        WebAuthnConfiguration={
            "RelyingPartyId": "example.com",
            "UserVerification": "required",
            "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION",
        },
    )
    call.idp("CreateUserPoolDomain", **whose, Domain="every-member", ManagedLoginVersion=2)
    custom = {"CertificateArn": CERTIFICATE, "SecurityPolicy": "TLS_V1_3_2025"}
    call.idp(
        "CreateUserPoolDomain",
        **whose,
        Domain="auth.every.example.com",
        ManagedLoginVersion=1,
        CustomDomainConfig=custom,
    )
    scopes = [{"ScopeName": name, "ScopeDescription": f"may {name}"} for name in ("write", "read")]
    call.idp("CreateResourceServer", **whose, Identifier="https://api", Name="api", Scopes=scopes)
    call.idp("CreateResourceServer", **whose, Identifier="bare", Name="bare")
    call.idp("CreateGroup", **whose, GroupName="g", RoleArn=ROLE.format("teams/red/r"), Precedence=0, Description="d")
    call.idp("CreateGroup", **whose, GroupName="elsewhere", RoleArn=ROLE.format("not/there"))
    call.idp(
        "CreateIdentityProvider",
        **whose,
        ProviderName="corp",
        ProviderType="OIDC",
        ProviderDetails={
            "client_id": "c",
            "client_secret": "s",
            "authorize_scopes": "openid",
            "attributes_request_method": "GET",
            "oidc_issuer": "https://corp.example.com",
            **{f"{one}_url": f"https://corp.example.com/{one}" for one in ("authorize", "token", "attributes")},
            "jwks_uri": "https://corp.example.com/jwks",
        },
        AttributeMapping={"email": "email", "custom:team": "team"},
        IdpIdentifiers=["corp.example.com"],
        AcrMapping={"Level1": "urn:corp:low"},
    )
    call.idp("SetUserPoolSessionConfiguration", **whose, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 7})
    call.idp("CreateUserPoolReplica", **whose, RegionName="eu-west-1", UserPoolTags={"not": "told"})
    call.idp("UpdateUserPoolReplica", **whose, RegionName="eu-west-1", Status="ACTIVE")
    call.idp("CreateUserPoolReplica", **whose, RegionName="eu-west-2")
    call.idp(
        "SetLogDeliveryConfiguration",
        **whose,
        LogConfigurations=[
            {
                "LogLevel": "ERROR",
                "EventSource": "userNotification",
                "CloudWatchLogsConfiguration": {"LogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:l"},
            },
            {
                "LogLevel": "INFO",
                "EventSource": "userAuthEvents",
                "S3Configuration": {"BucketArn": "arn:aws:s3:::bucket"},
            },
        ],
    )
    return pool_id


def _clients(call: Recorder, pool_id: str) -> None:
    whose = {"UserPoolId": pool_id}
    first = call.idp("CreateUserPoolClient", **whose, **_client(), ClientSecret="a_secret_of_a_client_0123456789")
    client_id = first["UserPoolClient"]["ClientId"]
    rotating = call.idp("CreateUserPoolClient", **whose, ClientName="rotating", GenerateSecret=True)["UserPoolClient"]
    changed = {**_client(), "ClientName": "rotates", "AnalyticsConfiguration": {"ApplicationArn": ANALYTICS}}
    auth_flows = {"ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ALLOW_USER_SRP_AUTH"]}
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 20}
    second = {**whose, "ClientId": rotating["ClientId"]}
    call.idp("UpdateUserPoolClient", **second, **_client())
    call.idp("UpdateUserPoolClient", **second, **{**changed, **auth_flows}, RefreshTokenRotation=rotation)
    arn = {"AnalyticsConfiguration": {"ApplicationArn": ANALYTICS}}
    call.idp("CreateUserPoolClient", **whose, ClientName="rotates", RefreshTokenRotation=rotation, **auth_flows, **arn)
    call.idp("CreateUserPoolClient", **whose, ClientName="bare")
    call.idp("SetUserPoolClientSessionConfiguration", **second, SSOSession={"MaxValidityMinutes": 5})
    for one in (client_id, rotating["ClientId"]):
        _styles(call, {**whose, "ClientId": one}, plain=one == client_id)
    call.idp("SetUICustomization", **whose, ClientId="ALL", CSS=".banner-customizable { color: red; }", ImageFile=PNG)
    _risks(call, whose, client_id)


ANALYTICS = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/" + "a" * 32


def _client() -> dict[str, Any]:
    return {
        "ClientName": "every member",
        "RefreshTokenValidity": 12,
        "AccessTokenValidity": 900,
        "IdTokenValidity": 2,
        "TokenValidityUnits": {"AccessToken": "seconds", "IdToken": "hours", "RefreshToken": "hours"},
        "ReadAttributes": ["email", "custom:team"],
        "WriteAttributes": ["email"],
        "ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "SupportedIdentityProviders": ["COGNITO", "corp"],
        "CallbackURLs": ["https://app.example.com/b", "https://app.example.com/a"],
        "LogoutURLs": ["https://app.example.com/bye"],
        "DefaultRedirectURI": "https://app.example.com/a",
        "AllowedOAuthFlows": ["code", "implicit"],
        "AllowedOAuthScopes": ["openid", "https://api/read"],
        "AllowedOAuthFlowsUserPoolClient": True,
        "AnalyticsConfiguration": {
            "ApplicationId": "a" * 32,
            "RoleArn": ROLE.format("analytics"),
            "ExternalId": "x",
            "UserDataShared": True,
        },
        "PreventUserExistenceErrors": "LEGACY",
        "EnableTokenRevocation": False,
        "EnablePropagateAdditionalUserContextData": False,
        "AuthSessionValidity": 7,
    }


def _styles(call: Recorder, whose: dict[str, str], *, plain: bool) -> None:
    """Of one client Cognito's own values with a picture beside them, and an empty classic style; of the other all."""
    terms = {"TermsSource": "LINK", "Enforcement": "NONE", "Links": {"cognito:default": "https://example.com/t"}}
    call.idp("CreateTerms", **whose, TermsName="terms-of-use", **terms)
    if plain:
        picture = {"Category": "FORM_LOGO", "ColorMode": "DARK", "Extension": "PNG", "Bytes": PNG}
        call.idp("CreateManagedLoginBranding", **whose, UseCognitoProvidedValues=True, Assets=[picture])
        call.idp("SetUICustomization", **whose)
        return
    assets = [
        {"Category": "FAVICON_SVG", "ColorMode": "DYNAMIC", "Extension": "SVG", "Bytes": SVG},
        {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG", "ResourceId": "1111-2222"},
    ]
    settings = {
        "componentClasses": {"buttons": {"borderRadius": 8.0}},
        "categories": {"form": {"displayGraphics": True}},
    }
    call.idp("CreateManagedLoginBranding", **whose, Settings=settings, Assets=assets)
    call.idp("SetUICustomization", **whose, CSS=".banner-customizable { color: navy; }")


def _risks(call: Recorder, whose: dict[str, str], client_id: str) -> None:
    mail = {"Subject": "s", "HtmlBody": "<p>h</p>", "TextBody": "a text"}
    notify = {"From": "risk@example.com", "ReplyTo": "reply@example.com", "SourceArn": SENDER}
    notify |= dict.fromkeys(("BlockEmail", "NoActionEmail", "MfaEmail"), mail)
    actions = {
        "LowAction": {"Notify": False, "EventAction": "NO_ACTION"},
        "MediumAction": {"Notify": True, "EventAction": "MFA_IF_CONFIGURED"},
        "HighAction": {"Notify": True, "EventAction": "BLOCK"},
    }
    call.idp(
        "SetRiskConfiguration",
        **whose,
        CompromisedCredentialsRiskConfiguration={"EventFilter": ["SIGN_UP"], "Actions": {"EventAction": "BLOCK"}},
        AccountTakeoverRiskConfiguration={"NotifyConfiguration": notify, "Actions": actions},
        RiskExceptionConfiguration={"BlockedIPRangeList": ["192.0.2.0/24"], "SkippedIPRangeList": ["198.51.100.0/24"]},
    )
    own = {"BlockedIPRangeList": ["203.0.113.0/24"]}
    call.idp("SetRiskConfiguration", **whose, ClientId=client_id, RiskExceptionConfiguration=own)


def _other_pools(call: Recorder) -> None:
    """Members that another one excludes; a pool that is changed to all; and pools with nothing said."""
    eums = {
        "CallerArn": ROLE.format("sms"),
        "ExternalId": "x",
        "OriginationIdentity": "+15555550100",
        "ConfigurationSetName": "set",
        "InEntityId": "entity",
        "InTemplateId": "template",
        "Region": "us-east-1",
    }
    older = {
        "SmsVerificationMessage": "s {####}",
        "EmailVerificationMessage": "m {####}",
        "EmailVerificationSubject": "s",
    }
    unused = {"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 9}}
    call.idp(
        "CreateUserPool",
        PoolName="older",
        UsernameAttributes=["phone_number", "email"],
        SmsConfiguration={"EumsSms": eums},
        **older,
        **unused,
    )
    pool_id = call.idp("CreateUserPool", PoolName="changed", SmsConfiguration={"SnsCallerArn": ROLE.format("sms")})
    whose = {"UserPoolId": pool_id["UserPool"]["Id"]}
    call.idp("UpdateUserPool", **whose, **_settings(), MfaConfiguration="OFF")
    second = call.idp("CreateUserPool", PoolName="changed too")["UserPool"]["Id"]
    sms = {"SmsConfiguration": {"EumsSms": eums}}
    call.idp("UpdateUserPool", UserPoolId=second, PoolName="changed too", **sms, **older, **unused)
    call.idp(
        "SetUserPoolMfaConfig",
        UserPoolId=second,
        MfaConfiguration="ON",
        SmsMfaConfiguration={"SmsAuthenticationMessage": "c {####}", **sms},
    )
    stream = "arn:aws:firehose:us-east-1:123456789012:deliverystream/s"
    call.idp(
        "SetLogDeliveryConfiguration",
        **whose,
        LogConfigurations=[
            {"LogLevel": "INFO", "EventSource": "userAuthEvents", "FirehoseConfiguration": {"StreamArn": stream}}
        ],
    )
    attributes = [{"Name": f"a{number}", "AttributeDataType": "String"} for number in range(3)]
    call.idp("AddCustomAttributes", **whose, CustomAttributes=attributes)
    call.idp("CreateUserPool", PoolName="bare")


def _identity_pool(call: Recorder, pool_id: str) -> None:
    provider = f"cognito-idp.us-east-1.amazonaws.com/{pool_id}"
    clients = call.idp("ListUserPoolClients", UserPoolId=pool_id, MaxResults=60)["UserPoolClients"]
    oidc = "arn:aws:iam::123456789012:oidc-provider/idp.example.com/a"
    settings = {
        "IdentityPoolName": "every member",
        "AllowUnauthenticatedIdentities": True,
        "AllowClassicFlow": True,
        "SupportedLoginProviders": {"accounts.google.com": "app", "graph.facebook.com": "123"},
        "DeveloperProviderName": "login.example.com",
        "OpenIdConnectProviderARNs": [oidc],
        "CognitoIdentityProviders": [
            {"ProviderName": provider, "ClientId": one["ClientId"], "ServerSideTokenCheck": number == 0}
            for number, one in enumerate(clients)
        ],
        "SamlProviderARNs": [f"arn:aws:iam::123456789012:saml-provider/{name}" for name in ("corp", "is-gone")],
        "IdentityPoolTags": {"a": "b"},
    }
    first = call("cognito-identity", "CreateIdentityPool", **settings)["IdentityPoolId"]
    second = call("cognito-identity", "CreateIdentityPool", IdentityPoolName="n", AllowUnauthenticatedIdentities=False)
    call("cognito-identity", "UpdateIdentityPool", IdentityPoolId=second["IdentityPoolId"], **settings)
    rules = [
        {"Claim": "a", "MatchType": match, "Value": "b", "RoleARN": ROLE.format(name)}
        for match, name in zip(
            ("Equals", "Contains", "StartsWith", "NotEqual"), ("teams/red/r", "x", "y", "z"), strict=True
        )
    ]
    call(
        "cognito-identity",
        "SetIdentityPoolRoles",
        IdentityPoolId=first,
        Roles={"authenticated": ROLE.format("teams/red/r"), "unauthenticated": ROLE.format("not/there")},
        RoleMappings={
            f"{provider}:{clients[0]['ClientId']}": {
                "Type": "Rules",
                "AmbiguousRoleResolution": "AuthenticatedRole",
                "RulesConfiguration": {"Rules": rules},
            },
            f"{provider}:{clients[1]['ClientId']}": {"Type": "Token", "AmbiguousRoleResolution": "Deny"},
            "accounts.google.com": {
                "Type": "Rules",
                "AmbiguousRoleResolution": "Deny",
                "RulesConfiguration": {"Rules": rules[:1]},
            },
        },
    )
    tagged = {"IdentityPoolId": first, "PrincipalTags": {"department": "custom:team"}}
    call("cognito-identity", "SetPrincipalTagAttributeMap", **tagged, IdentityProviderName=provider, UseDefaults=False)
    usual = {"IdentityProviderName": "accounts.google.com", "UseDefaults": True}
    call("cognito-identity", "SetPrincipalTagAttributeMap", IdentityPoolId=first, **usual)
