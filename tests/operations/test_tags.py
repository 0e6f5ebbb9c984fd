"""TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

import pytest

from asking import refusal
from federated import Identities, allow, identities
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


def test_tags_of_an_identity_pool_come_and_go(world: World) -> None:
    api = world.boto3("cognito-identity")
    given = {"IdentityPoolName": "people", "AllowUnauthenticatedIdentities": False}
    pool_id = api.create_identity_pool(**given, IdentityPoolTags={"team": "engine"})["IdentityPoolId"]
    arn = f"arn:aws:cognito-identity:us-east-1:123456789012:identitypool/{pool_id}"
    api.tag_resource(ResourceArn=arn, Tags={"stage": "test", "team": "mill"})
    assert api.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "mill", "stage": "test"}
    api.untag_resource(ResourceArn=arn, TagKeys=["team", "never there"])
    assert api.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"stage": "test"}
    assert api.describe_identity_pool(IdentityPoolId=pool_id)["IdentityPoolTags"] == {"stage": "test"}
    for strange in (arn.replace("123456789012", "999999999999"), arn[:-4] + "0000"):
        told = refusal(api.list_tags_for_resource, ResourceArn=strange)
        assert told == ("ResourceNotFoundException", f"Resource not found: {strange}")


@pytest.fixture
def people(world: World) -> Identities:
    return identities(world)


def test_a_policy_for_one_pool_lets_its_tags_be_read_and_no_other_s(people: Identities) -> None:
    mine, other = people.pool, people.world.pool()
    arns = [people.world.idp.describe_user_pool(UserPoolId=p.pool_id)["UserPool"]["Arn"] for p in (mine, other)]
    people.set_roles(authenticated=people.role("tags", allow("cognito-idp:ListTagsForResource", resource=arns[0])))
    idp = people.signed("cognito-idp", people.credentials(people.logins()))
    assert idp.list_tags_for_resource(ResourceArn=arns[0])["Tags"] == {}
    assert refusal(idp.list_tags_for_resource, ResourceArn=arns[1])[0] == "AccessDeniedException"


def test_they_stay_when_a_pool_s_other_settings_are_set(world: World) -> None:
    """Terraform tags a pool first, and updates it without UserPoolTags then."""
    pool = world.pool(UserPoolTags={"team": "engine"})
    world.idp.update_user_pool(UserPoolId=pool.pool_id, AutoVerifiedAttributes=["email"])
    assert world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["UserPoolTags"] == {"team": "engine"}
    world.idp.update_user_pool(UserPoolId=pool.pool_id, UserPoolTags={"stage": "test"})
    assert world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["UserPoolTags"] == {"stage": "test"}
