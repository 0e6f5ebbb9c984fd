"""CreateUserPool, DescribeUserPool, ListUserPools, DeleteUserPool. Source: facts/api.md §10."""

from __future__ import annotations

import re
import time

import jwt
import pytest
import requests

from asking import invalid, missing, not_honoured, refusal, unchecked
from world import Pool, World

NOWHERE = "us-east-1_Nowhere00"


def test_a_pool_of_a_name_alone_has_aws_s_defaults(world: World) -> None:
    pool = world.idp.create_user_pool(PoolName="plain")["UserPool"]
    assert re.fullmatch(r"us-east-1_[0-9A-Za-z]{9}", pool["Id"])
    assert pool["Name"] == "plain"
    assert pool["Arn"] == f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool['Id']}"
    assert pool["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 8,
        "RequireUppercase": True,
        "RequireLowercase": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "TemporaryPasswordValidityDays": 7,
    }
    assert pool["DeletionProtection"] == "INACTIVE"
    assert pool["MfaConfiguration"] == "OFF"
    assert pool["EstimatedNumberOfUsers"] == 0
    assert pool["UserPoolTier"] == "ESSENTIALS"
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7}
    assert abs(pool["CreationDate"].timestamp() - time.time()) < 60
    assert "AliasAttributes" not in pool, "what is unset is omitted, not null"


def test_the_schema_is_listed_in_aws_s_order_with_custom_attributes_last(world: World) -> None:
    schema = world.idp.create_user_pool(
        PoolName="schema",
        Schema=[
            {"Name": "email", "AttributeDataType": "String", "Required": True, "Mutable": True},
            {"Name": "rank", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "1"}},
        ],
    )["UserPool"]["SchemaAttributes"]
    names = (
        "sub name given_name family_name middle_name nickname preferred_username profile picture website email "
        "email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at "
        "custom:rank"
    ).split()
    by_name = {attribute["Name"]: attribute for attribute in schema}
    assert list(by_name) == names
    assert by_name["sub"]["StringAttributeConstraints"] == {"MinLength": "1", "MaxLength": "2048"}
    assert by_name["sub"]["Required"]
    assert not by_name["sub"]["Mutable"]
    assert by_name["email"]["Required"]
    assert not by_name["given_name"]["Required"]
    assert by_name["custom:rank"]["NumberAttributeConstraints"] == {"MinValue": "1"}
    assert by_name["updated_at"]["NumberAttributeConstraints"] == {"MinValue": "0"}


