"""Pools, clients, domains, providers, users and groups as an administrator sets them up with boto3."""

from __future__ import annotations

from typing import Any

import pytest
from test_ladder import refusal

from world import PASSWORD, Pool, World


def test_a_pool_answers_with_aws_s_defaults(world: World) -> None:
    pool = world.idp.create_user_pool(PoolName="plain")["UserPool"]
    assert pool["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 8,
        "RequireUppercase": True,
        "RequireLowercase": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "TemporaryPasswordValidityDays": 7,
    }
    assert [a["Name"] for a in pool["SchemaAttributes"]][:3] == ["sub", "name", "given_name"]
    assert len(pool["SchemaAttributes"]) == 20
    assert pool["MfaConfiguration"] == "OFF"
    assert pool["Arn"] == f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool['Id']}"
    assert "UsernameAttributes" not in pool
    described = world.idp.describe_user_pool(UserPoolId=pool["Id"])["UserPool"]
    assert described == pool


def test_a_pool_s_region_is_the_one_that_was_signed_for(world: World) -> None:
    import boto3

    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    far = boto3.client("cognito-idp", endpoint_url=world.origin, region_name="eu-central-1", **keys)
    assert far.create_user_pool(PoolName="far")["UserPool"]["Id"].startswith("eu-central-1_")


def test_ids_are_pinned_by_tags(world: World) -> None:
    tags = {"_custom_id_": "us-east-1_Pinned001", "_custom_id_:web": "webclient", "_issuer_": "aws"}
    pool = world.idp.create_user_pool(PoolName="pinned", UserPoolTags=tags)["UserPool"]
    assert pool["Id"] == "us-east-1_Pinned001"
    client = world.idp.create_user_pool_client(UserPoolId=pool["Id"], ClientName="web")["UserPoolClient"]
    assert client["ClientId"] == "webclient"
    assert refusal(world.idp.create_user_pool, PoolName="p", UserPoolTags=tags)[0] == "InvalidParameterException"
    wrong = {"_custom_id_": "no pool id"}
    assert refusal(world.idp.create_user_pool, PoolName="p", UserPoolTags=wrong)[0] == "InvalidParameterException"


def test_deleting_takes_a_pool_away_once_its_domain_is_gone(world: World, pool: Pool) -> None:
    idp = world.idp
    idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain="going")
    sentence = "User pool cannot be deleted. It has a domain configured that should be deleted first."
    assert refusal(idp.delete_user_pool, UserPoolId=pool.pool_id) == ("InvalidParameterException", sentence)
    idp.delete_user_pool_domain(UserPoolId=pool.pool_id, Domain="going")
    idp.delete_user_pool(UserPoolId=pool.pool_id)
    gone = ("ResourceNotFoundException", f"User pool {pool.pool_id} does not exist.")
    assert refusal(idp.describe_user_pool, UserPoolId=pool.pool_id) == gone


def test_a_protected_pool_stays(world: World) -> None:
    pool = world.pool(DeletionProtection="ACTIVE")
    message = refusal(world.idp.delete_user_pool, UserPoolId=pool.pool_id)[1]
    assert "deletion protection is activated" in message


def test_a_domain_is_one_pool_s(world: World, pool: Pool) -> None:
    world.idp.create_user_pool_domain(UserPoolId=pool.pool_id, Domain="mine-alone")
    described = world.idp.describe_user_pool_domain(Domain="mine-alone")["DomainDescription"]
    assert (described["UserPoolId"], described["Status"]) == (pool.pool_id, "ACTIVE")
    assert world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["Domain"] == "mine-alone"
    other = world.pool()
    taken = ("InvalidParameterException", "Domain already associated with another user pool.")
    assert refusal(world.idp.create_user_pool_domain, UserPoolId=other.pool_id, Domain="mine-alone") == taken
    assert world.idp.describe_user_pool_domain(Domain="nobodys")["DomainDescription"] == {}
    reserved = refusal(world.idp.create_user_pool_domain, UserPoolId=other.pool_id, Domain="my-cognito")
    assert reserved[0] == "InvalidParameterException"


