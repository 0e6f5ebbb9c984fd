"""IAM, Lambda, API Gateway, S3 and DynamoDB of templates: changed in place, replaced and deleted."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from appliers import Applier, outputs, steps

from halfday.server.templates.errors import TemplateRefused
from world import World, running

SEED: dict[str, Any] = {
    "function": [{"name": "being-worked-on", "target": "local.py:handler", "folder": ""}],
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("functions")
    (folder / "local.py").write_text("def handler(event, context):\n    return 'of this machine'\n")
    seed = {"function": [{**SEED["function"][0], "folder": str(folder)}]}
    with running(tmp_path_factory.mktemp("data"), seed) as up:
        yield up


IAM = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader
      Description: first
      MaxSessionDuration: 3600
      AssumeRolePolicyDocument: &trust
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: lambda.amazonaws.com}}]
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]
      Policies:
        - PolicyName: one
          PolicyDocument: &read
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]
        - {PolicyName: two, PolicyDocument: *read}
      Tags: [{Key: team, Value: shop}, {Key: stage, Value: dev}]
  Other:
    Type: AWS::IAM::Role
    Properties: {RoleName: other, AssumeRolePolicyDocument: *trust}
  Inline:
    Type: AWS::IAM::Policy
    Properties: {PolicyName: inline, PolicyDocument: *read, Roles: [!Ref Role, !Ref Other]}
  Apart:
    Type: AWS::IAM::RolePolicy
    Properties: {PolicyName: apart, RoleName: !Ref Role, PolicyDocument: *read}
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties: {ManagedPolicyName: managed, PolicyDocument: *read, Roles: [!Ref Role]}
  Provider:
    Type: AWS::IAM::OIDCProvider
    Properties: {Url: "https://login.example.com", ClientIdList: [one, two], ThumbprintList: ["THUMB"]}
Outputs:
  Arn: {Value: !GetAtt Role.Arn}
  Managed: {Value: !Ref Managed}
  Provider: {Value: !GetAtt Provider.Arn}
""".replace("THUMB", "a" * 40)


def test_iam_is_made_changed_and_deleted(applier: Applier, world: World) -> None:
    iam = world.boto3("iam")
    found = outputs(applier.text(IAM))
    role = iam.get_role(RoleName="reader")["Role"]
    assert (role["Arn"], role["Description"]) == (found["Arn"], "first")
    assert set(iam.list_role_policies(RoleName="reader")["PolicyNames"]) == {"one", "two", "inline", "apart"}
    assert steps(applier.text(IAM)) == []

    changed = IAM.replace("Description: first", "Description: second").replace(
        "MaxSessionDuration: 3600", "MaxSessionDuration: 7200"
    )
    changed = changed.replace("PolicyName: two", "PolicyName: three").replace(
        "{Key: stage, Value: dev}", "{Key: owner, Value: ann}"
    )
    changed = changed.replace('["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]', "[]")
    changed = changed.replace("lambda.amazonaws.com", "apigateway.amazonaws.com").replace(
        "s3:GetObject", "s3:PutObject"
    )
    changed = changed.replace("[!Ref Role, !Ref Other]", "[!Ref Other]").replace("[one, two]", "[two, three]")
    applied = applier.text(changed)
    assert {action for action, _ in steps(applied)} == {"update"}
    assert outputs(applied) == found
    role = iam.get_role(RoleName="reader")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("second", 7200)
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert {tag["Key"]: tag["Value"] for tag in role["Tags"]} == {"team": "shop", "owner": "ann"}
    assert set(iam.list_role_policies(RoleName="reader")["PolicyNames"]) == {"one", "three", "apart"}
    attached = iam.list_attached_role_policies(RoleName="reader")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["managed"]
    policy = iam.get_policy(PolicyArn=found["Managed"])["Policy"]
    version = iam.get_policy_version(PolicyArn=found["Managed"], VersionId=policy["DefaultVersionId"])
    assert version["PolicyVersion"]["Document"]["Statement"][0]["Action"] == "s3:PutObject"
    provider = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=found["Provider"])
    assert sorted(provider["ClientIDList"]) == ["three", "two"]

    assert steps(applier.text(changed)) == []
    replaced = steps(applier.plan(changed.replace("RoleName: reader", "RoleName: writer")))
    assert ("replace", "Role") in replaced
    assert ("delete", "Role") in replaced
    applier.delete()
    assert iam.list_roles()["Roles"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def test_a_managed_policy_is_changed_more_often_than_it_may_have_versions(applier: Applier, world: World) -> None:
    for number in range(8):
        applier.text(IAM.replace("s3:GetObject", f"s3:GetObject{number}"))
    arn = outputs(applier.text(IAM.replace("s3:GetObject", "s3:GetObject7")))["Managed"]
    versions = world.boto3("iam").list_policy_versions(PolicyArn=arn)["Versions"]
    assert len(versions) == 5


FUNCTION = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: lambda.amazonaws.com}}]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: NAME
      Role: !GetAtt Role.Arn
      Runtime: python3.13
      Handler: index.handler
      Timeout: 7
      Environment: {Variables: {GREETING: hello}}
      Tags: [{Key: team, Value: shop}]
      Code:
        ZipFile: |
          import os
          def handler(event, context):
              return os.environ.get("GREETING", "nothing")
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref Function, Action: "lambda:InvokeFunction", Principal: cognito-idp.amazonaws.com}
Outputs:
  Arn: {Value: !GetAtt Function.Arn}
