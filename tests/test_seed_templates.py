"""[[template]] in halfday.toml: applied at each start, by the calls that everybody makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from halfday.server import seed_file
from halfday.server.seed_file import SeedRefused
from world import running

TEMPLATE = """
Parameters: {Name: {Type: String, Default: shop}}
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties: {UserPoolName: !Ref Name}
  Pictures:
    Type: AWS::S3::Bucket
    Properties:
      Tags: [{Key: team, Value: shop}]
      CorsConfiguration: {CorsRules: [{AllowedMethods: [GET], AllowedOrigins: ["*"], MaxAge: 3}]}
  Notes:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{AttributeName: owner, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: owner, AttributeType: S}]
      TimeToLiveSpecification: {AttributeName: until, Enabled: true}
Outputs:
  Bucket: {Value: !Ref Pictures}
  Table: {Value: !Ref Notes}
"""
SEED = """
[[template]]
file = "shop.yaml"
parameters = { Name = "market" }
"""


def written(folder: Path, seed: str = SEED, template: str = TEMPLATE) -> dict[str, object]:
    (folder / "shop.yaml").write_text(template)
    (folder / "halfday.toml").write_text(seed)
    return seed_file.read(folder / "halfday.toml")


def test_a_template_of_the_file_stands_at_each_start_and_follows_its_changes(tmp_path: Path) -> None:
    document = written(tmp_path)
    with running(tmp_path / "data", document) as world:
        (pool,) = world.idp.list_user_pools(MaxResults=10)["UserPools"]
        assert pool["Name"] == "market"
    with running(tmp_path / "data", written(tmp_path, SEED.replace("market", "mart"))) as world:
        (again,) = world.idp.list_user_pools(MaxResults=10)["UserPools"]
        assert (again["Id"], again["Name"]) == (pool["Id"], "mart")


def test_what_lives_in_memory_behind_the_front_door_is_made_again_by_its_name(tmp_path: Path) -> None:
    kept = SEED + 'stack = "kept"\n'
    with running(tmp_path / "data", written(tmp_path, kept)) as world:
        s3, dynamodb = world.boto3("s3"), world.boto3("dynamodb")
        (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].startswith("kept-pictures-")]
        (table,) = [name for name in dynamodb.list_tables()["TableNames"] if name.startswith("kept-Notes-")]
        assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"][0]["MaxAgeSeconds"] == 3
        assert dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["AttributeName"] == "until"
        s3.delete_bucket(Bucket=bucket)
        dynamodb.delete_table(TableName=table)
    with running(tmp_path / "data", written(tmp_path, kept)) as world:
        s3, dynamodb = world.boto3("s3"), world.boto3("dynamodb")
        assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "team", "Value": "shop"}]
        assert table in dynamodb.list_tables()["TableNames"]


@pytest.mark.parametrize(
    ("seed", "template", "told"),
    [
        ("[[template]]\n", TEMPLATE, "file is missing"),
        ('[[template]]\nfile = "other.yaml"\n', TEMPLATE, "there is no file"),
        (SEED, TEMPLATE.replace("UserPoolName", "Nonsense"), "Nonsense is not acted upon"),
        (SEED.replace("Name =", "Nobody ="), TEMPLATE, "has no parameter Nobody"),
    ],
)
def test_a_template_that_cannot_be_applied_stops_the_start(tmp_path: Path, seed: str, template: str, told: str) -> None:
    with pytest.raises(SeedRefused) as refused, running(tmp_path / "data", written(tmp_path, seed, template)):
        pass
    assert told in str(refused.value)
