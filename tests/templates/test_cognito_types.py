"""Every AWS::Cognito type: made, changed in place or replaced, and deleted, as CloudFormation's reference says."""

from __future__ import annotations

from typing import Any

from appliers import Applier, outputs, steps

from halfday.server.templates.kinds import KINDS
from world import World

TYPES = """
IdentityPool IdentityPoolPrincipalTag IdentityPoolRoleAttachment LogDeliveryConfiguration ManagedLoginBranding Terms
UserPool UserPoolClient UserPoolDomain UserPoolGroup UserPoolIdentityProvider UserPoolReplica UserPoolResourceServer
UserPoolRiskConfigurationAttachment UserPoolUICustomizationAttachment UserPoolUser UserPoolUserToGroupAttachment
""".split()

ALL = """
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      UserPoolName: everything
      UserPoolTier: PLUS
      UserPoolAddOns: {AdvancedSecurityMode: ENFORCED}
      WebAuthnRelyingPartyID: example.com
      WebAuthnUserVerification: preferred
      UserPoolTags: {team: shop}
  Client:
    Type: AWS::Cognito::UserPoolClient
    Properties:
      UserPoolId: !Ref Pool
      SupportedIdentityProviders: [COGNITO, !Ref Google]
      CallbackURLs: ["http://localhost:3000"]
      AllowedOAuthFlows: [code]
      AllowedOAuthFlowsUserPoolClient: true
      AllowedOAuthScopes: [openid, !Sub "${Orders}/read"]
  Domain:
    Type: AWS::Cognito::UserPoolDomain
    Properties: {UserPoolId: !Ref Pool, Domain: every-type, ManagedLoginVersion: 1}
  Google:
    Type: AWS::Cognito::UserPoolIdentityProvider
    Properties:
      UserPoolId: !Ref Pool
      ProviderName: Google
      ProviderType: Google
      ProviderDetails: {client_id: g, client_secret: s, authorize_scopes: openid email}
      AttributeMapping: {email: email}
  Orders:
    Type: AWS::Cognito::UserPoolResourceServer
    Properties:
      UserPoolId: !Ref Pool
      Identifier: orders
      Name: Orders
      Scopes: [{ScopeName: read, ScopeDescription: read them}]
  Staff:
    Type: AWS::Cognito::UserPoolGroup
    Properties: {UserPoolId: !Ref Pool, GroupName: staff, Description: first}
  Ann:
    Type: AWS::Cognito::UserPoolUser
    Properties:
      UserPoolId: !Ref Pool
      Username: ann
      MessageAction: SUPPRESS
      UserAttributes: [{Name: email, Value: ann@example.com}]
  Member:
    Type: AWS::Cognito::UserPoolUserToGroupAttachment
    Properties: {UserPoolId: !Ref Pool, Username: !Ref Ann, GroupName: !Ref Staff}
  Style:
    Type: AWS::Cognito::UserPoolUICustomizationAttachment
    DependsOn: Domain
    Properties: {UserPoolId: !Ref Pool, ClientId: ALL, CSS: ".banner-customizable { background-color: red; }"}
  Look:
    Type: AWS::Cognito::ManagedLoginBranding
    Properties:
      UserPoolId: !Ref Pool
      ClientId: !Ref Client
      UseCognitoProvidedValues: true
      ReturnMergedResources: true
  Rules:
    Type: AWS::Cognito::Terms
    Properties:
      UserPoolId: !Ref Pool
      ClientId: !Ref Client
      TermsName: terms-of-use
      TermsSource: LINK
      Enforcement: NONE
      Links: {"cognito:default": "https://example.com/terms"}
  Risk:
    Type: AWS::Cognito::UserPoolRiskConfigurationAttachment
    Properties:
      UserPoolId: !Ref Pool
      ClientId: ALL
      CompromisedCredentialsRiskConfiguration: {Actions: {EventAction: BLOCK}}
  Logs:
    Type: AWS::Cognito::LogDeliveryConfiguration
    Properties:
      UserPoolId: !Ref Pool
      LogConfigurations:
        - EventSource: userNotification
          LogLevel: ERROR
          CloudWatchLogsConfiguration: {LogGroupArn: "arn:aws:logs:us-east-1:123456789012:log-group:people"}
  Identities:
    Type: AWS::Cognito::IdentityPool
    Properties:
      AllowUnauthenticatedIdentities: false
      CognitoIdentityProviders: [{ClientId: !Ref Client, ProviderName: !GetAtt Pool.ProviderName}]
      IdentityPoolTags: [{Key: team, Value: shop}]
  Guest:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Federated: cognito-identity.amazonaws.com}
            Action: sts:AssumeRoleWithWebIdentity
            Condition: {StringEquals: {"cognito-identity.amazonaws.com:aud": !Ref Identities}}
  Roles:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref Identities
      Roles: {authenticated: !GetAtt Guest.Arn}
      RoleMappings:
        AnyName:
          IdentityProvider: !Sub "${Pool.ProviderName}:${Client}"
          Type: Token
          AmbiguousRoleResolution: AuthenticatedRole
  Tags:
    Type: AWS::Cognito::IdentityPoolPrincipalTag
    Properties:
      IdentityPoolId: !Ref Identities
      IdentityProviderName: !GetAtt Pool.ProviderName
      UseDefaults: false
      PrincipalTags: {department: "custom:department"}
Outputs:
  Pool: {Value: !Ref Pool}
  Client: {Value: !Ref Client}
  Identities: {Value: !Ref Identities}
  Name: {Value: !GetAtt Identities.Name}
  Distribution: {Value: !GetAtt Domain.CloudFrontDistribution}
"""