"""


def invoked(world: World, name: str) -> Any:
    return json.loads(world.boto3("lambda").invoke(FunctionName=name, Payload=b"{}")["Payload"].read())


def test_a_function_follows_its_code_and_its_settings(applier: Applier, world: World) -> None:
    lambda_, text = world.boto3("lambda"), FUNCTION.replace("NAME", "greeter")
    applier.text(text)
    assert invoked(world, "greeter") == "hello"
    assert steps(applier.text(text)) == []
    assert steps(applier.text(text.replace("return os", "return 'I say ' + os"))) == [("update", "Function")]
    assert invoked(world, "greeter") == "I say hello"
    without = text.replace("      Timeout: 7\n", "").replace("      Environment: {Variables: {GREETING: hello}}\n", "")
    applied = applier.text(without.replace("Value: shop", "Value: north"))
    assert applied.steps[0].why == ("Code", "Environment", "Tags", "Timeout")
    assert invoked(world, "greeter") == "nothing"
    assert lambda_.get_function_configuration(FunctionName="greeter")["Timeout"] == 3
    assert lambda_.list_tags(Resource=outputs(applied)["Arn"])["Tags"] == {"team": "north"}
    renamed = applier.text(without.replace("greeter", "waver"))
    assert steps(renamed)[:2] == [("replace", "Function"), ("replace", "Permission")]
    assert [one["FunctionName"] for one in lambda_.list_functions()["Functions"]] == ["waver"]
    policy = json.loads(lambda_.get_policy(FunctionName="waver")["Policy"])
    assert len(policy["Statement"]) == 1
    applier.delete()
    assert lambda_.list_functions()["Functions"] == []


def test_a_function_that_the_server_was_told_of_stands_for_the_templates(applier: Applier, world: World) -> None:
    text = FUNCTION.replace("NAME", "being-worked-on")
    applied = applier.text(text)
    assert outputs(applied)["Arn"].endswith(":function:being-worked-on")
    assert invoked(world, "being-worked-on") == "of this machine"
    assert steps(applier.text(text)) == []
    applier.text(text.replace("Timeout: 7", "Timeout: 8"))
    applier.delete()
    assert invoked(world, "being-worked-on") == "of this machine"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Runtime: python3.13", "Runtime: java21", "ZipFile is for Python and Node.js"),
        ("Timeout: 7", "Timeout: 7\n      Layers: ['arn:aws:lambda:us-east-1:1:layer:x:1']", "Layers"),
        ("ZipFile: |", "ImageUri: |", "from an image is not run here"),
        ("ZipFile: |", "S3Key: k.zip\n        S3Bucket: |", "its code k.zip is not on this machine"),
    ],
)
def test_a_function_that_cannot_run_here_is_refused_before_anything_is_made(
    applier: Applier, world: World, old: str, new: str, told: str
) -> None:
    with pytest.raises(TemplateRefused, match=told):
        applier.text(FUNCTION.replace("NAME", "greeter").replace(old, new))
    assert world.boto3("lambda").list_functions()["Functions"] == []


API = """
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: {Name: mocks, Description: first}
  Item:
    Type: AWS::ApiGateway::Resource
    Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: item}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Item
      HttpMethod: GET
      AuthorizationType: NONE
      MethodResponses: [{StatusCode: "200"}]
      Integration:
        Type: MOCK
        RequestTemplates: {application/json: '{"statusCode": 200}'}
        IntegrationResponses:
          - StatusCode: "200"
            ResponseTemplates: {application/json: '{"said": "$stageVariables.word"}'}
  DeploymentN:
    Type: AWS::ApiGateway::Deployment
    DependsOn: Get
    Properties: {RestApiId: !Ref Api}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties: {RestApiId: !Ref Api, DeploymentId: !Ref DeploymentN, StageName: live, Variables: {word: hello}}
