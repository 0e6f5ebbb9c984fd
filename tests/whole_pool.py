"""A server with one of everything, set up by the calls that people make."""

from __future__ import annotations

import json
from typing import Any

from world import PASSWORD, World

ROLE = "arn:aws:iam::123456789012:role/{}"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def set_up(world: World) -> dict[str, str]:
    """Ids by what they are of."""
    role = ROLE.replace("123456789012", world.running.services.settings.account_id)
    iam, idp, identity = (world.boto3(name) for name in ("iam", "cognito-idp", "cognito-identity"))
    policy = iam.create_policy(PolicyName="readers", PolicyDocument=json.dumps(ALLOW), Description="d")["Policy"]["Arn"]
    for name in ("admin", "guest"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), Tags=[{"Key": "a", "Value": "b"}])
    iam.attach_role_policy(RoleName="admin", PolicyArn=policy)
    _developers(iam)
    iam.put_role_policy(RoleName="guest", PolicyName="own", PolicyDocument=json.dumps(ALLOW))
    pool_id = idp.create_user_pool(
        PoolName="whole",
        UserPoolTags={"team": "red"},
        AliasAttributes=["email", "preferred_username"],
        AutoVerifiedAttributes=["email"],
        UserPoolTier="PLUS",
        UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"},
        UsernameConfiguration={"CaseSensitive": True},
        DeletionProtection="ACTIVE",
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True},
        Policies={
            "PasswordPolicy": {"MinimumLength": 11, "RequireSymbols": False, "TemporaryPasswordValidityDays": 3},
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]},
        },
        Schema=[
            {"Name": "email", "Required": True, "Mutable": True, "AttributeDataType": "String"},
            {"Name": "rank", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "1"}},
            {"Name": "team", "AttributeDataType": "String", "Mutable": True},
        ],
        SmsConfiguration={"SnsCallerArn": role.format("sms"), "ExternalId": "x"},
        VerificationMessageTemplate={"EmailSubject": "S", "EmailMessage": "M {####}"},
        AdminCreateUserConfig={
            "AllowAdminCreateUserOnly": True,
            "InviteMessageTemplate": {"EmailSubject": "Hi", "EmailMessage": "{username} {####}"},
        },
    )["UserPool"]["Id"]
    whose = {"UserPoolId": pool_id}
    idp.set_user_pool_mfa_config(
        **whose,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        SmsMfaConfiguration={
            "SmsAuthenticationMessage": "code {####}",
            "SmsConfiguration": {"SnsCallerArn": role.format("sms"), "ExternalId": "x"},
        },
    )
    idp.create_user_pool_domain(**whose, Domain="whole-pool", ManagedLoginVersion=1)
    idp.create_resource_server(
        **whose, Identifier="https://api", Name="api", Scopes=[{"ScopeName": "read", "ScopeDescription": "reads"}]
    )
    idp.create_identity_provider(
        **whose,
        ProviderName="Google",
        ProviderType="Google",
        ProviderDetails={"client_id": "c", "client_secret": "s", "authorize_scopes": "openid email"},
        AttributeMapping={"email": "email"},
        IdpIdentifiers=["g"],
    )
    client = idp.create_user_pool_client(
        **whose,
        ClientName="web",
        GenerateSecret=True,
        CallbackURLs=["http://localhost:8080/"],
        LogoutURLs=["http://localhost:8080/bye"],
        AllowedOAuthFlows=["code"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=["openid", "email", "https://api/read"],
        SupportedIdentityProviders=["COGNITO", "Google"],
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"],
        ReadAttributes=["email", "custom:team"],
        WriteAttributes=["email"],
        AccessTokenValidity=10,
        IdTokenValidity=2,
        RefreshTokenValidity=7,
        TokenValidityUnits={"AccessToken": "minutes", "IdToken": "hours", "RefreshToken": "days"},
        AuthSessionValidity=9,
        EnableTokenRevocation=False,
        PreventUserExistenceErrors="ENABLED",
    )["UserPoolClient"]["ClientId"]
    spa = idp.create_user_pool_client(**whose, ClientName="spa")["UserPoolClient"]["ClientId"]
    idp.create_user_pool_client(**whose, ClientName="spa")
    idp.create_group(**whose, GroupName="admins", RoleArn=role.format("admin"), Precedence=3, Description="d")
    idp.create_group(**whose, GroupName="zeros", Precedence=0)
    idp.set_ui_customization(**whose, ClientId="ALL", CSS=".banner-customizable { background-color: navy; }")
    idp.create_managed_login_branding(**whose, ClientId=client, UseCognitoProvidedValues=True)
    idp.set_risk_configuration(
        **whose,
        CompromisedCredentialsRiskConfiguration={"EventFilter": ["SIGN_IN"], "Actions": {"EventAction": "BLOCK"}},
    )
    idp.create_terms(
        **whose,
        ClientId=client,
        TermsName="terms-of-use",
        TermsSource="LINK",
        Enforcement="NONE",
        Links={"cognito:default": "https://example.com/terms"},
    )
    _people(idp, whose)
    identity_pool = identity.create_identity_pool(
        IdentityPoolName="people",
        AllowUnauthenticatedIdentities=True,
        CognitoIdentityProviders=[{"ProviderName": f"cognito-idp.us-east-1.amazonaws.com/{pool_id}", "ClientId": spa}],
        IdentityPoolTags={"a": "b"},
    )["IdentityPoolId"]
    identity.set_identity_pool_roles(
        IdentityPoolId=identity_pool,
        Roles={"authenticated": role.format("admin"), "unauthenticated": role.format("guest")},
    )
    identity.get_id(IdentityPoolId=identity_pool)
    return {"pool": pool_id, "client": client, "spa": spa, "identity_pool": identity_pool}


def _developers(iam: Any) -> None:
    """A policy whose first version is gone and whose default is not the newest, and users who have it."""
    path, text = "/teams/red/", json.dumps(ALLOW)
    arn = iam.create_policy(PolicyName="bounds", Path=path, PolicyDocument=text, Tags=[{"Key": "c", "Value": "d"}])
    bounds = {"PolicyArn": arn["Policy"]["Arn"]}
    for action in ("s3:Get*", "s3:List*", "s3:Put*"):
        document = json.dumps(ALLOW).replace("s3:*", action)
        iam.create_policy_version(**bounds, PolicyDocument=document, SetAsDefault=action == "s3:List*")
    iam.delete_policy_version(**bounds, VersionId="v1")
    boundary = {"PermissionsBoundary": bounds["PolicyArn"]}
    iam.create_role(
        RoleName="pathed", Path=path, AssumeRolePolicyDocument=json.dumps(TRUST), Description="d", **boundary
    )
    iam.attach_role_policy(RoleName="pathed", **bounds)
    iam.create_user(UserName="dev", Path=path, Tags=[{"Key": "a", "Value": "b"}], **boundary)
    iam.put_user_policy(UserName="dev", PolicyName="own", PolicyDocument=json.dumps(ALLOW))
    iam.attach_user_policy(UserName="dev", **bounds)
    iam.create_access_key(UserName="dev")
    second = iam.create_access_key(UserName="dev")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="dev", AccessKeyId=second, Status="Inactive")
    iam.create_user(UserName="plain")


def _people(idp: Any, whose: dict[str, str]) -> None:
    for name, permanent in (("ada", True), ("grace", False)):
        attributes = {"email": f"{name}@example.com", "email_verified": "true", "custom:rank": "3"}
        listed = [{"Name": key, "Value": value} for key, value in attributes.items()]
        idp.admin_create_user(**whose, Username=name, UserAttributes=listed, MessageAction="SUPPRESS")
        idp.admin_set_user_password(**whose, Username=name, Password=PASSWORD, Permanent=permanent)
    idp.admin_add_user_to_group(**whose, Username="ada", GroupName="admins")
    idp.admin_disable_user(**whose, Username="grace")
    idp.admin_link_provider_for_user(
        **whose,
        DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": "ada"},
        SourceUser={
            "ProviderName": "Google",
            "ProviderAttributeName": "Cognito_Subject",
            "ProviderAttributeValue": "109",
        },
    )
