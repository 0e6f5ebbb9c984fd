"""Identity pools and their roles. Source: facts/identity.md §1, §3."""

from __future__ import annotations

import re
from typing import Any

import pytest

from asking import broken, invalid, missing, not_authorized, not_honoured, refusal, unchecked
from world import World

NOWHERE = "us-east-1:00000000-0000-0000-0000-000000000000"
GONE = missing(f"IdentityPool '{NOWHERE}' not found.")
PLAIN = {"IdentityPoolName": "people", "AllowUnauthenticatedIdentities": False}


@pytest.fixture
def api(world: World) -> Any:
    return world.boto3("cognito-identity")


def settings_of(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in ("ResponseMetadata", "IdentityPoolId")}


def test_a_pool_is_described_as_it_was_created(api: Any) -> None:
    provider = {"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_x", "ClientId": "c"}
    given = {
        **PLAIN,
        "AllowClassicFlow": True,
        "CognitoIdentityProviders": [{**provider, "ServerSideTokenCheck": True}],
        "IdentityPoolTags": {"team": "engine"},
    }
    made = api.create_identity_pool(**given)
    assert re.fullmatch(r"us-east-1:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["IdentityPoolId"])
    assert settings_of(made) == given
    assert settings_of(api.describe_identity_pool(IdentityPoolId=made["IdentityPoolId"])) == given


def test_an_update_replaces_everything_but_id_roles_and_the_tags_it_leaves_out(api: Any) -> None:
    pool_id = api.create_identity_pool(**PLAIN, AllowClassicFlow=True, IdentityPoolTags={"a": "b"})["IdentityPoolId"]
    roles = {"authenticated": "arn:aws:iam::123456789012:role/r"}
    api.set_identity_pool_roles(IdentityPoolId=pool_id, Roles=roles)
    changed = {"IdentityPoolName": "guests", "AllowUnauthenticatedIdentities": True}
    api.update_identity_pool(IdentityPoolId=pool_id, **changed)
    shown = settings_of(api.describe_identity_pool(IdentityPoolId=pool_id))
    assert shown == {**changed, "AllowClassicFlow": False, "IdentityPoolTags": {"a": "b"}}
    api.update_identity_pool(IdentityPoolId=pool_id, **changed, IdentityPoolTags={"c": "d"})
    assert api.describe_identity_pool(IdentityPoolId=pool_id)["IdentityPoolTags"] == {"c": "d"}
    assert api.get_identity_pool_roles(IdentityPoolId=pool_id)["Roles"] == roles


def test_pools_are_listed_by_pages_and_deleted(api: Any) -> None:
    made = {api.create_identity_pool(**PLAIN)["IdentityPoolId"] for _ in range(3)}
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = api.list_identity_pools(MaxResults=2, **token)
        seen += [pool["IdentityPoolId"] for pool in answer["IdentityPools"]]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert made <= set(seen)
    assert len(seen) == len(set(seen))
    for pool_id in made:
        api.delete_identity_pool(IdentityPoolId=pool_id)
        gone = missing(f"IdentityPool '{pool_id}' not found.")
        assert refusal(api.describe_identity_pool, IdentityPoolId=pool_id) == gone


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("describe_identity_pool", {}),
        ("delete_identity_pool", {}),
        ("update_identity_pool", PLAIN),
        ("get_identity_pool_roles", {}),
        ("set_identity_pool_roles", {"Roles": {}}),
        ("get_id", {}),
    ],
)
def test_an_unknown_pool_is_not_found(api: Any, operation: str, given: dict[str, Any]) -> None:
    assert refusal(getattr(api, operation), IdentityPoolId=NOWHERE, **given) == GONE