Outputs:
  Id: {Value: !Ref Api}
"""


def test_a_rest_api_is_changed_where_it_stands(applier: Applier, world: World) -> None:
    found = outputs(applier.text(API))
    url = f"{world.for_tools}/restapis/{found['Id']}/live/_user_request_/item"
    assert requests.get(url, timeout=10).json() == {"said": "hello"}
    assert steps(applier.text(API)) == []
    assert steps(applier.text(API.replace("word: hello", "word: good-bye"))) == [("update", "Stage")]
    assert requests.get(url, timeout=10).json() == {"said": "good-bye"}
    changed = API.replace('"said"', '"told"').replace("DeploymentN", "DeploymentM").replace("first", "second")
    assert set(steps(applier.text(changed))) == {
        ("update", "Api"),
        ("update", "Get"),
        ("create", "DeploymentM"),
        ("update", "Stage"),
        ("delete", "DeploymentN"),
    }
    assert requests.get(url, timeout=10).json() == {"told": "hello"}
    applier.delete()
    assert world.boto3("apigateway").get_rest_apis()["items"] == []


MODEL = """
  Item1:
    Type: AWS::ApiGateway::Model
    Properties: {RestApiId: !Ref Api, Name: NAME, ContentType: application/json, Schema: {type: object}}
"""


@pytest.mark.parametrize(("name", "model"), [("!Ref AWS::NoValue", "!Ref Item1"), ("ItemModel", "ItemModel")])
def test_a_method_is_made_without_a_model_that_is_not_taken(
    applier: Applier, world: World, name: str, model: str
) -> None:
    models = f"{{application/json: {model}, text/plain: Empty}}"
    named = API.replace('[{StatusCode: "200"}]', f'[{{StatusCode: "200", ResponseModels: {models}}}]')
    named = named.replace("HttpMethod: GET", f"HttpMethod: GET\n      RequestModels: {models}")
    named = named.replace("Outputs:", f"{MODEL.replace('NAME', name)}Outputs:")
    applied = applier.text(named)
    assert (applied.untaken, applied.without) == ({"Item1": "AWS::ApiGateway::Model"}, {"Get": {"Item1"}})
    rest = world.boto3("apigateway")
    api = outputs(applied)["Id"]
    (item,) = [one["id"] for one in rest.get_resources(restApiId=api)["items"] if one.get("pathPart") == "item"]
    method = rest.get_method(restApiId=api, resourceId=item, httpMethod="GET")
    assert method["requestModels"] == {"text/plain": "Empty"}
    assert method["methodResponses"]["200"]["responseModels"] == {"text/plain": "Empty"}
    assert steps(applier.text(named)) == []
    applier.delete()


def test_a_model_of_another_template_is_refused_before_anything_is_made(applier: Applier, world: World) -> None:
    models = "{application/json: Elsewhere}"
    for old, new in (
        ("HttpMethod: GET", f"HttpMethod: GET\n      RequestModels: {models}"),
        ('StatusCode: "200"}]', f'StatusCode: "200", ResponseModels: {models}}}]'),
    ):
        with pytest.raises(TemplateRefused, match="the model Elsewhere, which is not taken"):
            applier.text(API.replace(old, new, 1))
    assert world.boto3("apigateway").get_rest_apis()["items"] == []


HTTP_API = """
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Client:
    Type: AWS::Cognito::UserPoolClient
    Properties: {UserPoolId: !Ref Pool}
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: people, ProtocolType: HTTP, CorsConfiguration: {AllowOrigins: ["https://a.example.com"]}}
  Backend:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: GET
      IntegrationUri: http://127.0.0.1:9/
      PayloadFormatVersion: "1.0"
  Tokens:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: tokens
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: {Issuer: !GetAtt Pool.ProviderURL, Audience: [!Ref Client]}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: GET /people
      AuthorizationType: JWT
      AuthorizerId: !Ref Tokens
      Target: !Sub integrations/${Backend}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: $default, AutoDeploy: true}