def test_a_pool_is_described_as_it_was_created_with_its_domain_and_users(world: World) -> None:
    given = {
        "Policies": {"PasswordPolicy": {"MinimumLength": 12, "RequireNumbers": True}},
        "AliasAttributes": ["email"],
        "UserPoolTags": {"team": "engine"},
        "UsernameConfiguration": {"CaseSensitive": False},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
    }
    pool = world.pool(**given)
    world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain="described")
    pool.user(password=None)
    shown = world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
    assert shown["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 12,
        "RequireUppercase": False,
        "RequireLowercase": False,
        "RequireNumbers": True,
        "RequireSymbols": False,
        "TemporaryPasswordValidityDays": 7,
    }
    assert shown["AliasAttributes"] == ["email"]
    assert shown["UserPoolTags"] == {"team": "engine"}
    assert shown["UsernameConfiguration"] == {"CaseSensitive": False}
    assert shown["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert shown["Domain"] == "described"
    assert shown["EstimatedNumberOfUsers"] == 1


def test_pools_are_listed_by_pages_that_meet_and_the_last_has_no_token(world: World) -> None:
    made = {world.pool().pool_id for _ in range(3)}
    seen: list[str] = []
    answer = world.idp.list_user_pools(MaxResults=2)
    while True:
        assert len(answer["UserPools"]) <= 2
        seen += [pool["Id"] for pool in answer["UserPools"]]
        if "NextToken" not in answer:
            break
        answer = world.idp.list_user_pools(MaxResults=2, NextToken=answer["NextToken"])
    assert made <= set(seen)
    assert len(seen) == len(set(seen))


def test_a_made_up_page_token_is_refused(world: World) -> None:
    assert refusal(world.idp.list_user_pools, MaxResults=2, NextToken="*") == invalid("Invalid pagination token")


def test_a_deleted_pool_is_gone_with_its_clients_users_and_keys(world: World, pool: Pool) -> None:
    client = pool.client()
    pool.user()
    token = pool.tokens(client)["AccessToken"]
    world.idp.delete_user_pool(UserPoolId=pool.pool_id)
    gone = missing(f"User pool {pool.pool_id} does not exist.")
    assert refusal(world.idp.describe_user_pool, UserPoolId=pool.pool_id) == gone
    assert refusal(world.idp.delete_user_pool, UserPoolId=pool.pool_id) == gone
    assert refusal(world.idp.get_user, AccessToken=token)[0] == "NotAuthorizedException"
    parameters = {"USERNAME": "ada", "PASSWORD": "x"}
    given = {"ClientId": client["ClientId"], "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
    assert refusal(world.idp.initiate_auth, **given)[0] == "ResourceNotFoundException"
    assert requests.get(f"{world.origin}/{pool.pool_id}/.well-known/jwks.json", timeout=10).status_code == 404


def test_a_pool_with_a_domain_or_under_protection_is_not_deleted(world: World, pool: Pool) -> None:
    world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain="undeletable")
    assert refusal(world.idp.delete_user_pool, UserPoolId=pool.pool_id) == invalid(
        "User pool cannot be deleted. It has a domain configured that should be deleted first."
    )
    protected = world.pool(DeletionProtection="ACTIVE")
    assert refusal(world.idp.delete_user_pool, UserPoolId=protected.pool_id) == invalid(
        "The user pool cannot be deleted because deletion protection is activated. "
        "Deletion protection must be inactivated first."
    )
    assert world.idp.describe_user_pool(UserPoolId=protected.pool_id)


def test_aliases_and_username_attributes_exclude_each_other(world: World) -> None:
    given = {"PoolName": "both", "AliasAttributes": ["email"], "UsernameAttributes": ["email"]}
    sentence = "Only one of the aliasAttributes or usernameAttributes can be set in a user pool."
    assert refusal(world.idp.create_user_pool, **given) == invalid(sentence)


def test_what_a_pool_would_not_do_is_refused_by_name(world: World) -> None:
    create = world.idp.create_user_pool
    trigger = {"PreSignUp": "arn:aws:lambda:us-east-1:123456789012:function:f"}
    assert refusal(create, PoolName="p", LambdaConfig=trigger) == not_honoured("LambdaConfig", "CreateUserPool")
    history = {"PasswordPolicy": {"PasswordHistorySize": 3}}
    refused = not_honoured("Policies.PasswordPolicy.PasswordHistorySize", "CreateUserPool")
    assert refusal(create, PoolName="p", Policies=history) == refused
    assert refusal(create, PoolName="p", MfaConfiguration="ON")[0] == "InvalidParameterException"


def test_a_pool_s_id_can_be_pinned_once_by_its_tag(world: World) -> None:
    given = {"PoolName": "pinned", "UserPoolTags": {"_custom_id_": "eu-west-1_Pinned"}}
    assert world.idp.create_user_pool(**given)["UserPool"]["Id"] == "eu-west-1_Pinned"
    assert refusal(world.idp.create_user_pool, **given) == invalid(
        "User pool eu-west-1_Pinned exists already: _custom_id_ must be new."
    )


@pytest.mark.parametrize("pinned", ["nonsense", "us-east-1_a/b", "us-east-1_line\n", ""])
def test_a_pinned_id_that_is_none_is_refused(world: World, pinned: str) -> None:
    code, sentence = refusal(world.idp.create_user_pool, PoolName="p", UserPoolTags={"_custom_id_": pinned})
    assert code == "InvalidParameterException"
    assert "is not a user pool id" in sentence


def test_the_issuer_is_local_or_aws_by_the_pool_s_tag(world: World) -> None:
    for tags, issuer in (
        ({}, "{origin}/{pool_id}"),
        ({"_issuer_": "local"}, "{origin}/{pool_id}"),
        ({"_issuer_": "aws"}, "https://cognito-idp.us-east-1.amazonaws.com/{pool_id}"),
    ):
        pool = world.pool(UserPoolTags=tags)
        pool.user()
        token = pool.tokens(pool.client())["IdToken"]
        expected = issuer.format(origin=world.origin, pool_id=pool.pool_id)
        assert jwt.decode(token, options={"verify_signature": False})["iss"] == expected
        url = f"{world.origin}/{pool.pool_id}/.well-known/openid-configuration"
        assert requests.get(url, timeout=10).json()["issuer"] == expected
    sentence = "_issuer_ must be local or aws, not 'mars'."
    assert refusal(world.idp.create_user_pool, PoolName="p", UserPoolTags={"_issuer_": "mars"}) == invalid(sentence)


@pytest.mark.parametrize(
    ("attribute", "sentence"),
    [
        ({"AttributeDataType": "String"}, "Invalid schema: an attribute has no Name."),
        ({"Name": "a", "Required": True}, "Required custom attributes are not supported currently."),
        (
            {"Name": "a", "StringAttributeConstraints": {"MaxLength": "ten"}},
            "Invalid schema: 'ten' is not a whole number.",
        ),
    ],
)
def test_a_schema_that_cannot_be_is_refused(world: World, attribute: dict[str, object], sentence: str) -> None:
    assert refusal(world.idp.create_user_pool, PoolName="p", Schema=[attribute]) == invalid(sentence)


def test_broken_constraints_are_told_in_aws_s_words_all_at_once(world: World) -> None:
    create = unchecked(world, "cognito-idp").create_user_pool
    assert refusal(create) == invalid(
        "1 validation error detected: Value null at 'poolName' failed to satisfy constraint: Member must not be null"
    )
    assert refusal(create, PoolName="p" * 129, DeletionProtection="MAYBE") == invalid(
        f"2 validation errors detected: Value '{'p' * 129}' at 'poolName' failed to satisfy constraint: "
        "Member must have length less than or equal to 128; Value 'MAYBE' at 'deletionProtection' failed to satisfy "
        "constraint: Member must satisfy enum value set: [ACTIVE, INACTIVE]"
    )
    short = {"PasswordPolicy": {"MinimumLength": 5}}
    assert refusal(create, PoolName="p", Policies=short) == invalid(
        "1 validation error detected: Value '5' at 'policies.passwordPolicy.minimumLength' failed to satisfy "
        "constraint: Member must have value greater than or equal to 6"
    )
    listing = unchecked(world, "cognito-idp").list_user_pools
    assert "less than or equal to 60" in refusal(listing, MaxResults=61)[1]
    describe = unchecked(world, "cognito-idp").describe_user_pool
    assert refusal(describe, UserPoolId="nonsense") == invalid(
        "1 validation error detected: Value 'nonsense' at 'userPoolId' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+"
    )


def test_an_unknown_pool_is_not_described(world: World) -> None:
    sentence = f"User pool {NOWHERE} does not exist."
    assert refusal(world.idp.describe_user_pool, UserPoolId=NOWHERE) == missing(sentence)


def test_an_update_replaces_all_but_what_is_fixed(world: World) -> None:
    schema = [{"Name": "rank", "AttributeDataType": "Number"}]
    policy = {"PasswordPolicy": {"MinimumLength": 6}}
    pool = world.pool(UsernameAttributes=["email"], Schema=schema, Policies=policy, DeletionProtection="ACTIVE")
    world.idp.update_user_pool(UserPoolId=pool.pool_id, PoolName="renamed")
    changed = world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
    assert changed["Name"] == "renamed"
    assert changed["Policies"]["PasswordPolicy"]["MinimumLength"] == 8
    assert changed["DeletionProtection"] == "INACTIVE"
    assert changed["UsernameAttributes"] == ["email"]
    assert changed["SchemaAttributes"][-1]["Name"] == "custom:rank"
    pool.user("ada@example.com")
    assert refusal(world.idp.update_user_pool, UserPoolId=NOWHERE)[0] == "ResourceNotFoundException"
    assert "MfaConfiguration" in refusal(world.idp.update_user_pool, UserPoolId=pool.pool_id, MfaConfiguration="ON")[1]
