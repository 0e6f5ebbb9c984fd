"""A template is applied, applied again, changed and deleted; nothing is changed where it would be refused."""

from __future__ import annotations

import pytest
from appliers import Applier, outputs, steps
from botocore.exceptions import ClientError

from halfday.server.templates.errors import CallRefused, Stopped, TemplateRefused
from world import PASSWORD, World

PEOPLE = """
Parameters:
  Stage: {Type: String, Default: dev}
  Name: {Type: String, Default: people}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
Resources:
  Client:
    Type: AWS::Cognito::UserPoolClient
    Properties:
      UserPoolId: !Ref Pool
      ClientName: web
      GenerateSecret: "true"
      ExplicitAuthFlows: [ALLOW_ADMIN_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]
      AccessTokenValidity: "30"
      TokenValidityUnits: {AccessToken: minutes}
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      UserPoolName: !Sub "${Name}-${Stage}"
      MfaConfiguration: OPTIONAL
      EnabledMfas: [SOFTWARE_TOKEN_MFA]
      Schema:
        - {Name: plan, AttributeDataType: String, Mutable: true}
        - !If [Prod, {Name: rank, AttributeDataType: Number, Mutable: true}, !Ref AWS::NoValue]
  Staff:
    Type: AWS::Cognito::UserPoolGroup
    Properties: {UserPoolId: !Ref Pool, GroupName: staff, Precedence: 3}
  Queue:
    Type: AWS::SQS::Queue
Outputs:
  PoolId: {Value: !Ref Pool}
  ClientId: {Value: !Ref Client}
  Secret: {Value: !GetAtt Client.ClientSecret}
  Issuer: {Value: !GetAtt Pool.ProviderURL}
  Queue: {Value: !Ref Queue}
"""


def test_a_template_is_made_and_applied_again_changes_nothing(applier: Applier, world: World) -> None:
    applied = applier.text(PEOPLE)
    assert steps(applied) == [("create", "Pool"), ("create", "Client"), ("create", "Staff")]
    assert applied.untaken == {"Queue": "AWS::SQS::Queue"}
    assert applied.outputs_untaken == {"Queue": "Queue"}
    found = outputs(applied)
    pool = world.idp.describe_user_pool(UserPoolId=found["PoolId"])["UserPool"]
    client = world.idp.describe_user_pool_client(UserPoolId=found["PoolId"], ClientId=found["ClientId"])
    factors = world.idp.get_user_pool_mfa_config(UserPoolId=found["PoolId"])
    assert (pool["Name"], pool["MfaConfiguration"]) == ("people-dev", "OPTIONAL")
    assert factors["SoftwareTokenMfaConfiguration"] == {"Enabled": True}
    assert client["UserPoolClient"]["ClientSecret"] == found["Secret"]
    assert client["UserPoolClient"]["AccessTokenValidity"] == 30
    assert found["Issuer"].endswith(f".amazonaws.com/{found['PoolId']}")
    assert steps(applier.text(PEOPLE)) == []


def test_after_a_sign_in_and_a_day_nothing_has_drifted(applier: Applier, world: World) -> None:
    found = outputs(applier.text(PEOPLE))
    world.idp.admin_create_user(UserPoolId=found["PoolId"], Username="ann", MessageAction="SUPPRESS")
    world.idp.admin_set_user_password(UserPoolId=found["PoolId"], Username="ann", Password=PASSWORD, Permanent=True)
    world.clock.advance(86_400)
    again = applier.text(PEOPLE)
    assert steps(again) == []
    assert outputs(again) == found


def test_what_changed_is_changed_in_place_and_nothing_else(applier: Applier, world: World) -> None:
    before = outputs(applier.text(PEOPLE))
    applied = applier.text(PEOPLE, Stage="prod")
    assert steps(applied) == [("update", "Pool")]
    assert applied.steps[0].why == ("Schema", "UserPoolName")
    assert outputs(applied) == before
    pool = world.idp.describe_user_pool(UserPoolId=before["PoolId"])["UserPool"]
    assert pool["Name"] == "people-prod"
    assert "custom:rank" in [one["Name"] for one in pool["SchemaAttributes"]]


def test_a_parameter_once_given_is_kept(applier: Applier) -> None:
    applier.text(PEOPLE, Name="members")
    assert steps(applier.text(PEOPLE)) == []


def test_what_cannot_be_changed_in_place_is_replaced_and_what_names_it_follows(applier: Applier, world: World) -> None:
    before = outputs(applier.text(PEOPLE))
    applied = applier.text(PEOPLE.replace('GenerateSecret: "true"', "GenerateSecret: false"))
    assert steps(applied) == [("replace", "Client"), ("delete", "Client")]
    after = outputs(applied)
    assert after["PoolId"] == before["PoolId"]
    assert after["ClientId"] != before["ClientId"]
    assert after["Secret"] == ""
    clients = world.idp.list_user_pool_clients(UserPoolId=after["PoolId"])["UserPoolClients"]
    assert [one["ClientId"] for one in clients] == [after["ClientId"]]


