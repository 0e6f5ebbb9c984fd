"""[[identity_pool]] of a seed file: its providers, its role mappings and its tags; and again, when the file changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from federated import ACCOUNT
from halfday.server import seed_file
from halfday.server.seed_file import SeedRefused
from world import Pool, World, running

POOL, CLIENT = "us-east-1:4a1fda70-0000-4242-8080-c0ffee000015", {"ClientId": "seededclient"}
USER_POOL = "us-east-1_Seeded001"
PROVIDER = f"cognito-idp.us-east-1.amazonaws.com/{USER_POOL}"
RULES = [
    {"claim": "email", "match": "starts_with", "value": "ada", "role": "engineers"},
    {"claim": "cognito:username", "value": "eve", "role": "usual"},
]


def document(**of_pool: Any) -> dict[str, Any]:
    client = {"id": CLIENT["ClientId"], "auth_flows": ["ALLOW_USER_PASSWORD_AUTH"]}
    pool = {
        "id": POOL,
        "clients": [CLIENT["ClientId"]],
        "authenticated_role": "usual",
        "developer_provider": "login.example.com",
        "login_providers": {"accounts.google.com": "app"},
        "oidc": [{"issuer": "https://idp.example.com/a/", "client_ids": ["one", "two"]}],
        "saml": [{"stand_in": "Corp", "name": "Okta"}],
        "role_mapping": [{"client": CLIENT["ClientId"], "rules": RULES, "otherwise": "authenticated_role"}],
        "principal_tags": [{"client": CLIENT["ClientId"], "tags": {"who": "cognito:username"}}],
        **of_pool,
    }
    roles = [{"name": name, "identity_pool": POOL, "session_tags": True} for name in ("usual", "engineers")]
    stand_in = {"type": "SAML", "name": "Corp", "callback_urls": ["http://localhost:8080/saml"]}
    user_pool = {"id": USER_POOL, "client": [client]}
    return {"user_pool": [user_pool], "identity_pool": [pool], "role": roles, "stand_in": [stand_in]}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def world(data: Path) -> Iterator[World]:
    with running(data, document()) as up:
        yield up


def test_what_the_file_says_is_what_the_pool_is(world: World) -> None:
    api = world.boto3("cognito-identity")
    shown = api.describe_identity_pool(IdentityPoolId=POOL)
    assert shown["DeveloperProviderName"] == "login.example.com"
    assert shown["SupportedLoginProviders"] == {"accounts.google.com": "app"}
    assert shown["OpenIdConnectProviderARNs"] == [f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com/a"]
    assert shown["SamlProviderARNs"] == [f"arn:aws:iam::{ACCOUNT}:saml-provider/Okta"]
    mapping = api.get_identity_pool_roles(IdentityPoolId=POOL)["RoleMappings"][f"{PROVIDER}:{CLIENT['ClientId']}"]
    assert (mapping["Type"], mapping["AmbiguousRoleResolution"]) == ("Rules", "AuthenticatedRole")
    first = {"Claim": "email", "MatchType": "StartsWith", "Value": "ada"}
    assert mapping["RulesConfiguration"]["Rules"][0] == {**first, "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/engineers"}
    tags = api.get_principal_tag_attribute_map(IdentityPoolId=POOL, IdentityProviderName=PROVIDER)
    assert (tags["UseDefaults"], tags["PrincipalTags"]) == (False, {"who": "cognito:username"})


def test_people_get_the_role_of_the_rules(world: World) -> None:
    api, pool = world.boto3("cognito-identity"), Pool(world, USER_POOL)
    pool.user()
    logins = {PROVIDER: pool.tokens(CLIENT)["IdToken"]}
    identity_id = api.get_id(IdentityPoolId=POOL, Logins=logins)["IdentityId"]
    given = api.get_credentials_for_identity(IdentityId=identity_id, Logins=logins)["Credentials"]
    keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretKey"]}
    who = world.boto3("sts", **keys, aws_session_token=given["SessionToken"]).get_caller_identity()
    assert "/engineers/" in who["Arn"]


def test_the_file_is_followed_when_it_changes(tmp_path: Path) -> None:
    changes = {"role_mapping": [{"client": CLIENT["ClientId"], "type": "token"}], "oidc": [], "login_providers": {}}
    with running(tmp_path, document()):
        pass
    with running(tmp_path, document(**changes)) as again:
        api = again.boto3("cognito-identity")
        shown = api.describe_identity_pool(IdentityPoolId=POOL)
        assert "OpenIdConnectProviderARNs" not in shown
        mapping = api.get_identity_pool_roles(IdentityPoolId=POOL)["RoleMappings"][f"{PROVIDER}:{CLIENT['ClientId']}"]
        assert mapping == {"Type": "Token", "AmbiguousRoleResolution": "Deny"}


@pytest.mark.parametrize(
    ("of_pool", "told"),
    [
        ({"saml": [{"stand_in": "None"}]}, "the file has no [[stand_in]] None of type SAML"),
        ({"saml": [{"name": "x", "metadata": "/nowhere.xml"}]}, "metadata /nowhere.xml"),
        ({"oidc": [{"issuer": "https://idp.example.com"}]}, "client_ids say whom its tokens are for"),
        ({"role_mapping": [{"client": "x", "type": "token"}]}, "there is no app client x"),
        ({"role_mapping": [{"type": "token"}]}, "a table without client: provider is missing"),
        ({"role_mapping": [{"client": CLIENT["ClientId"], "type": "both"}]}, "type must be one of token, rules"),
        (
            {"role_mapping": [{"client": CLIENT["ClientId"], "rules": [{"claim": "a", "value": "b"}]}]},
            "role is missing",
        ),
        (
            {"role_mapping": [{"client": "x", "rules": [{"claim": "a", "value": "b", "role": "engineer"}]}]},
            "there is no role 'engineer'",
        ),
        ({"role_mapping": [{"provider": "x.example", "type": "token"}]}, "(x.example) is not a valid RoleMapping"),
        ({"login_providers": {"example.com": "x"}}, "example.com is not a login provider"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, of_pool: dict[str, Any], told: str) -> None:
    with pytest.raises(SeedRefused) as caught, running(tmp_path, document(**of_pool)):
        pass
    assert told in str(caught.value)


def test_roles_whose_sessions_may_not_be_tagged_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    given = document()
    given["role"][0]["session_tags"] = False
    with running(tmp_path, given):
        pass
    told = [line for line in caplog.messages if "session_tags" in line]
    assert told == [f"[[role]] usual: {POOL} has principal_tags, and the role lacks session_tags = true: it is refused"]


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(SeedRefused):
        seed_file.check(document(role_mapping=[{"client": "c", "rules": [{"klaim": "x"}]}]))
