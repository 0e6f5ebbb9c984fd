"""Replicas as records. Source: API reference, CreateUserPoolReplica."""

from __future__ import annotations

import pytest

from asking import refusal
from world import Pool, World


def test_a_replica_is_made_activated_deactivated_and_deleted(world: World, pool: Pool) -> None:
    idp, there = world.idp, {"UserPoolId": pool.pool_id, "RegionName": "eu-west-1"}
    made = idp.create_user_pool_replica(**there)["UserPoolReplica"]
    assert (made["RegionName"], made["Role"], made["Status"]) == ("eu-west-1", "SECONDARY", "INACTIVE")
    assert made["UserPoolArn"] == f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{pool.pool_id}"
    assert refusal(idp.create_user_pool_replica, **there)[0] == "InvalidParameterException"
    assert idp.update_user_pool_replica(**there, Status="ACTIVE")["UserPoolReplica"]["Status"] == "ACTIVE"
    listed = idp.list_user_pool_replicas(UserPoolId=pool.pool_id)["UserPoolReplicas"]
    assert [(each["RegionName"], each["Role"]) for each in listed] == [
        ("us-east-1", "PRIMARY"),
        ("eu-west-1", "SECONDARY"),
    ]
    assert refusal(idp.delete_user_pool_replica, **there)[0] == "InvalidParameterException", "it is active"
    idp.update_user_pool_replica(**there, Status="INACTIVE")
    assert idp.delete_user_pool_replica(**there)["UserPoolReplica"]["Status"] == "DELETING"
    assert idp.list_user_pool_replicas(UserPoolId=pool.pool_id)["UserPoolReplicas"] == []
    assert refusal(idp.update_user_pool_replica, **there, Status="ACTIVE")[0] == "ResourceNotFoundException"
    assert refusal(idp.delete_user_pool_replica, **there)[0] == "ResourceNotFoundException"


@pytest.mark.parametrize("region", ["us-east-1", "nowhere-else"])
def test_a_replica_is_in_another_region(world: World, pool: Pool, region: str) -> None:
    refused = refusal(world.idp.create_user_pool_replica, UserPoolId=pool.pool_id, RegionName=region)
    assert refused[0] == "InvalidParameterException"


def test_a_pool_of_the_lite_plan_has_none(world: World) -> None:
    lite = world.pool(UserPoolTier="LITE")
    refused = refusal(world.idp.create_user_pool_replica, UserPoolId=lite.pool_id, RegionName="eu-west-1")
    assert refused[0] == "FeatureUnavailableInTierException"


def test_pages_of_replicas_take_our_tokens_only(world: World, pool: Pool) -> None:
    refused = refusal(world.idp.list_user_pool_replicas, UserPoolId=pool.pool_id, NextToken="*")
    assert refused[0] == "InvalidParameterException"