@pytest.mark.parametrize(
    "arn",
    [
        "SomeRoleNameThatIsNoArn",
        "arn:aws:iam::180971085012ole/quickstart-role",
        "arn:aws:iam::999999999999:role/of-another-account",
        "arn:aws:iam::123456789012:user/ada",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::123456789012:role/a b",
        "arn:aws:iam:us-east-1:123456789012:role/r",
        "arn:aws:sts::123456789012:assumed-role/r/s",
    ],
)
def test_what_is_no_role_of_this_account_is_forbidden(api: Any, arn: str) -> None:
    """Source: aws/aws-sdk-js#908, boto/boto3#73, aws-cognito-angular-quickstart#35, danilop/LambdAuth#40."""
    pool_id = api.create_identity_pool(**PLAIN)["IdentityPoolId"]
    for kind in ("authenticated", "unauthenticated"):
        refused = refusal(api.set_identity_pool_roles, IdentityPoolId=pool_id, Roles={kind: arn})
        assert refused == not_authorized(f"Access to Role '{arn}' is forbidden.")
    assert api.get_identity_pool_roles(IdentityPoolId=pool_id)["Roles"] == {}


def test_roles_are_authenticated_or_unauthenticated_and_may_have_paths(api: Any) -> None:
    pool_id = api.create_identity_pool(**PLAIN)["IdentityPoolId"]
    strange = {"administrator": "arn:aws:iam::123456789012:role/r"}
    assert refusal(api.set_identity_pool_roles, IdentityPoolId=pool_id, Roles=strange)[0] == "ValidationException"
    roles = {"authenticated": "arn:aws:iam::123456789012:role/service-role/a/r"}
    api.set_identity_pool_roles(IdentityPoolId=pool_id, Roles=roles)
    assert api.get_identity_pool_roles(IdentityPoolId=pool_id)["Roles"] == roles


@pytest.mark.parametrize(
    "provider",
    [
        {"ProviderName": "x", "ClientId": "c"},
        {"ProviderName": "us-east-1_AbCdEf123", "ClientId": "c"},
        {"ProviderName": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123", "ClientId": "c"},
        {"ProviderName": "cognito-idp.eu-west-1.amazonaws.com/us-east-1_AbCdEf123", "ClientId": "c"},
        {"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123:c", "ClientId": "c"},
        {"ProviderName": "cognito-idp.us-east-1.amazonaws.com/", "ClientId": "c"},
        {"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123/", "ClientId": "c"},
        {"ProviderName": "accounts.google.com", "ClientId": "c"},
        {"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123"},
        {"ClientId": "c"},
    ],
)
def test_a_provider_that_names_no_user_pool_is_none(api: Any, provider: dict[str, str]) -> None:
    """Source: aws/aws-cdk#11054; amazon-quicksight-embedding-sample#1; github.com/badmintoncryer/cdk-preflight."""
    refused = refusal(api.create_identity_pool, **PLAIN, CognitoIdentityProviders=[provider])
    assert refused == invalid("Invalid Cognito Identity Provider")


def test_a_pool_s_id_can_be_pinned_once(api: Any) -> None:
    pinned = "us-east-1:4a1fda70-0000-4242-8080-c0ffee000009"
    given = {**PLAIN, "IdentityPoolTags": {"_custom_id_": pinned}}
    assert api.create_identity_pool(**given)["IdentityPoolId"] == pinned
    assert refusal(api.create_identity_pool, **given)[0] == "ResourceConflictException"
    for wrong in ("nonsense", f"{pinned}\n", "us-east-1:UPPER"):
        given["IdentityPoolTags"] = {"_custom_id_": wrong}
        assert "is not an identity pool id" in refusal(api.create_identity_pool, **given)[1]


def test_every_kind_of_provider_is_described_as_it_was_given(api: Any) -> None:
    given = {
        **PLAIN,
        "AllowClassicFlow": False,
        "SupportedLoginProviders": {"accounts.google.com": "id", "graph.facebook.com": "7346241598935552"},
        "DeveloperProviderName": "login.example.com",
        "OpenIdConnectProviderARNs": ["arn:aws:iam::999999999999:oidc-provider/idp.example.com/a"],
        "SamlProviderARNs": ["arn:aws:iam::123456789012:saml-provider/x"],
    }
    made = api.create_identity_pool(**given)
    assert settings_of(made) == given
    pool_id = made["IdentityPoolId"]
    api.update_identity_pool(IdentityPoolId=pool_id, **PLAIN)
    shown = settings_of(api.describe_identity_pool(IdentityPoolId=pool_id))
    kept = {"DeveloperProviderName": "login.example.com"}
    assert shown == {**PLAIN, "AllowClassicFlow": False, **kept}, "measured: hashicorp/terraform-provider-aws#49985"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"SamlProviderARNs": ["arn:aws:iam::999999999999:saml-provider/x"]},
            "Identity provider arn:aws:iam::999999999999:saml-provider/x is not valid for account 123456789012",
        ),
        (
            {"OpenIdConnectProviderARNs": ["arn:aws:iam::123456789012:saml-provider/x"]},
            "arn:aws:iam::123456789012:saml-provider/x is not the ARN of an OpenID Connect provider.",
        ),
        (
            {"SupportedLoginProviders": {"example.com": "id"}},
            "example.com is not a login provider: it is one of accounts.google.com, appleid.apple.com, "
            "graph.facebook.com, www.amazon.com.",
        ),
    ],
)
def test_what_is_no_provider_is_refused(api: Any, given: dict[str, Any], sentence: str) -> None:
    assert refusal(api.create_identity_pool, **PLAIN, **given) == invalid(sentence)


