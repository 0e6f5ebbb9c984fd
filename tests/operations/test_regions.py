"""A Region is a world of its own: what is in another is not found, not listed, and in nobody's way (facts/news.md)."""

from __future__ import annotations

from typing import Any

import pytest
import requests

import halfday.server.operations.families  # noqa: F401 - registers every operation
from asking import invalid, refusal, unchecked
from halfday.server.operations.framework import registry
from world import CALLBACK, Pool, World

HERE, THERE = "us-east-1", "us-west-2"
OF_A_POOL = [
    o.name
    for o in registry.registered()
    if o.service == "cognito-idp" and o.authority == "signed" and "UserPoolId" in o.model.input_shape.members
]
OF_AN_IDENTITY_POOL = [
    o.name
    for o in registry.registered()
    if o.service == "cognito-identity" and o.authority == "signed" and "IdentityPoolId" in o.model.input_shape.members
]
SAMPLES: dict[str, Any] = {
    "list": [], "map": {}, "structure": {}, "boolean": True, "integer": 1, "long": 1, "timestamp": 1, "blob": b"x",
}  # fmt: skip


def there(world: World, service: str = "cognito-idp") -> Any:
    return world.boto3(service, region_name=THERE)


def members(operation: str, service: str, **known: str) -> dict[str, Any]:
    """The members that an operation cannot do without, of values that its model takes."""
    found = registry.find(service, operation)
    assert found is not None
    shape = found.model.input_shape
    given = {name: _sample(shape.members[name]) for name in shape.required_members}
    return {**given, **{name: value for name, value in known.items() if name in shape.members}}


def _sample(shape: Any) -> Any:
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "a" * max(1, shape.metadata.get("min") or 1)
    if shape.type_name == "list":
        return [_sample(shape.member)]
    if shape.type_name == "structure":
        return {name: _sample(shape.members[name]) for name in shape.required_members}
    return SAMPLES[shape.type_name]


def snake(name: str) -> str:
    from botocore import xform_name

    return xform_name(name)


@pytest.mark.parametrize("operation", OF_A_POOL)
def test_no_operation_reaches_a_pool_of_another_region(world: World, operation: str) -> None:
    pool = Pool(world, there(world).create_user_pool(PoolName="p")["UserPool"]["Id"])
    client = unchecked(world, "cognito-idp")
    valid = {"ClientId": "a" * 26, "Username": "ada", "GroupName": "g", "Domain": "a", "Password": "Lovelace-1815"}
    valid |= {"JobId": "import-aaaaaaaaaa", "ManagedLoginBrandingId": "9f3a5c1e-0d6b-4c5f-8f77-2b1c2d3e4f50"}
    valid |= {"TermsId": "9f3a5c1e-0d6b-4c5f-8f77-2b1c2d3e4f50", "RegionName": "eu-west-1"}
    given = members(operation, "cognito-idp", UserPoolId=pool.pool_id, **valid)
    refused = refusal(getattr(client, snake(operation)), **given)
    missing = ("ResourceNotFoundException", f"User pool {pool.pool_id} does not exist.")
    assert refused == missing or "validation error" in refused[1], refused
    if "validation error" in refused[1]:
        pytest.skip("a sample that the model refuses before anything is looked for")


@pytest.mark.parametrize("operation", OF_AN_IDENTITY_POOL)
def test_no_operation_reaches_an_identity_pool_of_another_region(world: World, operation: str) -> None:
    api = there(world, "cognito-identity")
    pool_id = api.create_identity_pool(IdentityPoolName="p", AllowUnauthenticatedIdentities=True)["IdentityPoolId"]
    given = members(operation, "cognito-identity", IdentityPoolId=pool_id, IdentityId=pool_id)
    refused = refusal(getattr(unchecked(world, "cognito-identity"), snake(operation)), **given)
    assert refused == ("ResourceNotFoundException", f"IdentityPool '{pool_id}' not found.")


def test_a_pool_is_listed_in_its_own_region_only(world: World) -> None:
    mine = world.pool().pool_id
    other = there(world).create_user_pool(PoolName="other")["UserPool"]["Id"]
    assert other.startswith(f"{THERE}_")

    def listed(client: Any) -> set[str]:
        pages = client.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 60}, MaxResults=60)
        return {pool["Id"] for page in pages for pool in page["UserPools"]}

    assert mine in listed(world.idp)
    assert other not in listed(world.idp)
    assert listed(there(world)) >= {other}
    assert mine not in listed(there(world))