def test_what_left_the_template_is_deleted_unless_it_is_retained(applier: Applier, world: World) -> None:
    kept = PEOPLE.replace(
        "  Staff:\n    Type: AWS::Cognito::UserPoolGroup\n",
        "  Kept:\n    Type: AWS::Cognito::UserPoolGroup\n    DeletionPolicy: Retain\n"
        "    Properties: {UserPoolId: !Ref Pool, GroupName: kept}\n"
        "  Staff:\n    Type: AWS::Cognito::UserPoolGroup\n",
    )
    found = outputs(applier.text(kept))
    without = kept[: kept.index("  Kept:")] + kept[kept.index("  Queue:") :]
    assert sorted(steps(applier.text(without))) == [("delete", "Staff"), ("retain", "Kept")]
    groups = world.idp.list_groups(UserPoolId=found["PoolId"])["Groups"]
    assert [one["GroupName"] for one in groups] == ["kept"]


def test_deleting_takes_everything_away_and_forgets_it(applier: Applier, world: World) -> None:
    found = outputs(applier.text(PEOPLE))
    assert steps(applier.delete()) == [("delete", "Staff"), ("delete", "Client"), ("delete", "Pool")]
    with pytest.raises(ClientError, match="does not exist"):
        world.idp.describe_user_pool(UserPoolId=found["PoolId"])
    assert applier.remembered() is None
    with pytest.raises(TemplateRefused, match="no stack app"):
        applier.delete()


def test_a_plan_tells_what_would_be_done_and_does_nothing(applier: Applier, world: World) -> None:
    pools = world.idp.list_user_pools(MaxResults=60)["UserPools"]
    assert steps(applier.plan(PEOPLE)) == [("create", "Pool"), ("create", "Client"), ("create", "Staff")]
    assert world.idp.list_user_pools(MaxResults=60)["UserPools"] == pools
    assert applier.remembered() is None
    applier.text(PEOPLE)
    assert steps(applier.plan(PEOPLE, Stage="prod")) == [("update", "Pool")]
    without_client = PEOPLE.replace("GenerateSecret", "# GenerateSecret")
    assert steps(applier.plan(without_client)) == [("replace", "Client"), ("delete", "Client")]


REFUSED = [
    ("UserPoolName:", "Nonsense: 1\n      UserPoolName:", ["Pool", "Nonsense is not acted upon"]),
    ("      UserPoolId: !Ref Pool\n      ClientName", "      ClientName", ["Client", "UserPoolId is missing"]),
    ("{Name: plan,", "{Name: plan, Colour: red,", ["Pool", "CreateUserPool has no member Schema.Colour"]),
    ('AccessTokenValidity: "30"', "AccessTokenValidity: 999999", ["Client", "accessTokenValidity"]),
    ("GroupName: staff", "GroupName: !Ref Queue", ["Staff", "Queue (AWS::SQS::Queue), which is not taken"]),
    ("GroupName: staff", "GroupName: !Ref Nobody", ["Staff", "no resource or parameter Nobody"]),
    ("ClientName: web", "AnalyticsConfiguration: {ApplicationId: x}", ["Client", "analyticsConfiguration"]),
]


@pytest.mark.parametrize(("old", "new", "told"), REFUSED)
def test_what_would_be_refused_or_ignored_is_told_before_anything_is_made(
    applier: Applier, world: World, old: str, new: str, told: list[str]
) -> None:
    pools = world.idp.list_user_pools(MaxResults=60)["UserPools"]
    assert old in PEOPLE
    with pytest.raises(TemplateRefused) as refused:
        applier.text(PEOPLE.replace(old, new))
    assert all(part in str(refused.value) for part in told), str(refused.value)
    assert world.idp.list_user_pools(MaxResults=60)["UserPools"] == pools
    assert applier.remembered() is None


UNTAKEN = """
  Topic:
    Type: AWS::SNS::Topic
  Writer:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}
      Policies:
        - PolicyName: send
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "sqs:SendMessage", Resource: !GetAtt Queue.Arn}]
  ByTopic:
    Type: AWS::Lambda::Permission
    Properties:
      {FunctionName: f, Action: "lambda:InvokeFunction", Principal: sns.amazonaws.com, SourceArn: !Ref Topic}
  Queue:"""


def test_a_value_of_what_is_not_taken_can_be_told(applier: Applier, world: World) -> None:
    """And who says something of it alone is not taken either: a permission for a topic."""
    text = PEOPLE.replace("\n  Queue:\n", f"{UNTAKEN}\n").replace("Statement: []", f"Statement: [{TRUST}]")
    with pytest.raises(TemplateRefused) as refused:
        applier.text(text)
    assert refused.value.sentences == ("Writer (AWS::IAM::Role): it needs Queue (AWS::SQS::Queue), which is not taken",)
    arn = "arn:aws:sqs:us-east-1:123456789012:orders"
    applied = applier.text(text, told={"Queue.Arn": arn})
    assert set(applied.untaken) == {"Queue", "Topic", "ByTopic"}
    role = next(step.physical_id for step in applied.steps if step.logical_id == "Writer")
    document = world.boto3("iam").get_role_policy(RoleName=role, PolicyName="send")["PolicyDocument"]
    assert document["Statement"][0]["Resource"] == arn