Outputs:
  Id: {Value: !Ref Api}
"""


def test_an_http_api_is_changed_where_it_stands(applier: Applier, world: World) -> None:
    found = outputs(applier.text(HTTP_API))
    url = f"{world.for_tools}/_aws/execute-api/{found['Id']}/$default"
    assert requests.get(f"{url}/people", timeout=10).status_code == 401
    assert steps(applier.text(HTTP_API)) == []
    changed = HTTP_API.replace("GET /people", "GET /persons").replace("a.example.com", "b.example.com")
    assert sorted(steps(applier.text(changed))) == [("update", "Api"), ("update", "Route")]
    assert requests.get(f"{url}/people", timeout=10).status_code == 404
    assert requests.get(f"{url}/persons", timeout=10).status_code == 401
    api = world.boto3("apigatewayv2").get_api(ApiId=found["Id"])
    assert api["CorsConfiguration"]["AllowOrigins"] == ["https://b.example.com"]
    assert {action for action, _ in steps(applier.delete())} == {"delete"}
    assert world.boto3("apigatewayv2").get_apis()["Items"] == []


STORAGE = """
Resources:
  Pictures:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: pictures-of-the-test
      VersioningConfiguration: {Status: Enabled}
      BucketEncryption:
        ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]
      PublicAccessBlockConfiguration: {BlockPublicAcls: true}
  Notes:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: notes-of-the-test
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{AttributeName: owner, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: owner, AttributeType: S}]
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
      Tags: [{Key: team, Value: shop}]
Outputs:
  Arn: {Value: !GetAtt Notes.Arn}
"""


def test_buckets_and_tables_are_changed_where_they_stand(applier: Applier, world: World) -> None:
    s3, dynamodb = world.boto3("s3"), world.boto3("dynamodb")
    found = outputs(applier.text(STORAGE))
    assert s3.get_bucket_versioning(Bucket="pictures-of-the-test")["Status"] == "Enabled"
    assert steps(applier.text(STORAGE)) == []
    changed = STORAGE.replace("      VersioningConfiguration: {Status: Enabled}\n", "").replace(
        "      PublicAccessBlockConfiguration: {BlockPublicAcls: true}\n", "      Tags: [{Key: a, Value: b}]\n"
    )
    changed = changed.replace(
        "PAY_PER_REQUEST", "PROVISIONED\n      ProvisionedThroughput: {ReadCapacityUnits: 1, WriteCapacityUnits: '2'}"
    )
    changed = changed.replace("Value: shop", "Value: north")
    assert sorted(steps(applier.text(changed))) == [("update", "Notes"), ("update", "Pictures")]
    assert s3.get_bucket_versioning(Bucket="pictures-of-the-test")["Status"] == "Suspended"
    assert s3.get_bucket_tagging(Bucket="pictures-of-the-test")["TagSet"] == [{"Key": "a", "Value": "b"}]
    table = dynamodb.describe_table(TableName="notes-of-the-test")["Table"]
    assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 2
    assert dynamodb.list_tags_of_resource(ResourceArn=found["Arn"])["Tags"] == [{"Key": "team", "Value": "north"}]
    applier.delete()
    assert "notes-of-the-test" not in dynamodb.list_tables()["TableNames"]


def test_an_image_of_a_managed_look_is_the_bytes_that_the_template_has_as_text(applier: Applier, world: World) -> None:
    svg = base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg"/>').decode()
    text = f"""
Resources:
  Pool: {{Type: AWS::Cognito::UserPool}}
  Client: {{Type: AWS::Cognito::UserPoolClient, Properties: {{UserPoolId: !Ref Pool}}}}
  Look:
    Type: AWS::Cognito::ManagedLoginBranding
    Properties:
      UserPoolId: !Ref Pool
      ClientId: !Ref Client
      Assets: [{{Category: FORM_LOGO, ColorMode: LIGHT, Extension: SVG, Bytes: {svg}}}]
Outputs:
  Pool: {{Value: !Ref Pool}}
  Client: {{Value: !Ref Client}}
"""
    found = outputs(applier.text(text))
    look = world.idp.describe_managed_login_branding_by_client(UserPoolId=found["Pool"], ClientId=found["Client"])
    (asset,) = look["ManagedLoginBranding"]["Assets"]
    assert asset["Bytes"] == base64.b64decode(svg)