def test_an_identity_pool_is_listed_in_its_own_region_only(world: World) -> None:
    given = {"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": True}
    ids = {
        region: world.boto3("cognito-identity", region_name=region).create_identity_pool(**given)["IdentityPoolId"]
        for region in (HERE, THERE)
    }
    for region in (HERE, THERE):
        answer = world.boto3("cognito-identity", region_name=region).list_identity_pools(MaxResults=60)
        listed = {pool["IdentityPoolId"] for pool in answer["IdentityPools"]}
        assert ids[region] in listed
        assert all(pool_id.startswith(f"{region}:") for pool_id in listed)


def test_tags_of_another_region_are_not_found(world: World) -> None:
    arn = there(world).create_user_pool(PoolName="p", UserPoolTags={"a": "b"})["UserPool"]["Arn"]
    for ask in (
        lambda: world.idp.list_tags_for_resource(ResourceArn=arn),
        lambda: world.idp.tag_resource(ResourceArn=arn, Tags={"c": "d"}),
        lambda: world.idp.untag_resource(ResourceArn=arn, TagKeys=["a"]),
    ):
        assert refusal(ask)[0] == "ResourceNotFoundException"
    assert there(world).list_tags_for_resource(ResourceArn=arn)["Tags"] == {"a": "b"}


def test_a_prefix_is_free_in_every_region_but_those_that_have_it(world: World) -> None:
    """PREFIX.auth.REGION.amazoncognito.com tells them apart; PREFIX.localhost is that of the server's own Region."""
    pools = {region: world.boto3("cognito-idp", region_name=region) for region in (HERE, THERE)}
    made = {region: idp.create_user_pool(PoolName="p")["UserPool"]["Id"] for region, idp in pools.items()}
    for region in (THERE, HERE):
        pools[region].create_user_pool_domain(Domain="shared", UserPoolId=made[region])
    another = pools[HERE].create_user_pool(PoolName="q")["UserPool"]["Id"]
    taken = refusal(pools[HERE].create_user_pool_domain, Domain="shared", UserPoolId=another)
    assert taken == invalid("Domain already associated with another user pool.")
    for region in (HERE, THERE):
        described = pools[region].describe_user_pool_domain(Domain="shared")["DomainDescription"]
        assert described["UserPoolId"] == made[region]
        client = Pool(world, made[region]).client if region == HERE else None
        if client is not None:
            assert _reached(world, client(), "shared.localhost")
            assert _reached(world, client(), f"shared.auth.{HERE}.amazoncognito.com")
            assert not _reached(world, client(), f"shared.auth.{THERE}.amazoncognito.com")
    pools[THERE].delete_user_pool_domain(Domain="shared", UserPoolId=made[THERE])
    assert pools[THERE].describe_user_pool_domain(Domain="shared")["DomainDescription"] == {}
    assert pools[HERE].describe_user_pool_domain(Domain="shared")["DomainDescription"]["UserPoolId"] == made[HERE]


def _reached(world: World, client: dict[str, Any], host: str) -> bool:
    """Whether a sign-in of this client may begin at this host."""
    asked = {"response_type": "code", "client_id": client["ClientId"], "redirect_uri": CALLBACK}
    url = f"{world.origin}/oauth2/authorize"
    answer = requests.get(url, params=asked, headers={"Host": host}, allow_redirects=False, timeout=10)
    return answer.headers["Location"].startswith("/login")


def test_what_nobody_signs_names_no_region(world: World) -> None:
    """InitiateAuth, GetUser and the pages find a pool by its client or token, from anywhere."""
    idp = there(world)
    pool_id = idp.create_user_pool(PoolName="p")["UserPool"]["Id"]
    client = idp.create_user_pool_client(
        UserPoolId=pool_id, ClientName="c", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    )["UserPoolClient"]
    world.idp.sign_up(ClientId=client["ClientId"], Username="ada", Password="Lovelace-1815")
    idp.admin_confirm_sign_up(UserPoolId=pool_id, Username="ada")
    tokens = Pool(world, pool_id).tokens(client)
    assert world.idp.get_user(AccessToken=tokens["AccessToken"])["Username"] == "ada"


def test_an_id_of_another_region_is_not_pinned(world: World) -> None:
    given = {"PoolName": "p", "UserPoolTags": {"_custom_id_": f"{THERE}_Pinned01"}}
    told = invalid(f"_custom_id_ {THERE}_Pinned01 is an id of another Region than the call's, {HERE}.")
    assert refusal(world.idp.create_user_pool, **given) == told
    assert there(world).create_user_pool(**given)["UserPool"]["Id"] == f"{THERE}_Pinned01"
