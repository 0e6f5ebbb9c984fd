"""TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

import pytest

from asking import refusal
from world import World


def test_tags_come_and_go(world: World) -> None:
    pool = world.pool(UserPoolTags={"team": "engine"})
    arn = world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["Arn"]
    world.idp.tag_resource(ResourceArn=arn, Tags={"stage": "test", "team": "mill"})
    assert world.idp.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "mill", "stage": "test"}
    world.idp.untag_resource(ResourceArn=arn, TagKeys=["team", "never there"])
    assert world.idp.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"stage": "test"}
    assert world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["UserPoolTags"] == {"stage": "test"}


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Nowhere00",
        "arn:aws:s3:us-east-1:123456789012:userpool/us-east-1_Nowhere00",
    ],
)
def test_what_is_no_pool_of_ours_has_no_tags(world: World, arn: str) -> None:
    told = refusal(world.idp.list_tags_for_resource, ResourceArn=arn)
    assert told == ("ResourceNotFoundException", f"Resource not found: {arn}")


def test_another_account_s_arn_of_our_pool_is_not_ours(world: World) -> None:
    pool = world.pool()
    arn = f"arn:aws:cognito-idp:us-east-1:999999999999:userpool/{pool.pool_id}"
    assert refusal(world.idp.list_tags_for_resource, ResourceArn=arn)[0] == "ResourceNotFoundException"