def test_a_client_answers_with_what_was_set_and_aws_s_defaults(world: World, pool: Pool) -> None:
    client = world.idp.create_user_pool_client(UserPoolId=pool.pool_id, ClientName="c")["UserPoolClient"]
    assert len(client["ClientId"]) == 26
    for absent in ("ClientSecret", "ExplicitAuthFlows", "ReadAttributes", "PreventUserExistenceErrors"):
        assert absent not in client
    assert client["RefreshTokenValidity"] == 30
    assert client["AllowedOAuthFlowsUserPoolClient"] is False
    assert client["EnableTokenRevocation"] is True
    secret = pool.client(GenerateSecret=True)["ClientSecret"]
    assert len(secret) == 52
    listed = world.idp.list_user_pool_clients(UserPoolId=pool.pool_id, MaxResults=60)["UserPoolClients"]
    assert len(listed) == 2
    assert all(set(summary) == {"ClientId", "UserPoolId", "ClientName"} for summary in listed)


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (
            {"CallbackURLs": ["http://example.com"]},
            "InvalidParameterException",
            "http://example.com cannot use the HTTP protocol.",
        ),
        (
            {"AllowedOAuthFlows": ["code", "client_credentials"], "GenerateSecret": True},
            "InvalidOAuthFlowException",
            "client_credentials flow can not be selected along with code flow or implicit flow.",
        ),
        ({"AllowedOAuthScopes": ["openid", "engine/read"]}, "ScopeDoesNotExistException", None),
        ({"SupportedIdentityProviders": ["Google"]}, "InvalidParameterException", None),
        (
            {"AccessTokenValidity": 1, "TokenValidityUnits": {"AccessToken": "minutes"}},
            "InvalidParameterException",
            None,
        ),
        ({"DefaultRedirectURI": "http://localhost:1"}, "InvalidParameterException", None),
    ],
)
def test_a_client_that_cannot_be_is_refused(pool: Pool, given: dict[str, Any], code: str, message: str | None) -> None:
    told = refusal(pool.client, **given)
    assert told[0] == code
    assert message is None or told[1] == message


def test_an_update_replaces_everything_but_the_secret(world: World, pool: Pool) -> None:
    client = pool.client(GenerateSecret=True)
    updated = world.idp.update_user_pool_client(UserPoolId=pool.pool_id, ClientId=client["ClientId"])["UserPoolClient"]
    assert updated["ClientSecret"] == client["ClientSecret"]
    assert "CallbackURLs" not in updated
    world.idp.delete_user_pool_client(UserPoolId=pool.pool_id, ClientId=client["ClientId"])
    gone = ("ResourceNotFoundException", f"User pool client {client['ClientId']} does not exist.")
    told = refusal(world.idp.describe_user_pool_client, UserPoolId=pool.pool_id, ClientId=client["ClientId"])
    assert told == gone


def test_a_provider_is_filled_up_as_aws_does(world: World, pool: Pool) -> None:
    given = {
        "UserPoolId": pool.pool_id,
        "ProviderName": "Google",
        "ProviderType": "Google",
        "ProviderDetails": {"client_id": "x", "client_secret": "y", "authorize_scopes": "openid email"},
        "AttributeMapping": {"email": "email"},
    }
    details = world.idp.create_identity_provider(**given)["IdentityProvider"]["ProviderDetails"]
    assert details["authorize_url"] == "https://accounts.google.com/o/oauth2/v2/auth"
    assert refusal(world.idp.create_identity_provider, **given)[0] == "DuplicateProviderException"
    listed = world.idp.list_identity_providers(UserPoolId=pool.pool_id)["Providers"]
    assert [provider["ProviderName"] for provider in listed] == ["Google"]
    world.idp.delete_identity_provider(UserPoolId=pool.pool_id, ProviderName="Google")
    named = {"UserPoolId": pool.pool_id, "ProviderName": "Google"}
    assert refusal(world.idp.describe_identity_provider, **named)[0] == "ResourceNotFoundException"
    saml = {**given, "ProviderName": "Corp", "ProviderType": "SAML"}
    assert "SAML" in refusal(world.idp.create_identity_provider, **saml)[1]