def test_all_types_of_the_specification_are_taken() -> None:
    taken = {name.removeprefix("AWS::Cognito::") for name in KINDS if name.startswith("AWS::Cognito::")}
    assert taken == set(TYPES)


def test_all_types_are_made_stay_as_they_are_and_go(applier: Applier, world: World) -> None:
    applied = applier.text(ALL)
    assert {action for action, _ in steps(applied)} == {"create"}
    assert len(applied.steps) == 17
    found = outputs(applied)
    _check_made(world, found)
    assert steps(applier.text(ALL)) == []
    assert {action for action, _ in steps(applier.delete())} == {"delete"}
    pools = [one["Id"] for one in world.idp.list_user_pools(MaxResults=60)["UserPools"]]
    assert found["Pool"] not in pools


def _check_made(world: World, found: dict[str, Any]) -> None:
    idp, pool = world.idp, {"UserPoolId": found["Pool"]}
    identity = world.boto3("cognito-identity")
    assert idp.describe_user_pool_domain(Domain="every-type")["DomainDescription"]["UserPoolId"] == found["Pool"]
    assert idp.admin_list_groups_for_user(**pool, Username="ann")["Groups"][0]["GroupName"] == "staff"
    assert "red" in idp.get_ui_customization(**pool)["UICustomization"]["CSS"]
    branding = idp.describe_managed_login_branding_by_client(**pool, ClientId=found["Client"])
    assert branding["ManagedLoginBranding"]["UseCognitoProvidedValues"] is True
    risk = idp.describe_risk_configuration(**pool)["RiskConfiguration"]
    assert risk["CompromisedCredentialsRiskConfiguration"]["Actions"] == {"EventAction": "BLOCK"}
    logs = idp.get_log_delivery_configuration(**pool)["LogDeliveryConfiguration"]
    assert logs["LogConfigurations"][0]["EventSource"] == "userNotification"
    roles = identity.get_identity_pool_roles(IdentityPoolId=found["Identities"])
    (provider,) = roles["RoleMappings"]
    assert provider.endswith(f"/{found['Pool']}:{found['Client']}")
    described = identity.describe_identity_pool(IdentityPoolId=found["Identities"])
    assert described["IdentityPoolName"] == found["Name"]
    assert described["IdentityPoolTags"] == {"team": "shop"}
    tags = identity.get_principal_tag_attribute_map(
        IdentityPoolId=found["Identities"], IdentityProviderName=provider.rpartition(":")[0]
    )
    assert tags["PrincipalTags"] == {"department": "custom:department"}


REPLICATED = """
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties: {UserPoolName: twice, UserPoolTier: PLUS}
  North:
    Type: AWS::Cognito::UserPoolReplica
    Properties: {UserPoolId: !Ref Pool, RegionName: eu-north-1, UserPoolTagsAtCreate: [{Key: a, Value: b}]}
Outputs:
  Pool: {Value: !Ref Pool}
"""


def test_a_replica_is_made_and_goes_before_its_pool(applier: Applier, world: World) -> None:
    found = outputs(applier.text(REPLICATED))
    listed = world.idp.list_user_pool_replicas(UserPoolId=found["Pool"])["UserPoolReplicas"]
    assert "eu-north-1" in [one["RegionName"] for one in listed]
    assert steps(applier.text(REPLICATED)) == []
    assert steps(applier.delete()) == [("delete", "North"), ("delete", "Pool")]


CHANGES = [
    ("Description: first", "Description: second", "update", "Staff"),
    ("GroupName: staff,", "GroupName: crew,", "replace", "Staff"),
    ("AttributeMapping: {email: email}", "AttributeMapping: {email: email, name: name}", "update", "Google"),
    ("ScopeDescription: read them", "ScopeDescription: look", "update", "Orders"),
    ("ManagedLoginVersion: 1", "ManagedLoginVersion: 2", "update", "Domain"),
    ("background-color: red", "background-color: blue", "update", "Style"),
    ("example.com/terms", "example.com/other", "update", "Rules"),
    ("EventAction: BLOCK", "EventAction: NO_ACTION", "update", "Risk"),
    ("log-group:people", "log-group:others", "update", "Logs"),
    ("AllowUnauthenticatedIdentities: false", "AllowUnauthenticatedIdentities: true", "update", "Identities"),
    ("AuthenticatedRole", "Deny", "update", "Roles"),
    ("custom:department", "custom:team", "update", "Tags"),
    ("ann@example.com", "annie@example.com", "replace", "Ann"),
    ("team: shop}", "team: north}", "update", "Pool"),
]


def test_each_change_is_as_cloudformation_makes_it(applier: Applier) -> None:
    """What would be done: of some, AWS can do it only where nothing has the same name."""
    applier.text(ALL)
    for old, new, action, logical_id in CHANGES:
        assert old in ALL
        planned = steps(applier.plan(ALL.replace(old, new)))
        assert (action, logical_id) in planned, (old, planned)


def test_all_that_can_be_changed_in_place_is_changed_at_once(applier: Applier, world: World) -> None:
    found = outputs(applier.text(ALL))
    text = ALL
    for old, new, action, _ in CHANGES:
        text = text.replace(old, new) if action == "update" else text
    applied = applier.text(text)
    assert {logical_id for action, logical_id in steps(applied)} == {
        logical_id for _, _, action, logical_id in CHANGES if action == "update"
    }
    assert {action for action, _ in steps(applied)} == {"update"}
    assert steps(applier.text(text)) == []
    assert outputs(applied)["Client"] == found["Client"]
    domain = world.idp.describe_user_pool_domain(Domain="every-type")["DomainDescription"]
    assert domain["ManagedLoginVersion"] == 2
