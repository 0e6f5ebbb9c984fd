"""The seed file: applied again without harm, and refused where nobody would act upon it."""

from __future__ import annotations

import copy
import json
import shutil
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from asking import refusal
from federated import allow
from halfday.server import demo, seed_file
from halfday.server.seed_file import SeedRefused
from halfday.server.settings import load
from world import PASSWORD, Browser, Pool, World
from world import running as running_anywhere

POOL = "eu-west-1_Seeded01"
IDENTITY_POOL = "eu-west-1:4a1fda70-0000-4242-8080-c0ffee000002"
CLIENT = {"ClientId": "seededclient"}
running = partial(running_anywhere, region="eu-west-1")
CHANGED = "Ch4nged-by-ada"
_ANYBODY = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}

DOCUMENT: dict[str, Any] = {
    "user_pool": [
        {
            "id": POOL,
            "name": "seeded",
            "domain": "seeded",
            "issuer": "aws",
            "password": {"minimum_length": 10},
            "attributes": {"rank": {"AttributeDataType": "Number"}},
            "resource_server": [{"identifier": "engine", "scopes": {"turn": "turn the handle"}}],
            "client": [
                {
                    "id": "seededclient",
                    "name": "web",
                    "callback_urls": ["http://localhost:8080"],
                    "flows": ["code"],
                    "scopes": ["openid", "email", "engine/turn"],
                    "auth_flows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
                    "access_token_minutes": 10,
                },
            ],
            "group": [{"name": "analysts", "description": "d", "precedence": 2, "role": "seeded-role"}],
            "user": [
                {
                    "username": "ada",
                    "password": PASSWORD,
                    "attributes": {"email": "ada@example.com", "email_verified": "true", "custom:rank": "7"},
                    "groups": ["analysts"],
                },
                {"username": "new", "temporary_password": "Temporary-1", "attributes": {"email": "new@example.com"}},
            ],
        }
    ],
    "identity_pool": [{"id": IDENTITY_POOL, "clients": ["seededclient"], "authenticated_role": "seeded-role"}],
    "role": [
        {
            "name": "seeded-role",
            "identity_pool": IDENTITY_POOL,
            "policies": {"list": allow("cognito-idp:ListUserPools"), "describe": allow("cognito-idp:DescribeUserPool")},
        }
    ],
    "gateway": [{"path": "/api", "pool": POOL, "backend": "http://127.0.0.1:1"}],
}


def document(**pool: Any) -> dict[str, Any]:
    """The seed file with changes to its user pool."""
    changed = copy.deepcopy(DOCUMENT)
    changed["user_pool"][0].update(pool)
    return changed


def group_of(world: World) -> dict[str, Any]:
    shown: dict[str, Any] = world.idp.get_group(UserPoolId=POOL, GroupName="analysts")["Group"]
    return shown


def sentence(tmp_path: Path, declared: dict[str, Any]) -> str:
    with pytest.raises(SeedRefused) as caught, running(tmp_path, declared):
        pass
    return str(caught.value)


def test_what_is_declared_is_there_under_its_own_ids(tmp_path: Path) -> None:
    with running(tmp_path, DOCUMENT) as world:
        pool = world.idp.describe_user_pool(UserPoolId=POOL)["UserPool"]
        assert (pool["Name"], pool["Domain"]) == ("seeded", "seeded")
        assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 10
        client = world.idp.describe_user_pool_client(UserPoolId=POOL, **CLIENT)["UserPoolClient"]
        assert client["AllowedOAuthScopes"] == ["openid", "email", "engine/turn"]
        assert client["PreventUserExistenceErrors"] == "ENABLED"
        tokens = Pool(world, POOL).tokens(CLIENT)
        assert tokens["ExpiresIn"] == 600
        assert world.idp.admin_get_user(UserPoolId=POOL, Username="new")["UserStatus"] == "FORCE_CHANGE_PASSWORD"
        api = world.boto3("cognito-identity")
        logins = {f"cognito-idp.eu-west-1.amazonaws.com/{POOL}": tokens["IdToken"]}
        identity = api.get_id(IdentityPoolId=IDENTITY_POOL, Logins=logins)["IdentityId"]
        issued = api.get_credentials_for_identity(IdentityId=identity, Logins=logins)["Credentials"]
        assert issued["AccessKeyId"]
        assert group_of(world)["RoleArn"] == "arn:aws:iam::123456789012:role/seeded-role"
        assert requests.get(f"{world.origin}/api", timeout=10).status_code == 401