def test_a_user_by_an_administrator(world: World, pool: Pool) -> None:
    made = world.idp.admin_create_user(UserPoolId=pool.pool_id, Username="ada", MessageAction="SUPPRESS")["User"]
    assert made["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert made["Enabled"] is True
    exists = ("UsernameExistsException", "User account already exists")
    assert refusal(world.idp.admin_create_user, UserPoolId=pool.pool_id, Username="ada") == exists
    got = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="ada")
    assert got["UserAttributes"][0]["Name"] == "sub"
    by_sub = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username=got["UserAttributes"][0]["Value"])
    assert by_sub["Username"] == "ada"
    world.idp.admin_delete_user(UserPoolId=pool.pool_id, Username="ada")
    gone = ("UserNotFoundException", "User does not exist.")
    assert refusal(world.idp.admin_get_user, UserPoolId=pool.pool_id, Username="ada") == gone


def test_an_invitation_is_kept_where_only_the_owner_reads_it(world: World, pool: Pool) -> None:
    world.idp.admin_create_user(
        UserPoolId=pool.pool_id,
        Username="grace",
        UserAttributes=[{"Name": "email", "Value": "grace@example.com"}],
        DesiredDeliveryMediums=["EMAIL"],
    )
    file = world.data / "messages.jsonl"
    assert "Your username is grace and temporary password is " in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"email": "no address"}, "Invalid email address format."),
        ({"phone_number": "12345"}, "Invalid phone number format."),
        (
            {"custom:x": "1"},
            "Attributes did not conform to the schema: custom:x: Attribute does not exist in the schema.\n",
        ),
        (
            {"birthdate": "1815"},
            "Attributes did not conform to the schema: birthdate: String length must not be less than 10\n",
        ),
    ],
)
def test_attributes_that_do_not_fit_are_refused(
    world: World, pool: Pool, attributes: dict[str, str], message: str
) -> None:
    listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
    told = refusal(world.idp.admin_create_user, UserPoolId=pool.pool_id, Username="ada", UserAttributes=listed)
    assert told == ("InvalidParameterException", message)


