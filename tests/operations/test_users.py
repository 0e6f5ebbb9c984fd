"""Users by an administrator: refusals, aliases, attributes, passwords, pages. Source: facts/api.md §5, §8."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from asking import invalid, refusal, unchecked
from world import PASSWORD, Pool, World

UNKNOWN = ("UserNotFoundException", "User does not exist.")


def named(pool: Pool, username: str = "ada") -> dict[str, str]:
    return {"UserPoolId": pool.pool_id, "Username": username}


def attributes_of(world: World, pool: Pool, username: str = "ada") -> dict[str, str]:
    shown = world.idp.admin_get_user(**named(pool, username))["UserAttributes"]
    return {attribute["Name"]: attribute["Value"] for attribute in shown}


def update(world: World, pool: Pool, username: str = "ada", **changes: str) -> None:
    listed = [{"Name": name.replace("custom_", "custom:"), "Value": value} for name, value in changes.items()]
    world.idp.admin_update_user_attributes(**named(pool, username), UserAttributes=listed)


def create(world: World, pool: Pool, username: str = "ada", **given: Any) -> dict[str, Any]:
    given = {"MessageAction": "SUPPRESS", **given}
    return world.idp.admin_create_user(**named(pool, username), **given)["User"]


def test_a_user_is_shown_with_a_sub_and_strings_for_values(world: World, pool: Pool) -> None:
    made = create(world, pool, UserAttributes=[{"Name": "email", "Value": "ada@example.com"}])
    assert (made["Username"], made["UserStatus"], made["Enabled"]) == ("ada", "FORCE_CHANGE_PASSWORD", True)
    attributes = {a["Name"]: a["Value"] for a in made["Attributes"]}
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", attributes["sub"])
    assert attributes["email"] == "ada@example.com"
    assert attributes_of(world, pool) == attributes


def test_a_username_is_taken_once_whatever_its_case_if_the_pool_folds(world: World, pool: Pool) -> None:
    exists = ("UsernameExistsException", "User account already exists")
    create(world, pool, "Ada")
    assert refusal(create, world=world, pool=pool, username="Ada") == exists
    create(world, pool, "ada")
    folding = world.pool(UsernameConfiguration={"CaseSensitive": False})
    assert create(world, folding, "Ada")["Username"] == "ada"
    assert refusal(create, world=world, pool=folding, username="ADA") == exists


@pytest.mark.parametrize("kind", ["UsernameAttributes", "AliasAttributes"])
def test_an_address_is_one_user_s_and_the_refusal_names_which(world: World, kind: str) -> None:
    pool = world.pool(**{kind: ["email", "phone_number"]})
    by_name = kind == "UsernameAttributes"
    pool.user("ada@example.com" if by_name else "ada", phone_number="+4912345", phone_number_verified="true")
    pool.user("eve@example.com" if by_name else "eve")
    code, sentence = refusal(pool.user, username="ada@example.com" if by_name else "other", email="ada@example.com")
    assert (code, sentence) == ("UsernameExistsException", "An account with the given email already exists.")
    eve = "eve@example.com" if by_name else "eve"
    changes = {"phone_number": "+4912345", "phone_number_verified": "true"}
    code, sentence = refusal(update, world=world, pool=pool, username=eve, **changes)
    assert (code, sentence) == ("AliasExistsException", "An account with the given phone_number already exists.")
    assert "phone_number" not in attributes_of(world, pool, eve)


@pytest.mark.parametrize(
    ("kinds", "username", "sentence"),
    [
        (["email"], "ada", "Username should be an email."),
        (["phone_number"], "ada@example.com", "Username should be a phone number."),
        (["email", "phone_number"], "ada", "Username should be either an email or a phone number."),
    ],
)
def test_a_pool_of_addresses_takes_no_names(world: World, kinds: list[str], username: str, sentence: str) -> None:
    pool = world.pool(UsernameAttributes=kinds)
    assert refusal(create, world=world, pool=pool, username=username) == invalid(sentence)


def test_a_pool_of_aliases_takes_no_addresses_for_names(world: World) -> None:
    pool = world.pool(AliasAttributes=["email"])
    sentence = "Username cannot be of email format, since user pool is configured for email alias."
    assert refusal(create, world=world, pool=pool, username="ada@example.com") == invalid(sentence)


def test_an_alias_counts_once_it_is_verified(world: World) -> None:
    pool = world.pool(AliasAttributes=["email"])
    pool.user(email_verified="false")
    assert refusal(world.idp.admin_get_user, **named(pool, "ada@example.com")) == UNKNOWN
    update(world, pool, email_verified="true")
    assert world.idp.admin_get_user(**named(pool, "ada@example.com"))["Username"] == "ada"


@pytest.mark.parametrize(
    ("attribute", "value", "sentence"),
    [
        ("email", "ada at example", "Invalid email address format."),
        ("phone_number", "12345", "Invalid phone number format."),
        (
            "custom:none",
            "x",
            "Attributes did not conform to the schema: custom:none: Attribute does not exist in the schema.\n",
        ),
    ],
)
def test_attributes_are_held_to_the_schema(world: World, pool: Pool, attribute: str, value: str, sentence: str) -> None:
    listed = [{"Name": attribute, "Value": value}]
    assert refusal(create, world=world, pool=pool, UserAttributes=listed) == invalid(sentence)
    pool.user()
    before = attributes_of(world, pool)
    changing = {**named(pool), "UserAttributes": listed}
    assert refusal(world.idp.admin_update_user_attributes, **changing) == invalid(sentence)
    assert attributes_of(world, pool) == before


def test_a_sub_is_nobody_s_to_choose(world: World, pool: Pool) -> None:
    pool.user()
    sub = attributes_of(world, pool)["sub"]
    sentence = "user.sub: Attribute cannot be updated.\n"
    assert refusal(update, world=world, pool=pool, sub="somebody-else") == invalid(sentence)
    assert attributes_of(world, pool)["sub"] == sub
    listed = [{"Name": "sub", "Value": "chosen"}]
    assert refusal(create, world=world, pool=pool, username="eve", UserAttributes=listed)[0] == invalid("")[0]


def test_what_is_not_mutable_is_set_when_creating_or_never(world: World) -> None:
    pool = world.pool(Schema=[{"Name": "born", "AttributeDataType": "String", "Mutable": False}])
    create(world, pool, UserAttributes=[{"Name": "custom:born", "Value": "1815"}])
    sentence = "user.custom:born: Attribute cannot be updated.\n"
    assert refusal(update, world=world, pool=pool, custom_born="1816") == invalid(sentence)
    assert attributes_of(world, pool)["custom:born"] == "1815"


def test_a_blank_value_deletes_its_attribute(world: World, pool: Pool) -> None:
    pool.user(name="Ada")
    update(world, pool, name="", email="")
    assert set(attributes_of(world, pool)) == {"sub", "email_verified"}


def test_a_required_attribute_cannot_be_deleted(world: World) -> None:
    pool = world.pool(Schema=[{"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True}])
    pool.user(name="Ada")
    sentence = "Attributes did not conform to the schema: name: The attribute is required\n"
    assert refusal(update, world=world, pool=pool, name="") == invalid(sentence)


def test_a_temporary_password_is_held_to_the_policy_in_this_operation_s_words(world: World, pool: Pool) -> None:
    refused = refusal(create, world=world, pool=pool, TemporaryPassword="Password!")
    sentence = "Password did not conform with password policy: Password must have numeric characters"
    assert refused == ("InvalidPasswordException", sentence)
    given = {**named(pool), "Password": "password", "Permanent": True}
    pool.user()
    refused = refusal(world.idp.admin_set_user_password, **given)
    assert refused == (
        "InvalidPasswordException",
        "Password does not conform to policy: Password must have uppercase characters",
    )


def test_a_password_that_is_set_is_permanent_or_temporary(world: World, pool: Pool) -> None:
    pool.user()
    assert world.idp.admin_get_user(**named(pool))["UserStatus"] == "CONFIRMED"
    world.idp.admin_set_user_password(**named(pool), Password="Temporary-1", Permanent=False)
    assert world.idp.admin_get_user(**named(pool))["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def test_a_disabled_user_is_refused_until_enabled_again(world: World, pool: Pool) -> None:
    client = pool.client()
    pool.user()
    world.idp.admin_disable_user(**named(pool))
    assert world.idp.admin_get_user(**named(pool))["Enabled"] is False
    assert refusal(pool.tokens, client=client) == ("NotAuthorizedException", "User is disabled.")
    world.idp.admin_enable_user(**named(pool))
    assert pool.tokens(client)["IdToken"]


def test_a_deleted_user_is_gone_and_the_name_is_free(world: World, pool: Pool) -> None:
    pool.user()
    first = attributes_of(world, pool)["sub"]
    world.idp.admin_delete_user(**named(pool))
    assert refusal(world.idp.admin_get_user, **named(pool)) == UNKNOWN
    pool.user()
    assert attributes_of(world, pool)["sub"] != first


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("admin_get_user", {}),
        ("admin_set_user_password", {"Password": PASSWORD}),
        ("admin_update_user_attributes", {"UserAttributes": []}),
        ("admin_enable_user", {}),
        ("admin_disable_user", {}),
        ("admin_delete_user", {}),
        ("admin_user_global_sign_out", {}),
        ("admin_list_groups_for_user", {}),
        ("admin_add_user_to_group", {"GroupName": "g"}),
        ("admin_remove_user_from_group", {"GroupName": "g"}),
    ],
)
def test_an_unknown_user_and_an_unknown_pool_are_told_apart(
    world: World, pool: Pool, operation: str, given: dict[str, Any]
) -> None:
    call = getattr(world.idp, operation)
    assert refusal(call, **named(pool, "nobody"), **given) == UNKNOWN
    nowhere = {"UserPoolId": "us-east-1_Nowhere00", "Username": "nobody", **given}
    sentence = "User pool us-east-1_Nowhere00 does not exist."
    assert refusal(call, **nowhere) == ("ResourceNotFoundException", sentence)


def test_users_are_listed_by_pages_with_the_attributes_asked_for(world: World, pool: Pool) -> None:
    for name in ("ada", "bob", "cid"):
        pool.user(name, password=None)
    first = world.idp.list_users(UserPoolId=pool.pool_id, Limit=2, AttributesToGet=["email"])
    rest = world.idp.list_users(UserPoolId=pool.pool_id, Limit=2, PaginationToken=first["PaginationToken"])
    assert [user["Username"] for user in first["Users"] + rest["Users"]] == ["ada", "bob", "cid"]
    assert "PaginationToken" not in rest
    assert [a["Name"] for a in first["Users"][0]["Attributes"]] == ["email"]


def test_constraints_never_show_a_password(world: World, pool: Pool) -> None:
    idp = unchecked(world, "cognito-idp")
    sentence = refusal(idp.admin_set_user_password, **named(pool), Password=" s3crt")[1]
    assert "Value at 'password' failed to satisfy constraint: Member must satisfy regular expression" in sentence
    sentence = refusal(idp.admin_set_user_password, **named(pool), Password="s3crt")[1]
    assert sentence.endswith("Member must have length greater than or equal to 6")
    assert "s3crt" not in sentence


def test_inner_blanks_are_part_of_a_password(world: World, pool: Pool) -> None:
    pool.user(password="Ada Lovelace 1815")
    assert pool.tokens(pool.client(), password="Ada Lovelace 1815")["IdToken"]


def test_an_invitation_goes_where_it_was_asked_to_go(world: World, pool: Pool) -> None:
    listed = [{"Name": "email", "Value": "ada@example.com"}]
    asked = {"UserAttributes": listed, "DesiredDeliveryMediums": ["EMAIL"], "TemporaryPassword": "Temporary-1"}
    world.idp.admin_create_user(**named(pool), **asked)
    world.idp.admin_create_user(**named(pool, "eve"), UserAttributes=listed)
    lines = [json.loads(line) for line in (world.data / "messages.jsonl").read_text().splitlines()]
    mine = [line for line in lines if pool.pool_id in line.values()]
    assert len(mine) == 1, "eve has no phone, and SMS is the default"
    assert "Temporary-1" in str(mine[0])
    assert "ada@example.com" in mine[0].values()


def test_attributes_are_deleted_by_name_with_the_alias_that_came_of_them(world: World) -> None:
    pool = world.pool(AliasAttributes=["email"])
    pool.user(name="Ada")
    assert world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="ada@example.com")["Username"] == "ada"
    world.idp.admin_delete_user_attributes(**named(pool), UserAttributeNames=["name", "email"])
    assert set(attributes_of(world, pool)) == {"sub", "email_verified"}
    unknown = {"UserPoolId": pool.pool_id, "Username": "ada@example.com"}
    assert refusal(world.idp.admin_get_user, **unknown) == ("UserNotFoundException", "User does not exist.")
    strange = refusal(world.idp.admin_delete_user_attributes, **named(pool), UserAttributeNames=["custom:x"])
    assert strange[0] == "InvalidParameterException"
    fixed = refusal(world.idp.admin_delete_user_attributes, **named(pool), UserAttributeNames=["sub"])
    assert fixed[0] == "InvalidParameterException"


def usernames(world: World, pool: Pool, text: str, **given: Any) -> list[str]:
    pages = world.idp.get_paginator("list_users").paginate(UserPoolId=pool.pool_id, Filter=text, **given)
    return [user["Username"] for page in pages for user in page["Users"]]


def test_listing_by_a_filter_finds_who_matches_and_nobody_else(world: World, pool: Pool) -> None:
    pool.user("ada", name="Ada Lovelace", family_name="Lovelace")
    pool.user("grace", name='Grace "Amazing" Hopper', family_name="Hopper")
    pool.user("alan", password=None, name="Alan Turing")
    world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username="grace")
    sub = attributes_of(world, pool)["sub"]
    for text, wanted in (
        ('family_name = "Lovelace"', ["ada"]),
        ('family_name="Lovelace"', ["ada"]),
        ('family_name ^= "Lo"', ["ada"]),
        ('family_name = "lovelace"', ["ada"]),
        ('"family_name" = "LOVELACE"', ["ada"]),
        ('"email" ^= "AL"', ["alan"]),
        ('name = "Grace \\"Amazing\\" Hopper"', ["grace"]),
        ('email = "alan@example.com"', ["alan"]),
        ('email ^= "a"', ["ada", "alan"]),
        ('username ^= "a"', ["ada", "alan"]),
        ('username = "Ada"', ["ada"]),
        ('username ^= "G"', ["grace"]),
        (f'sub = "{sub}"', ["ada"]),
        ('cognito:user_status = "force_change_password"', ["alan"]),
        ('cognito:user_status ^= "CONF"', ["ada", "grace"]),
        ('status = "Disabled"', ["grace"]),
        ('status = "disabled"', ["grace"]),
        ("", ["ada", "alan", "grace"]),
    ):
        assert usernames(world, pool, text) == wanted, text
    assert usernames(world, pool, 'email ^= "a"', PaginationConfig={"PageSize": 1}) == ["ada", "alan"]


def test_a_search_does_not_look_at_case_and_a_listing_shows_what_was_given(world: World) -> None:
    """Source: Developer guide, Managing and searching for user accounts. Letters beyond ASCII fold too."""
    pool = world.pool(UsernameConfiguration={"CaseSensitive": True})
    pool.user("Ada", email="Ada@Example.com", name="Straße")
    for text in ('email = "ada@example.com"', 'email ^= "ADA@"', 'name = "STRASSE"', 'username = "ada"'):
        assert usernames(world, pool, text) == ["Ada"], text
    shown = world.idp.list_users(UserPoolId=pool.pool_id, Filter='email = "ada@example.com"')["Users"][0]
    assert {"Name": "email", "Value": "Ada@Example.com"} in shown["Attributes"]


@pytest.mark.parametrize("size", [1, 2, 60])
def test_what_is_found_comes_in_the_order_of_the_attribute(world: World, pool: Pool, size: int) -> None:
    for username, name in (("a", "Zuse"), ("b", "zeta"), ("c", "Zorn"), ("d", "Zuse"), ("e", "Ada")):
        pool.user(username, name=name)
    pages = {"PaginationConfig": {"PageSize": size}}
    assert usernames(world, pool, 'name ^= "z"', **pages) == ["b", "c", "a", "d"]
    world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username="b")
    assert usernames(world, pool, 'status ^= ""', **pages) == ["b", "a", "c", "d", "e"]
    pool.user("A0", password=None)
    assert usernames(world, pool, 'cognito:user_status ^= ""', **pages) == ["a", "b", "c", "d", "e", "A0"]


def test_a_page_goes_on_where_the_last_ended_whoever_came_meanwhile(world: World, pool: Pool) -> None:
    for username, name in (("a", "Za"), ("b", "Zc"), ("c", "Ze")):
        pool.user(username, name=name)
    asked = {"UserPoolId": pool.pool_id, "Filter": 'name ^= "Z"', "Limit": 2}
    first = world.idp.list_users(**asked)
    pool.user("d", name="Zb")
    pool.user("e", name="Zd")
    second = world.idp.list_users(**asked, PaginationToken=first["PaginationToken"])
    assert [user["Username"] for user in first["Users"] + second["Users"]] == ["a", "b", "e", "c"]


def test_no_attributes_to_get_are_all(world: World, pool: Pool) -> None:
    pool.user()
    everything = world.idp.list_users(UserPoolId=pool.pool_id)["Users"]
    assert world.idp.list_users(UserPoolId=pool.pool_id, AttributesToGet=[])["Users"] == everything
    one = world.idp.list_users(UserPoolId=pool.pool_id, AttributesToGet=["email"])["Users"][0]["Attributes"]
    assert one == [{"Name": "email", "Value": "ada@example.com"}]


def test_an_attribute_that_the_pool_does_not_have_is_not_listed(world: World, pool: Pool) -> None:
    given = {"UserPoolId": pool.pool_id, "AttributesToGet": ["email", "custom:none"]}
    assert refusal(world.idp.list_users, **given) == invalid("One or more requested attributes do not exist.")
    known = ["sub", "identities", "email", "email_verified"]
    assert world.idp.list_users(UserPoolId=pool.pool_id, AttributesToGet=known)["Users"] == []


@pytest.mark.parametrize(
    "address",
    [
        *("ada", "ada@example", "ada@example.com.", "a@b@example.com", "a b@example.com", "@example.com", "a@.com"),
        *("<ada@example.com>", "a,b@example.com", "a;b@example.com", "a..b@example.com", ".a@example.com"),
        *("a.@example.com", "a@example..com", "(a)@example.com", "a:b@example.com"),
    ],
)
def test_what_is_no_address_is_nobody_s(world: World, pool: Pool, address: str) -> None:
    attributes = [{"Name": "email", "Value": address}]
    given = {"UserPoolId": pool.pool_id, "Username": "ada", "UserAttributes": attributes}
    assert refusal(world.idp.admin_create_user, **given) == invalid("Invalid email address format.")


@pytest.mark.parametrize("address", ["a.b+c@example.co.uk", "o'hara@example.com", "a/b=c@example.com", "ä@example.com"])
def test_addresses_that_look_odd_are_addresses(world: World, pool: Pool, address: str) -> None:
    assert pool.user(email=address)


@pytest.mark.parametrize("number", ["+", "+0155501", "+1555 5550", "+1-555", "0155501", "+1234567890123456"])
def test_what_is_no_number_is_nobody_s(world: World, pool: Pool, number: str) -> None:
    """Developer guide, Working with user attributes: a plus sign, the country code at once, digits only."""
    attributes = [{"Name": "phone_number", "Value": number}]
    given = {"UserPoolId": pool.pool_id, "Username": "ada", "UserAttributes": attributes}
    assert refusal(world.idp.admin_create_user, **given) == invalid("Invalid phone number format.")


def test_a_new_user_s_two_dates_are_equal(world: World, pool: Pool) -> None:
    for given in ({}, {"TemporaryPassword": "Temporary-1"}):
        made = world.idp.admin_create_user(
            UserPoolId=pool.pool_id, Username=f"u{len(given)}", MessageAction="SUPPRESS", **given
        )["User"]
        assert made["UserCreateDate"] == made["UserLastModifiedDate"]
    client = pool.client()["ClientId"]
    world.idp.sign_up(ClientId=client, Username="eve", Password=PASSWORD)
    made = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="eve")
    assert made["UserCreateDate"] == made["UserLastModifiedDate"]


def test_verified_is_taken_as_python_spells_it(world: World, pool: Pool) -> None:
    """Source: a test of moto's that was run against AWS. It is shown, and told in tokens, as true."""
    pool.user(email_verified="True")
    assert attributes_of(world, pool)["email_verified"] == "true"
    update(world, pool, email_verified="False")
    assert attributes_of(world, pool)["email_verified"] == "false"