def test_applied_again_people_stay_as_they_have_become(tmp_path: Path) -> None:
    with running(tmp_path, DOCUMENT) as world:
        given = {"UserPoolId": POOL, "Username": "ada"}
        world.idp.admin_set_user_password(**given, Password=CHANGED, Permanent=True)
        renamed = [{"Name": "name", "Value": "Countess"}]
        world.idp.admin_update_user_attributes(**given, UserAttributes=renamed)
        grown = [{"Name": "team", "AttributeDataType": "String"}]
        world.idp.add_custom_attributes(UserPoolId=POOL, CustomAttributes=grown)
        mfa = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
        world.idp.set_user_pool_mfa_config(UserPoolId=POOL, **mfa)
        refresh_token = Pool(world, POOL).tokens(CLIENT, password=CHANGED)["RefreshToken"]
        port = int(world.origin.rpartition(":")[2])
    for _ in range(2):
        with running(tmp_path, DOCUMENT, port=port) as world:
            pool = Pool(world, POOL)
            assert pool.tokens(CLIENT, password=CHANGED)["IdToken"]
            assert refusal(pool.tokens, client=CLIENT, password=PASSWORD)[0] == "NotAuthorizedException"
            shown = world.idp.admin_get_user(**given)["UserAttributes"]
            assert {"Name": "name", "Value": "Countess"} in shown
            described = world.idp.describe_user_pool(UserPoolId=POOL)["UserPool"]
            assert [each["Name"] for each in described["SchemaAttributes"]][-2:] == ["custom:rank", "custom:team"]
            assert described["MfaConfiguration"] == "OPTIONAL", "the file has no words for it"
            parameters = {"REFRESH_TOKEN": refresh_token}
            assert world.idp.initiate_auth(**CLIENT, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters)