TRUST = '{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: lambda.amazonaws.com}}'


def test_all_that_is_wrong_is_told_at_once(applier: Applier) -> None:
    wrong = PEOPLE.replace("Precedence: 3", "Precedence: low").replace('"30"', "999999")
    with pytest.raises(TemplateRefused) as refused:
        applier.text(wrong)
    assert {sentence.split(" ")[0] for sentence in refused.value.sentences} == {"Client", "Staff"}


def test_a_setting_that_aws_keeps_for_ever_is_refused_in_its_words(applier: Applier) -> None:
    applier.text(PEOPLE)
    changed = PEOPLE.replace("MfaConfiguration:", "UsernameAttributes: [email]\n      MfaConfiguration:")
    with pytest.raises(TemplateRefused, match="Updates are not allowed for property - UsernameAttributes"):
        applier.text(changed)
    with pytest.raises(TemplateRefused, match="plan: a user pool's attributes cannot be changed"):
        applier.text(PEOPLE.replace("Name: plan", "Name: other"))
    with pytest.raises(TemplateRefused, match="Update of resource type is not permitted"):
        applier.text(
            PEOPLE.replace("AWS::Cognito::UserPoolGroup", "AWS::Cognito::UserPoolUser").replace(
                "GroupName: staff, Precedence: 3", "Username: staff"
            )
        )


def test_what_breaks_off_in_the_middle_goes_on_from_there(applier: Applier, world: World) -> None:
    """The domain belongs to another pool already, which nobody can know before it is asked for."""
    other = world.pool()
    world.idp.create_user_pool_domain(Domain="taken-by-other", UserPoolId=other.pool_id)
    domain = """
  Domain:
    Type: AWS::Cognito::UserPoolDomain
    Properties: {UserPoolId: !Ref Pool, Domain: %s}
  Staff:"""
    with pytest.raises(Stopped, match="Domain already"):
        applier.text(PEOPLE.replace("\n  Staff:", domain % "taken-by-other"))
    remembered = applier.remembered()
    assert remembered is not None
    assert set(remembered.resources) == {"Pool", "Client"}
    applied = applier.text(PEOPLE.replace("\n  Staff:", domain % "free-for-app"))
    assert steps(applied) == [("create", "Domain"), ("create", "Staff")]


def test_exports_are_imported_by_other_stacks_and_kept_while_they_are(applier: Applier, world: World) -> None:
    exporting = PEOPLE.replace("PoolId: {Value: !Ref Pool}", "PoolId: {Value: !Ref Pool, Export: {Name: the-pool}}")
    importing = """
Resources:
  Group:
    Type: AWS::Cognito::UserPoolGroup
    Properties: {UserPoolId: !ImportValue the-pool, GroupName: imported}
"""
    with pytest.raises(TemplateRefused, match="no stack exports the-pool"):
        applier.text(importing, "importer")
    found = outputs(applier.text(exporting))
    applier.text(importing, "importer")
    assert world.idp.get_group(UserPoolId=found["PoolId"], GroupName="imported")
    with pytest.raises(TemplateRefused, match="Export the-pool cannot be changed or deleted as it is in use"):
        applier.text(PEOPLE)
    with pytest.raises(TemplateRefused, match="in use by importer"):
        applier.delete()
    applier.delete("importer")
    applier.text(PEOPLE)


def test_who_applies_what_somebody_else_has_applied_meanwhile_is_told_so(applier: Applier) -> None:
    applier.text(PEOPLE)
    import asyncio

    stack = applier.remembered()
    assert stack is not None
    with pytest.raises(CallRefused, match="Somebody else has applied this stack meanwhile"):
        asyncio.run(applier.server.keep(stack))


def test_a_nested_stack_is_read_where_it_lies(applier: Applier, world: World) -> None:
    (applier.folder / "nested.yaml").write_text(
        """
Parameters: {Name: {Type: String}}
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties: {UserPoolName: !Ref Name}
Outputs: {Id: {Value: !Ref Pool}}
"""
    )
    outer = """
Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: nested.yaml, Parameters: {Name: NAME}}
  Group:
    Type: AWS::Cognito::UserPoolGroup
    Properties: {UserPoolId: !GetAtt Inner.Outputs.Id, GroupName: g}
Outputs: {Id: {Value: !GetAtt Inner.Outputs.Id}}
"""
    applied = applier.text(outer)
    assert steps(applied) == [("create", "Pool"), ("create", "Group")]
    assert steps(applier.text(outer)) == []
    changed = applier.text(outer.replace("NAME", "OTHER"))
    assert steps(changed) == [("update", "Pool")]
    assert world.idp.describe_user_pool(UserPoolId=outputs(changed)["Id"])["UserPool"]["Name"] == "OTHER"
    assert steps(applier.delete()) == [("delete", "Group"), ("delete", "Pool")]
    with pytest.raises(TemplateRefused, match=r"its template missing.yaml is not on this machine"):
        applier.text(outer.replace("nested.yaml", "missing.yaml"))