def test_required_and_custom_attributes_count(world: World) -> None:
    schema = [
        {"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True},
        {"Name": "level", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MaxValue": "9"}},
    ]
    pool = world.pool(Schema=schema)
    make = world.idp.admin_create_user
    message = "Attributes did not conform to the schema: name: The attribute is required\n"
    assert refusal(make, UserPoolId=pool.pool_id, Username="ada")[1] == message
    pool.user(name="Ada", **{"custom:level": "7"})
    claims = pool.tokens(pool.client())["IdToken"]
    import jwt

    assert jwt.decode(claims, options={"verify_signature": False})["custom:level"] == "7"


def test_an_e_mail_pool_names_its_users_by_sub_and_finds_them_by_address(world: World) -> None:
    pool = world.pool(UsernameAttributes=["email"], UsernameConfiguration={"CaseSensitive": False})
    pool.user("Ada@Example.com", email="Ada@Example.com")
    got = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="ada@example.com")
    attributes = {a["Name"]: a["Value"] for a in got["UserAttributes"]}
    assert got["Username"] == attributes["sub"]
    message = refusal(world.idp.admin_create_user, UserPoolId=pool.pool_id, Username="ada")
    assert message == ("InvalidParameterException", "Username should be an email.")


def test_listing_users_pages_through_all_of_them(world: World, pool: Pool) -> None:
    for number in range(5):
        pool.user(f"user{number}", password=None)
    paginator = world.idp.get_paginator("list_users").paginate(
        UserPoolId=pool.pool_id, PaginationConfig={"PageSize": 2}
    )
    assert [user["Username"] for page in paginator for user in page["Users"]] == [f"user{n}" for n in range(5)]
    told = refusal(world.idp.list_users, UserPoolId=pool.pool_id, Filter='username = "ada"')
    assert "Filter" in told[1]


def test_groups_and_their_roles_are_in_the_tokens(world: World, pool: Pool) -> None:
    import jwt

    pool.user()
    for name, precedence in (("editors", 5), ("admins", 1)):
        world.idp.create_group(
            UserPoolId=pool.pool_id,
            GroupName=name,
            Precedence=precedence,
            RoleArn=f"arn:aws:iam::123456789012:role/{name}",
        )
        world.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, Username="ada", GroupName=name)
    tokens = pool.tokens(pool.client())
    identity, access = (
        jwt.decode(tokens[name], options={"verify_signature": False}) for name in ("IdToken", "AccessToken")
    )
    assert identity["cognito:groups"] == access["cognito:groups"] == ["admins", "editors"]
    assert identity["cognito:preferred_role"] == "arn:aws:iam::123456789012:role/admins"
    assert "cognito:roles" not in access
    world.idp.admin_remove_user_from_group(UserPoolId=pool.pool_id, Username="ada", GroupName="admins")
    groups = world.idp.admin_list_groups_for_user(UserPoolId=pool.pool_id, Username="ada")["Groups"]
    assert [group["GroupName"] for group in groups] == ["editors"]
    exists = ("GroupExistsException", "A group with the name editors already exists.")
    assert refusal(world.idp.create_group, UserPoolId=pool.pool_id, GroupName="editors") == exists
    told = refusal(world.idp.get_group, UserPoolId=pool.pool_id, GroupName="nobody")
    assert told == ("ResourceNotFoundException", "Group not found.")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Short-1", "Password not long enough"),
        ("lovelace-1815", "Password must have uppercase characters"),
        ("LOVELACE-1815", "Password must have lowercase characters"),
        ("Lovelace-Ada", "Password must have numeric characters"),
        ("Lovelace1815", "Password must have symbol characters"),
    ],
)
def test_the_password_policy_speaks_aws_s_sentences(world: World, pool: Pool, password: str, reason: str) -> None:
    pool.user()
    given = {"UserPoolId": pool.pool_id, "Username": "ada", "Password": password}
    told = refusal(world.idp.admin_set_user_password, **given)
    assert told == ("InvalidPasswordException", f"Password does not conform to policy: {reason}")


def test_updated_attributes_are_seen_at_once(world: World, pool: Pool) -> None:
    pool.user()
    world.idp.admin_update_user_attributes(
        UserPoolId=pool.pool_id, Username="ada", UserAttributes=[{"Name": "name", "Value": "Ada"}]
    )
    token = pool.tokens(pool.client(), password=PASSWORD)["AccessToken"]
    attributes = {a["Name"]: a["Value"] for a in world.idp.get_user(AccessToken=token)["UserAttributes"]}
    assert attributes["name"] == "Ada"
    assert attributes["email_verified"] == "true"


def test_resource_servers_give_clients_their_scopes(world: World, pool: Pool) -> None:
    scopes = [{"ScopeName": "read", "ScopeDescription": "look"}]
    given = {"UserPoolId": pool.pool_id, "Identifier": "engine", "Name": "Engine", "Scopes": scopes}
    world.idp.create_resource_server(**given)
    assert refusal(world.idp.create_resource_server, **given)[0] == "InvalidParameterException"
    named = {"UserPoolId": pool.pool_id, "Identifier": "engine"}
    assert world.idp.describe_resource_server(**named)["ResourceServer"]["Scopes"] == scopes
    assert pool.client(AllowedOAuthScopes=["openid", "engine/read"])["AllowedOAuthScopes"] == ["openid", "engine/read"]