def test_a_developer_provider_s_name_is_for_good(api: Any) -> None:
    pool_id = api.create_identity_pool(**PLAIN)["IdentityPoolId"]
    given = {"IdentityPoolId": pool_id, **PLAIN}
    assert api.update_identity_pool(**given, DeveloperProviderName="a.b")["DeveloperProviderName"] == "a.b"
    assert api.update_identity_pool(**given, DeveloperProviderName="a.b")["DeveloperProviderName"] == "a.b"
    refused = refusal(api.update_identity_pool, **given, DeveloperProviderName="c.d")
    assert refused == invalid("The developer provider name of an identity pool cannot be changed.")


def test_what_is_not_honoured_is_refused_by_name(api: Any) -> None:
    given = {"SupportedLoginProviders": {"api.twitter.com": "key;secret"}}
    where = "CreateIdentityPool and UpdateIdentityPool"
    refused = refusal(api.create_identity_pool, **PLAIN, **given)
    assert refused == not_honoured("SupportedLoginProviders.api.twitter.com", where)


def test_empty_members_ask_for_nothing(api: Any) -> None:
    """Terraform's update and destroy send them (facts/news.md, Who calls what)."""
    empty = {"SupportedLoginProviders": {}, "OpenIdConnectProviderARNs": [], "SamlProviderARNs": []}
    pool_id = api.create_identity_pool(**PLAIN, **empty)["IdentityPoolId"]
    assert api.update_identity_pool(IdentityPoolId=pool_id, **PLAIN, **empty)["IdentityPoolName"] == "people"
    api.set_identity_pool_roles(IdentityPoolId=pool_id, Roles={}, RoleMappings={})


def test_a_malformed_id_is_told_in_aws_s_words(world: World) -> None:
    describe = unchecked(world, "cognito-identity").describe_identity_pool
    assert refusal(describe, IdentityPoolId="x") == broken(
        "1 validation error detected: Value 'x' at 'identityPoolId' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w-]+:[0-9a-f-]+"
    )


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("create_identity_pool", {"IdentityPoolName": "people!", "AllowUnauthenticatedIdentities": True}),
        ("create_identity_pool", {"IdentityPoolName": "people"}),
        ("list_identity_pools", {"MaxResults": 61}),
        ("get_id", {}),
        ("get_id", {"IdentityPoolId": "us-east-1:"}),
        ("get_credentials_for_identity", {"IdentityId": "x"}),
        ("get_open_id_token", {"IdentityId": "x" * 56}),
        ("describe_identity", {"IdentityId": ""}),
        ("set_identity_pool_roles", {"IdentityPoolId": NOWHERE, "Roles": {"authenticated": "short"}}),
    ],
)
def test_a_broken_constraint_is_a_validation_exception(world: World, operation: str, given: dict[str, Any]) -> None:
    """Seen at AWS in operations of identity pools; user pools say InvalidParameterException (facts/news.md)."""
    code, sentence = refusal(getattr(unchecked(world, "cognito-identity"), operation), **given)
    assert (code, "failed to satisfy constraint" in sentence) == ("ValidationException", True)


def test_a_provider_needs_a_name_and_a_client(api: Any) -> None:
    given = {**PLAIN, "CognitoIdentityProviders": [{"ProviderName": "p"}]}
    assert refusal(api.create_identity_pool, **given)[0] == "InvalidParameterException"