def test_applied_again_settings_follow_the_file(tmp_path: Path) -> None:
    with running(tmp_path, DOCUMENT) as world:
        assert group_of(world)["Precedence"] == 2
    changed = document(name="renamed", domain="moved", issuer="local", group=[{"name": "analysts", "precedence": 1}])
    changed["user_pool"][0]["client"][0] |= {"callback_urls": ["http://localhost:9000"], "secret": "s" * 30}
    changed["user_pool"][0]["resource_server"][0]["scopes"] = {"turn": "turn it", "stop": "stop it"}
    changed["role"][0] |= {"policies": {"list": allow("cognito-idp:List*")}, "max_session_s": 7200}
    with running(tmp_path, changed) as world:
        pool = world.idp.describe_user_pool(UserPoolId=POOL)["UserPool"]
        assert (pool["Name"], pool["Domain"]) == ("renamed", "moved")
        client = world.idp.describe_user_pool_client(UserPoolId=POOL, **CLIENT)["UserPoolClient"]
        assert (client["CallbackURLs"], client["ClientSecret"]) == (["http://localhost:9000"], "s" * 30)
        browser = Browser(world.origin)
        assert "redirect_mismatch" in browser.authorize(CLIENT).headers["Location"], "the old URI is good no more"
        assert browser.authorize(CLIENT, redirect_uri="http://localhost:9000").headers["Location"].startswith("/login")
        url = f"{world.origin}/{POOL}/.well-known/openid-configuration"
        assert requests.get(url, timeout=10).json()["issuer"] == f"{world.origin}/{POOL}"
        server = world.idp.describe_resource_server(UserPoolId=POOL, Identifier="engine")["ResourceServer"]
        assert [scope["ScopeName"] for scope in server["Scopes"]] == ["turn", "stop"]
        assert group_of(world)["Precedence"] == 1
        assert "RoleArn" not in group_of(world)
        iam = world.boto3("iam")
        policy = iam.get_role_policy(RoleName="seeded-role", PolicyName="list")
        assert policy["PolicyDocument"] == allow("cognito-idp:List*")
        gone = refusal(iam.get_role_policy, RoleName="seeded-role", PolicyName="describe")
        assert gone[0] == "NoSuchEntity", "what a policy allowed ends with its line in the file"
        assert iam.get_role(RoleName="seeded-role")["Role"]["MaxSessionDuration"] == 7200


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"user_pools": []}, "the file has no user_pools; it has server, user_pool,"),
        ({"user_pool": [{"id": POOL, "colour": "red"}]}, "[[user_pool]] number 1 has no colour; it has id, name,"),
        (
            {"user_pool": [{"id": POOL, "client": [{"id": "a"}, {"id": "b", "callback_url": "x"}]}]},
            "[[user_pool.client]] number 2 has no callback_url;",
        ),
        ({"user_pool": [{"id": POOL, "password": {"length": 9}}]}, "[user_pool.password] has no length;"),
        ({"user_pool": {"id": POOL}}, "user_pool must be written as [[user_pool]]"),
        (
            {"user_pool": [{"id": POOL, "client": {"id": "a"}}]},
            "user_pool.client must be written as [[user_pool.client]]",
        ),
        ({"user_pool": [{"id": POOL, "password": [{}]}]}, "user_pool.password must be written as [user_pool.password]"),
        ({"role": ["admin"]}, "[[role]] number 1 must be a table"),
    ],
)
def test_what_nobody_would_act_upon_is_refused_with_its_place(declared: dict[str, Any], told: str) -> None:
    with pytest.raises(SeedRefused) as caught:
        seed_file.check(declared)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    ("pool", "told"),
    [
        ({"id": ""}, "[[user_pool]]: id is missing"),
        ({"id": "nonsense"}, "is not a user pool id"),
        ({"issuer": "mars"}, "_issuer_ must be local or aws, not 'mars'."),
        ({"password": {"minimum_length": "ten"}}, "[user_pool.password]: minimum_length must be a whole number"),
        ({"password": {"minimum_length": 3}}, "Member must have value greater than or equal to 6"),
        (
            {"client": [{"id": "c", "callback_urls": "http://localhost"}]},
            "[[user_pool.client]] number 1: callback_urls must be a list of texts",
        ),
        ({"client": [{"id": "c", "callback_urls": ["http://evil.example"]}]}, "cannot use the HTTP protocol."),
        ({"client": [{"id": "c", "providers": ["Google"]}]}, "The provider Google does not exist"),
        ({"user": [{"username": "eve", "password": "short"}]}, "AdminSetUserPassword eve: "),
        ({"user": [{"username": "eve", "groups": ["none"]}]}, "[[user_pool.user]] eve: there is no group 'none'"),
        ({"user": [{"username": "eve", "attributes": {"sub": "mine"}}]}, "user.sub: Attribute cannot be updated."),
    ],
)
def test_what_cannot_be_stops_the_start_in_aws_s_words(tmp_path: Path, pool: dict[str, Any], told: str) -> None:
    assert told in sentence(tmp_path, document(**pool))


