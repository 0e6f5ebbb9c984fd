"""AddCustomAttributes: a pool's schema grows and never shrinks."""

from __future__ import annotations

from typing import Any

import pytest

from asking import invalid, not_honoured, refusal, unchecked
from pool_members import described
from world import Pool, World


def add(pool: Pool, *attributes: dict[str, Any]) -> None:
    """Strings, where nothing else is said."""
    typed = [{"AttributeDataType": "String", **attribute} for attribute in attributes]
    pool.world.idp.add_custom_attributes(UserPoolId=pool.pool_id, CustomAttributes=typed)


def refused(pool: Pool, *attributes: dict[str, Any]) -> tuple[str, str]:
    return refusal(lambda: add(pool, *attributes))


def custom(pool: Pool) -> dict[str, dict[str, Any]]:
    shown = {each["Name"]: each for each in described(pool)["SchemaAttributes"]}
    return {name: each for name, each in shown.items() if name.startswith("custom:")}


def test_attributes_are_added_after_those_that_there_are(world: World) -> None:
    pool = world.pool(Schema=[{"Name": "rank", "AttributeDataType": "Number", "Mutable": True}])
    add(
        pool,
        {"Name": "team", "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "9"}, "Mutable": True},
        {"Name": "sub", "AttributeDataType": "Boolean"},
    )
    shown = custom(pool)
    assert list(shown) == ["custom:rank", "custom:team", "custom:sub"]
    assert shown["custom:team"] == {
        "Name": "custom:team",
        "AttributeDataType": "String",
        "DeveloperOnlyAttribute": False,
        "Mutable": True,
        "Required": False,
        "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "9"},
    }
    assert shown["custom:sub"]["AttributeDataType"] == "Boolean"
    assert shown["custom:sub"]["Mutable"] is False


def test_an_added_attribute_holds_what_its_constraints_allow(world: World, pool: Pool) -> None:
    add(pool, {"Name": "team", "StringAttributeConstraints": {"MaxLength": "3"}})
    pool.user(**{"custom:team": "red"})
    shown = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="ada")["UserAttributes"]
    assert {"Name": "custom:team", "Value": "red"} in shown
    assert refusal(pool.user, username="eve", **{"custom:team": "green"})[0] == "InvalidParameterException"


def test_a_name_that_has_the_prefix_gets_it_again_as_on_aws(pool: Pool) -> None:
    add(pool, {"Name": "custom:team"})
    assert list(custom(pool)) == ["custom:custom:team"]


def test_an_existing_attribute_is_not_added_again_nor_are_those_beside_it(pool: Pool) -> None:
    add(pool, {"Name": "team"})
    told = invalid("custom:team: Existing attribute already has name custom:team.")
    assert refused(pool, {"Name": "rank"}, {"Name": "team", "AttributeDataType": "Number"}) == told
    assert list(custom(pool)) == ["custom:team"]
    assert custom(pool)["custom:team"]["AttributeDataType"] == "String"


def test_a_pool_has_fifty_custom_attributes_at_most(world: World) -> None:
    pool = world.pool(Schema=[{"Name": f"a{n}", "AttributeDataType": "String"} for n in range(49)])
    told = invalid("The number of custom attributes in a user pool cannot exceed 50.")
    assert refused(pool, {"Name": "one"}, {"Name": "two"}) == told
    add(pool, {"Name": "one"})
    assert refused(pool, {"Name": "two"}) == told


def test_an_update_of_the_pool_takes_none_away(world: World, pool: Pool) -> None:
    add(pool, {"Name": "team"})
    world.idp.update_user_pool(UserPoolId=pool.pool_id)
    assert list(custom(pool)) == ["custom:team"]


def test_an_attribute_for_developers_only_is_not_built_in_a_new_pool_as_in_an_old_one(world: World, pool: Pool) -> None:
    unbuilt = not_honoured("DeveloperOnlyAttribute", "a schema's attributes")
    attribute = {"Name": "a", "AttributeDataType": "String", "DeveloperOnlyAttribute": True}
    assert refusal(world.idp.create_user_pool, PoolName="p", Schema=[attribute]) == unbuilt
    named = {"UserPoolId": pool.pool_id, "CustomAttributes": [attribute]}
    assert refusal(world.idp.add_custom_attributes, **named) == unbuilt


@pytest.mark.parametrize(
    ("attribute", "sentence"),
    [
        ({"AttributeDataType": "String"}, "Invalid schema: an attribute has no Name."),
        ({"Name": "a", "Required": True}, "Required custom attributes are not supported currently."),
        (
            {"Name": "a", "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "1"}},
            "Attribute custom:a cannot have a max length shorter than it's min length",
        ),
        (
            {"Name": "a", "StringAttributeConstraints": {"MaxLength": "2049"}},
            "Attribute custom:a: lengths go from 0 to 2048.",
        ),
        (
            {"Name": "a", "StringAttributeConstraints": {"MinLength": "-1"}},
            "Attribute custom:a: lengths go from 0 to 2048.",
        ),
    ],
)
def test_what_cannot_be_an_attribute_is_refused(pool: Pool, attribute: dict[str, Any], sentence: str) -> None:
    assert refused(pool, attribute) == invalid(sentence)


def test_an_attribute_without_a_type_is_refused(world: World, pool: Pool) -> None:
    """Source: sst#1645, amplify-cli#9525. A standard attribute has its type already."""
    told = invalid("Invalid AttributeDataType input, consider using the provided AttributeDataType enum.")
    given = {"UserPoolId": pool.pool_id, "CustomAttributes": [{"Name": "team"}]}
    assert refusal(world.idp.add_custom_attributes, **given) == told
    assert refusal(world.idp.create_user_pool, PoolName="p", Schema=[{"Name": "team"}]) == told
    assert world.pool(Schema=[{"Name": "email", "Required": True}])


def test_unknown_pools_long_names_and_long_lists_are_refused(world: World, pool: Pool) -> None:
    operation = unchecked(world, "cognito-idp").add_custom_attributes
    nowhere = {"UserPoolId": "us-east-1_Nowhere00", "CustomAttributes": [{"Name": "a"}]}
    assert refusal(operation, **nowhere)[0] == "ResourceNotFoundException"
    long_name = refusal(operation, UserPoolId=pool.pool_id, CustomAttributes=[{"Name": "n" * 21}])
    assert long_name == invalid(
        f"1 validation error detected: Value '{'n' * 21}' at 'customAttributes.1.member.name' failed to satisfy "
        "constraint: Member must have length less than or equal to 20"
    )
    listed = [{"Name": f"a{n}"} for n in range(26)]
    assert (
        "Member must have length less than or equal to 25"
        in refusal(operation, UserPoolId=pool.pool_id, CustomAttributes=listed)[1]
    )
