"""Groups and their members. Source: facts/api.md §5, facts/tokens.md §2."""

from __future__ import annotations

from typing import Any

import jwt

from asking import missing, refusal
from world import Pool, World

NOT_FOUND = missing("Group not found.")


def role(name: str) -> str:
    return f"arn:aws:iam::123456789012:role/{name}"


def group(world: World, pool: Pool, name: str = "analysts", **given: Any) -> dict[str, Any]:
    return world.idp.create_group(UserPoolId=pool.pool_id, GroupName=name, **given)["Group"]


def join(world: World, pool: Pool, name: str) -> None:
    world.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, Username="ada", GroupName=name)


def claims(pool: Pool, token: str = "IdToken") -> dict[str, Any]:
    return jwt.decode(pool.tokens(pool.client())[token], options={"verify_signature": False})


def test_a_group_is_described_as_it_was_made(world: World, pool: Pool) -> None:
    made = group(world, pool, Description="d", RoleArn=role("r"), Precedence=7)
    assert (made["Description"], made["RoleArn"], made["Precedence"]) == ("d", role("r"), 7)
    assert world.idp.get_group(UserPoolId=pool.pool_id, GroupName="analysts")["Group"] == made


def test_a_name_is_taken_once_in_a_pool(world: World, pool: Pool) -> None:
    group(world, pool)
    sentence = "A group with the name analysts already exists."
    assert refusal(group, world=world, pool=pool) == ("GroupExistsException", sentence)
    assert group(world, world.pool())


def test_an_unknown_group_is_not_found(world: World, pool: Pool) -> None:
    pool.user()
    named = {"UserPoolId": pool.pool_id, "GroupName": "none"}
    assert refusal(world.idp.get_group, **named) == NOT_FOUND
    assert refusal(world.idp.admin_add_user_to_group, **named, Username="ada") == NOT_FOUND
    assert refusal(world.idp.admin_remove_user_from_group, **named, Username="ada") == NOT_FOUND


def test_members_come_and_go_and_may_come_twice(world: World, pool: Pool) -> None:
    pool.user()
    for name in ("b", "a", "c"):
        group(world, pool, name)
        join(world, pool, name)
    join(world, pool, "a")
    listing = world.idp.admin_list_groups_for_user
    named = {"UserPoolId": pool.pool_id, "Username": "ada"}
    first = listing(**named, Limit=2)
    rest = listing(**named, Limit=2, NextToken=first["NextToken"])
    assert [g["GroupName"] for g in first["Groups"] + rest["Groups"]] == ["a", "b", "c"]
    assert "NextToken" not in rest
    world.idp.admin_remove_user_from_group(**named, GroupName="b")
    assert [g["GroupName"] for g in listing(**named)["Groups"]] == ["a", "c"]


def test_the_lowest_precedence_chooses_the_preferred_role(world: World, pool: Pool) -> None:
    pool.user()
    for name, given in (
        ("plain", {}),
        ("low", {"RoleArn": role("low"), "Precedence": 1}),
        ("high", {"RoleArn": role("high"), "Precedence": 9}),
    ):
        group(world, pool, name, **given)
        join(world, pool, name)
    identity = claims(pool)
    assert identity["cognito:groups"] == ["high", "low", "plain"]
    assert set(identity["cognito:roles"]) == {role("low"), role("high")}
    assert identity["cognito:preferred_role"] == role("low")
    access = claims(pool, "AccessToken")
    assert access["cognito:groups"] == identity["cognito:groups"]
    assert "cognito:roles" not in access


def test_a_tie_between_roles_prefers_none_and_no_group_is_no_claim(world: World, pool: Pool) -> None:
    pool.user()
    assert "cognito:groups" not in claims(pool)
    for name in ("one", "two"):
        group(world, pool, name, RoleArn=role(name), Precedence=1)
        join(world, pool, name)
    assert "cognito:preferred_role" not in claims(pool)


def test_an_update_changes_what_it_names(world: World, pool: Pool) -> None:
    group(world, pool, Description="before", Precedence=3, RoleArn=role("x"))
    named = {"UserPoolId": pool.pool_id, "GroupName": "analysts"}
    changed = world.idp.update_group(**named, Description="after")["Group"]
    assert (changed["Description"], changed["Precedence"], changed["RoleArn"]) == ("after", 3, role("x"))
    assert world.idp.get_group(**named)["Group"] == changed
    assert refusal(world.idp.update_group, UserPoolId=pool.pool_id, GroupName="nobody") == NOT_FOUND


def test_a_deleted_group_leaves_its_members_users(world: World, pool: Pool) -> None:
    pool.user()
    group(world, pool)
    join(world, pool, "analysts")
    named = {"UserPoolId": pool.pool_id, "GroupName": "analysts"}
    world.idp.delete_group(**named)
    assert refusal(world.idp.delete_group, **named) == NOT_FOUND
    assert "cognito:groups" not in claims(pool)
    group(world, pool)
    assert "cognito:groups" not in claims(pool), "a new group of that name is another group"


def test_groups_and_members_are_listed_page_by_page(world: World, pool: Pool) -> None:
    names = [f"group{number}" for number in range(5)]
    for name in names:
        group(world, pool, name)
    pages = world.idp.get_paginator("list_groups").paginate(UserPoolId=pool.pool_id, PaginationConfig={"PageSize": 2})
    assert [found["GroupName"] for page in pages for found in page["Groups"]] == names
    people = [f"user{number}" for number in range(5)]
    for person in people:
        pool.user(person, password=None)
        world.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, Username=person, GroupName="group0")
    members = world.idp.get_paginator("list_users_in_group").paginate(
        UserPoolId=pool.pool_id, GroupName="group0", PaginationConfig={"PageSize": 2}
    )
    assert [found["Username"] for page in members for found in page["Users"]] == people
    assert world.idp.list_users_in_group(UserPoolId=pool.pool_id, GroupName="group1")["Users"] == []
    assert refusal(world.idp.list_users_in_group, UserPoolId=pool.pool_id, GroupName="nobody") == NOT_FOUND