@pytest.mark.parametrize(
    "pool", [{"issuer": "mars"}, {"sign_in_with": ["email"], "aliases": ["email"]}, {"tags": {"_issuer_": "mars"}}]
)
def test_what_cannot_be_is_refused_the_second_time_too(tmp_path: Path, pool: dict[str, Any]) -> None:
    with running(tmp_path, DOCUMENT):
        pass
    without = document(**pool)
    if "tags" in pool:
        del without["user_pool"][0]["issuer"]
    assert sentence(tmp_path, without).startswith(f"[[user_pool]] {POOL}: ")


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"identity_pool": [{"id": IDENTITY_POOL, "clients": ["nobody"]}]}, "there is no app client nobody"),
        ({"gateway": [{"path": "/x", "pool": "us-east-1_None", "backend": "http://b"}]}, "there is no user pool"),
        ({"gateway": [{"path": "/x", "pool": POOL, "backend": "localhost:8001"}]}, "/x: backend must be a URL"),
        ({"gateway": [{"path": "/x", "pool": POOL, "backend": "Echo"}]}, "/x: backend must be a URL"),
        ({"bucket": [{}]}, "[[bucket]]: name is missing"),
        ({"bucket": [{"name": "No Bucket"}]}, "[[bucket]] 'No Bucket': a bucket's name is"),
        ({"bucket": [{"name": "a..b"}]}, "[[bucket]] 'a..b': a bucket's name is"),
        ({"role": [{"name": "r"}]}, "[[role]] r without trust: identity_pool is missing"),
        ({"role": [{"name": "r", "trust": "{"}]}, "a policy is neither a table nor JSON"),
        ({"role": [{"name": "r", "identity_pool": "eu-west-1:none"}]}, "r: there is no identity pool 'eu-west-1:none'"),
        ({"identity_pool": [{"id": IDENTITY_POOL, "authenticated_role": "nope"}]}, "there is no role 'nope'"),
        ({"identity_pool": [{"id": IDENTITY_POOL, "unauthenticated_role": "nope"}]}, "there is no role 'nope'"),
    ],
)
def test_what_names_nothing_stops_the_start(tmp_path: Path, declared: dict[str, Any], told: str) -> None:
    assert told in sentence(tmp_path, declared)


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder on which DOCUMENT has been applied."""
    data = tmp_path_factory.mktemp("applied") / "data"
    with running(data, DOCUMENT):
        pass
    return data


def _misspelt(where: str, key: str, value: Any) -> dict[str, Any]:
    """DOCUMENT with another value at the first table of a kind."""
    changed = copy.deepcopy(DOCUMENT)
    table: Any = changed
    for name in where.split("."):
        table = table.setdefault(name, [{}])[0]
    table[key] = value
    return changed


@pytest.mark.parametrize(
    ("where", "key", "value", "told"),
    [
        (
            "identity_pool",
            "authenticated_role",
            "nope",
            f"{IDENTITY_POOL}: authenticated_role: there is no role 'nope'",
        ),
        ("identity_pool", "unauthenticated_role", "nope", "unauthenticated_role: there is no role 'nope'"),
        ("identity_pool", "clients", ["nobody"], "there is no app client nobody"),
        ("role", "identity_pool", "eu-west-1:none", "there is no identity pool 'eu-west-1:none'"),
        ("user_pool.group", "role", "nope", "[[user_pool.group]] analysts: role: there is no role 'nope'"),
        ("user_pool.user", "groups", ["analyst"], "[[user_pool.user]] ada: there is no group 'analyst'"),
        ("user_pool.client", "providers", ["COGNITO", "Gogle"], "The provider Gogle does not exist"),
        ("user_pool.client", "scopes", ["opnid"], "opnid"),
        ("user_pool.client", "scopes", ["openid", "engine/trun"], "engine/trun"),
        ("user_pool.provider", "stand_in", True, "the file has no [[stand_in]] of this type"),
        ("gateway", "pool", "eu-west-1_None", "there is no user pool eu-west-1_None"),
        ("gateway", "scopes", ["engine/trun"], f"no resource server of {POOL} has the scope 'engine/trun'"),
    ],
)
def test_a_name_that_names_nothing_stops_the_start_on_an_old_data_folder_too(
    tmp_path: Path, applied: Path, where: str, key: str, value: Any, told: str
) -> None:
    data = shutil.copytree(applied, tmp_path / "data")
    for folder in (tmp_path / "new", data):
        assert told in sentence(folder, _misspelt(where, key, value))


def test_what_was_made_through_the_api_may_be_named(tmp_path: Path) -> None:
    with running(tmp_path, DOCUMENT) as world:
        trust = json.dumps(allow("sts:AssumeRole") | {"Statement": [_ANYBODY]})
        world.boto3("iam").create_role(RoleName="by-hand", AssumeRolePolicyDocument=trust)
        world.idp.create_group(UserPoolId=POOL, GroupName="by-hand")
        port = int(world.origin.rpartition(":")[2])
    named = _misspelt("user_pool.group", "role", "by-hand")
    named["user_pool"][0]["user"][0]["groups"] = ["analysts", "by-hand"]
    with running(tmp_path, named, port=port) as world:
        assert group_of(world)["RoleArn"].endswith(":role/by-hand")


@pytest.mark.parametrize("pool_id", ["eu-west-1_Renamed01", "us-east-1_Seeded01"])
def test_a_pool_of_another_id_on_old_data_is_told_that_the_folder_holds_the_old_one(
    tmp_path: Path, applied: Path, pool_id: str
) -> None:
    data = shutil.copytree(applied, tmp_path / "data")
    renamed = _misspelt("user_pool", "id", pool_id)
    renamed["gateway"][0]["pool"] = pool_id
    for changed in (renamed, {"user_pool": [{"id": pool_id, "client": [{"id": "seededclient"}]}]}):
        with pytest.raises(SeedRefused) as caught, running(data, changed):
            pass
        assert f"belongs to the user pool {POOL}, which the data folder {data} holds" in str(caught.value)
        assert "another --data folder" in caught.value.hint
    with running(data, DOCUMENT) as world:
        pools = world.idp.list_user_pools(MaxResults=9)["UserPools"]
        assert [pool["Id"] for pool in pools] == [POOL], "nothing was made of the new one"


def test_a_role_of_an_unknown_kind_stops_the_start(tmp_path: Path) -> None:
    told = "[[role]] seeded-role: kind must be authenticated or unauthenticated, not 'autenticated'"
    assert told in sentence(tmp_path, _misspelt("role", "kind", "autenticated"))


def test_a_declared_bucket_is_there_at_each_start_and_keeps_what_is_in_it(tmp_path: Path) -> None:
    """moto's buckets are the process's, so that here they outlive the server."""
    declared = {"bucket": [{"name": "declared-bucket"}]}
    for already in (0, 1):
        with running_anywhere(tmp_path, declared) as world:
            s3 = world.boto3("s3")
            assert "declared-bucket" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
            assert s3.list_objects_v2(Bucket="declared-bucket")["KeyCount"] == already
            s3.put_object(Bucket="declared-bucket", Key="kept", Body=b"x")


def test_a_declared_bucket_without_an_s3_is_a_line_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    declared = {"bucket": [{"name": "declared-bucket"}]}
    for upstream in ("none", "http://127.0.0.1:1"):
        with running_anywhere(tmp_path, declared, upstream=upstream):
            assert "bucket declared-bucket is not made" in caplog.text
        caplog.clear()


def test_a_policy_is_a_table_or_json(tmp_path: Path) -> None:
    anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": anybody}
    declared = {"role": [{"name": "r", "trust": json.dumps(trust), "policies": {"p": json.dumps(allow("s3:*"))}}]}
    with running(tmp_path, declared) as world:
        assert world.boto3("iam").get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"] == trust


def test_a_file_that_is_none_or_not_toml_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(SeedRefused, match=r"none\.toml cannot be read: No such file"):
        seed_file.read(tmp_path / "none.toml")
    path = tmp_path / "halfday.toml"
    path.write_text("[[user_pool]\n")
    with pytest.raises(SeedRefused, match=r"halfday\.toml is not TOML"):
        seed_file.read(path)


def test_the_template_that_init_writes_loads_and_starts_a_server(tmp_path: Path) -> None:
    path = tmp_path / "halfday.toml"
    path.write_text(demo.seed_text())
    declared = seed_file.read(path)
    load({}, {}, declared.get("server"))
    data = tmp_path / "data"
    for _ in range(2):
        with running_anywhere(data, declared) as world:
            pool = Pool(world, demo.POOL_ID)
            tokens = pool.tokens({"ClientId": demo.PUBLIC_CLIENT_ID}, demo.USERNAME, demo.PASSWORD)
            assert tokens["IdToken"]
            assert world.running.google, "and the stand-in Google beside it"


def test_the_template_with_its_commented_settings_taken_in_loads_too() -> None:
    lines = demo.seed_text().splitlines()
    start = lines.index("[server]")
    taken_in = [line.removeprefix("# ") for line in lines[start : lines.index("", start)]]
    settings = tomllib.loads("\n".join(taken_in))["server"]
    assert settings
    assert load({}, {}, settings)