def test_a_filter_follows_what_becomes_of_an_attribute(world: World, pool: Pool) -> None:
    pool.user(name="Ada")
    update(world, pool, name="Augusta")
    assert usernames(world, pool, 'name = "Ada"') == []
    assert usernames(world, pool, 'name = "Augusta"') == ["ada"]
    world.idp.admin_delete_user(**named(pool))
    assert usernames(world, pool, 'name = "Augusta"') == []


@pytest.mark.parametrize("text", ["email", 'email == "x"', "email = x", 'email = "x', 'custom:x = "1"', 'gender = "x"'])
def test_a_filter_that_cannot_be_is_refused(world: World, pool: Pool, text: str) -> None:
    assert refusal(world.idp.list_users, UserPoolId=pool.pool_id, Filter=text)[0] == "InvalidParameterException"


def test_an_administrator_finds_people_by_their_sub_and_nobody_signs_in_by_it(world: World, pool: Pool) -> None:
    """getmoto/moto#7376 and ministack#1758, both seen on AWS."""
    client = pool.client()
    pool.user()
    sub = attributes_of(world, pool)["sub"]
    by_sub = {"UserPoolId": pool.pool_id, "Username": sub}
    assert world.idp.admin_get_user(**by_sub)["Username"] == "ada"
    world.idp.admin_update_user_attributes(**by_sub, UserAttributes=[{"Name": "name", "Value": "Ada"}])
    assert attributes_of(world, pool)["name"] == "Ada"
    assert refusal(pool.tokens, client=client, username=sub)[0] in ("NotAuthorizedException", "UserNotFoundException")
    other = world.pool()
    assert refusal(world.idp.admin_get_user, UserPoolId=other.pool_id, Username=sub) == UNKNOWN
