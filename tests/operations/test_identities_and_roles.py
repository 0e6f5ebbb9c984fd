"""From an ID token to AWS credentials: identity pools, STS and IAM's roles, each refusal in AWS's words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from test_ladder import refusal

from world import Pool, World

NOT_SUPPORTED = "Token is not from a supported provider of this identity pool."


@dataclass
class Setting:
    """A user pool, an identity pool that takes its client, and a role for signed-in people."""

    world: World
    pool: Pool
    client: dict[str, Any]
    identity_pool_id: str
    role_arn: str

    @property
    def key(self) -> str:
        return f"cognito-idp.us-east-1.amazonaws.com/{self.pool.pool_id}"

    @property
    def identity(self) -> Any:
        return self.world.boto3("cognito-identity")

    def logins(self, token: str | None = None) -> dict[str, str]:
        return {self.key: token or self.pool.tokens(self.client)["IdToken"]}

    def identity_id(self, token: str | None = None) -> str:
        return str(self.identity.get_id(IdentityPoolId=self.identity_pool_id, Logins=self.logins(token))["IdentityId"])

    def credentials(self) -> dict[str, Any]:
        logins = self.logins()
        identity_id = self.identity_id(logins[self.key])
        found: dict[str, Any] = self.identity.get_credentials_for_identity(IdentityId=identity_id, Logins=logins)
        return found["Credentials"]  # type: ignore[no-any-return]


def trust(identity_pool_id: str, amr: str = "authenticated") -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool_id},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": amr},
        },
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make(world: World, *, trusted: str | None = None, **given: Any) -> Setting:
    number = next(world.counter)
    pool = world.pool(**given.pop("pool", {}))
    pool.user()
    client = pool.client()
    provider = {"ProviderName": f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}", "ClientId": client["ClientId"]}
    provider |= given.pop("provider", {})
    identity = world.boto3("cognito-identity")
    defaults = {"AllowUnauthenticatedIdentities": False, "AllowClassicFlow": True}
    made = identity.create_identity_pool(
        **{"IdentityPoolName": "people", "CognitoIdentityProviders": [provider], **defaults, **given}
    )
    identity_pool_id = made["IdentityPoolId"]
    document = trust(trusted or identity_pool_id)
    role = world.boto3("iam").create_role(RoleName=f"people-{number}", AssumeRolePolicyDocument=document)["Role"]
    roles = {"authenticated": role["Arn"], "unauthenticated": role["Arn"]}
    identity.set_identity_pool_roles(IdentityPoolId=identity_pool_id, Roles=roles)
    return Setting(world, pool, client, identity_pool_id, role["Arn"])


@pytest.fixture
def setting(world: World) -> Setting:
    return make(world)


@pytest.mark.parametrize("issuer", ["local", "aws"])
def test_an_id_token_becomes_credentials_under_either_issuer(world: World, issuer: str) -> None:
    setting = make(world, pool={"UserPoolTags": {"_issuer_": issuer}})
    found = setting.credentials()
    assert found["AccessKeyId"].startswith("ASIA")
    sts = world.boto3(
        "sts",
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretKey"],
        aws_session_token=found["SessionToken"],
    )
    arn = sts.get_caller_identity()["Arn"]
    name = setting.role_arn.rpartition("/")[2]
    assert arn == f"arn:aws:sts::123456789012:assumed-role/{name}/CognitoIdentityCredentials"


def test_a_person_keeps_one_identity_and_two_people_have_two(setting: Setting) -> None:
    first = setting.identity_id()
    assert setting.identity_id() == first
    setting.pool.user("grace")
    other = setting.pool.tokens(setting.client, "grace")["IdToken"]
    assert setting.identity_id(other) != first
    described = setting.identity.describe_identity(IdentityId=first)
    assert described["Logins"] == [setting.key]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda s, t: {s.key: t["AccessToken"]}, "Invalid login token. Missing a required claim: aud"),
        (lambda s, t: {s.key: "garbage"}, "Invalid login token. Not a valid OpenId Connect identity token."),
        (lambda s, t: {s.key: t["IdToken"][:-8] + "AAAAAAAA"}, "Invalid login token. Couldn't verify signed token."),
        (lambda s, t: {"cognito-idp.us-east-1.amazonaws.com/us-east-1_Nobody": t["IdToken"]}, NOT_SUPPORTED),
        (lambda s, t: {f"cognito-idp.eu-west-1.amazonaws.com/{s.pool.pool_id}": t["IdToken"]}, NOT_SUPPORTED),
        (lambda s, t: {}, "Unauthenticated access is not supported for this identity pool."),
    ],
)
def test_a_login_that_is_none_is_refused(setting: Setting, spoil: Any, message: str) -> None:
    logins = spoil(setting, setting.pool.tokens(setting.client))
    given = {"IdentityPoolId": setting.identity_pool_id, "Logins": logins}
    assert refusal(setting.identity.get_id, **given) == ("NotAuthorizedException", message)


def test_another_client_s_and_another_pool_s_token_are_refused(world: World, setting: Setting) -> None:
    other = setting.pool.tokens(setting.pool.client(ClientName="other"))["IdToken"]
    given = {"IdentityPoolId": setting.identity_pool_id, "Logins": setting.logins(other)}
    assert refusal(setting.identity.get_id, **given) == ("NotAuthorizedException", NOT_SUPPORTED)
    stranger = world.pool()
    stranger.user()
    given["Logins"] = setting.logins(stranger.tokens(stranger.client())["IdToken"])
    message = "Invalid login token. Issuer doesn't match providerName"
    assert refusal(setting.identity.get_id, **given) == ("NotAuthorizedException", message)


def test_an_expired_token_is_told_with_both_times(world: World, setting: Setting) -> None:
    logins = setting.logins()
    world.clock.advance(3600 + 301)
    code, message = refusal(setting.identity.get_id, IdentityPoolId=setting.identity_pool_id, Logins=logins)
    assert code == "NotAuthorizedException"
    assert message.startswith("Invalid login token. Token expired: ")
    now, exp = message.removeprefix("Invalid login token. Token expired: ").split(" >= ")
    assert int(now) >= int(exp)


def test_somebody_else_s_identity_is_not_to_be_had(setting: Setting) -> None:
    mine = setting.identity_id()
    setting.pool.user("grace")
    theirs = setting.logins(setting.pool.tokens(setting.client, "grace")["IdToken"])
    get = setting.identity.get_credentials_for_identity
    assert refusal(get, IdentityId=mine, Logins=theirs)[0] == "NotAuthorizedException"
    message = "Logins don't match. Please include at least one valid login for this identity or identity pool."
    assert refusal(get, IdentityId=mine) == ("NotAuthorizedException", message)
    missing = "us-east-1:00000000-0000-0000-0000-000000000000"
    gone = ("ResourceNotFoundException", f"Identity '{missing}' not found.")
    assert refusal(get, IdentityId=missing, Logins=theirs) == gone


def test_guests_are_new_each_time_and_become_somebody(world: World) -> None:
    setting = make(world, AllowUnauthenticatedIdentities=True)
    one, other = (setting.identity.get_id(IdentityPoolId=setting.identity_pool_id)["IdentityId"] for _ in range(2))
    assert one != other
    found = setting.identity.get_credentials_for_identity(IdentityId=one, Logins=setting.logins())
    assert found["IdentityId"] == one
    assert setting.identity_id() == one


def test_a_role_that_does_not_trust_is_a_wrong_configuration(world: World) -> None:
    message = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
    wrong = ("InvalidIdentityPoolConfigurationException", message)
    setting = make(world, trusted="us-east-1:some-other-pool")
    given = {"IdentityId": setting.identity_id(), "Logins": setting.logins()}
    assert refusal(setting.identity.get_credentials_for_identity, **given) == wrong
    nowhere = {"authenticated": "arn:aws:iam::123456789012:role/nobody"}
    setting.identity.set_identity_pool_roles(IdentityPoolId=setting.identity_pool_id, Roles=nowhere)
    assert refusal(setting.identity.get_credentials_for_identity, **given) == wrong


def test_a_signed_out_person_is_seen_with_server_side_token_check(world: World) -> None:
    setting = make(world, provider={"ServerSideTokenCheck": True})
    logins = setting.logins()
    assert setting.identity_id(logins[setting.key])
    world.idp.admin_user_global_sign_out(UserPoolId=setting.pool.pool_id, Username="ada")
    given = {"IdentityPoolId": setting.identity_pool_id, "Logins": logins}
    assert refusal(setting.identity.get_id, **given)[0] == "NotAuthorizedException"


def test_the_basic_flow_goes_by_sts(world: World, setting: Setting) -> None:
    logins = setting.logins()
    identity_id = setting.identity_id(logins[setting.key])
    token = setting.identity.get_open_id_token(IdentityId=identity_id, Logins=logins)["Token"]
    import boto3

    sts = boto3.client(
        "sts", endpoint_url=world.origin, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    given = {"RoleArn": setting.role_arn, "RoleSessionName": "mine", "WebIdentityToken": token}
    answer = sts.assume_role_with_web_identity(**given)
    assert answer["SubjectFromWebIdentityToken"] == identity_id
    assert answer["Audience"] == setting.identity_pool_id
    assert answer["Provider"] == "cognito-identity.amazonaws.com"
    assert answer["AssumedRoleUser"]["Arn"].endswith("/mine")
    sentence = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    garbage = {**given, "WebIdentityToken": "undefined"}
    assert refusal(sts.assume_role_with_web_identity, **garbage) == ("InvalidIdentityToken", sentence)
    too_long = {**given, "DurationSeconds": 7200}
    assert refusal(sts.assume_role_with_web_identity, **too_long)[0] == "ValidationError"
    nobody = {**given, "RoleArn": "arn:aws:iam::123456789012:role/nobody"}
    denied = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    assert refusal(sts.assume_role_with_web_identity, **nobody) == denied
    world.clock.advance(601)
    assert refusal(sts.assume_role_with_web_identity, **given)[0] == "ExpiredTokenException"


def test_without_the_classic_flow_there_is_no_openid_token(world: World) -> None:
    setting = make(world, AllowClassicFlow=False)
    given = {"IdentityId": setting.identity_id(), "Logins": setting.logins()}
    sentence = "Basic (classic) flow is not enabled, please use enhanced flow."
    assert refusal(setting.identity.get_open_id_token, **given) == ("InvalidParameterException", sentence)


def test_issued_credentials_may_do_what_the_role_may(world: World, setting: Setting) -> None:
    found = setting.credentials()
    keys = {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretKey"],
        "aws_session_token": found["SessionToken"],
    }
    idp = world.boto3("cognito-idp", **keys)
    code, message = refusal(idp.admin_get_user, UserPoolId=setting.pool.pool_id, Username="ada")
    assert code == "AccessDeniedException"
    assert "is not authorized to perform: cognito-idp:AdminGetUser on resource: arn:aws:cognito-idp:" in message
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "cognito-idp:AdminGetUser",
            "Resource": f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{setting.pool.pool_id}",
        },
    }
    name = setting.role_arn.rpartition("/")[2]
    world.boto3("iam").put_role_policy(RoleName=name, PolicyName="look", PolicyDocument=json.dumps(document))
    assert idp.admin_get_user(UserPoolId=setting.pool.pool_id, Username="ada")["Username"] == "ada"
    stolen = world.boto3("sts", **{**keys, "aws_secret_access_key": "guess"})
    assert refusal(stolen.get_caller_identity)[0] == "SignatureDoesNotMatch"
    world.clock.advance(3601)
    assert refusal(world.boto3("sts", **keys).get_caller_identity)[0] in ("ExpiredToken", "SignatureDoesNotMatch")


def test_identity_pools_are_described_listed_changed_and_deleted(world: World, setting: Setting) -> None:
    identity, pool_id = setting.identity, setting.identity_pool_id
    described = identity.describe_identity_pool(IdentityPoolId=pool_id)
    assert described["CognitoIdentityProviders"][0]["ClientId"] == setting.client["ClientId"]
    changed = {"IdentityPoolId": pool_id, "IdentityPoolName": "new", "AllowUnauthenticatedIdentities": True}
    assert identity.update_identity_pool(**changed)["AllowUnauthenticatedIdentities"] is True
    assert identity.get_identity_pool_roles(IdentityPoolId=pool_id)["Roles"]["authenticated"] == setting.role_arn
    listed = [pool["IdentityPoolId"] for pool in identity.list_identity_pools(MaxResults=60)["IdentityPools"]]
    assert pool_id in listed
    identity.delete_identity_pool(IdentityPoolId=pool_id)
    gone = ("ResourceNotFoundException", f"IdentityPool '{pool_id}' not found.")
    assert refusal(identity.describe_identity_pool, IdentityPoolId=pool_id) == gone
    mapped = {"IdentityPoolId": pool_id, "Roles": {}, "RoleMappings": {"x": {"Type": "Token"}}}
    assert "RoleMappings" in refusal(identity.set_identity_pool_roles, **mapped)[1]


def test_roles_are_made_found_and_refused(world: World) -> None:
    iam = world.boto3("iam")
    document = trust("us-east-1:p")
    role = iam.create_role(RoleName="engineer", AssumeRolePolicyDocument=document, Path="/team/")["Role"]
    assert role["Arn"] == "arn:aws:iam::123456789012:role/team/engineer"
    assert role["RoleId"].startswith("AROA")
    assert iam.get_role(RoleName="engineer")["Role"]["AssumeRolePolicyDocument"] == json.loads(document)
    again = refusal(iam.create_role, RoleName="engineer", AssumeRolePolicyDocument=document)
    assert again == ("EntityAlreadyExists", "Role with name engineer already exists.")
    gone = ("NoSuchEntity", "The role with name nobody cannot be found.")
    assert refusal(iam.get_role, RoleName="nobody") == gone
    for wrong in ("{", '{"Statement": []}', json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]})):
        told = refusal(iam.put_role_policy, RoleName="engineer", PolicyName="p", PolicyDocument=wrong)
        assert told[0] == "MalformedPolicyDocument"
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    iam.put_role_policy(RoleName="engineer", PolicyName="p", PolicyDocument=json.dumps(policy))
    assert iam.get_role_policy(RoleName="engineer", PolicyName="p")["PolicyDocument"] == policy
