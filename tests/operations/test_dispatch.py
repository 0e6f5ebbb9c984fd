"""What stands before every operation: name, signature, shape, permission. Source: facts/api.md §1."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from asking import refusal, status, unchecked
from federated import Identities, allow, identities
from halfday.server.operations.framework.dispatch import resource_of
from halfday.server.operations.framework.newer_operations import NEWER
from halfday.server.operations.framework.registry import registered
from world import World, running

TARGET = "AWSCognitoIdentityProviderService"
ROOT = {"aws_access_key_id": "ROOTKEYROOTKEY", "aws_secret_access_key": "r00t-s3cret"}
NO_SUCH_KEY = ("UnrecognizedClientException", "The security token included in the request is invalid.")


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    keys = {"root_access_key_id": ROOT["aws_access_key_id"], "root_secret_access_key": ROOT["aws_secret_access_key"]}
    with running(tmp_path_factory.mktemp("strict"), signatures="strict", **keys) as up:
        yield Strict(up.running, up.clock, up.data)


class Strict(World):
    """A world in which the short ways are signed by the root pair."""

    @property
    def idp(self) -> Any:
        return self.boto3("cognito-idp", **ROOT)


def post(world: World, target: str, body: str, **headers: str) -> requests.Response:
    sent = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1", **headers}
    return requests.post(world.origin, data=body.encode(), headers=sent, timeout=10)


def test_an_answer_has_aws_s_headers_and_so_has_a_refusal(world: World) -> None:
    refused = post(world, f"{TARGET}.InitiateAuth", json.dumps({"AuthFlow": "USER_SRP_AUTH", "ClientId": "none"}))
    assert refused.status_code == 400
    assert refused.json() == {
        "__type": "ResourceNotFoundException",
        "message": "User pool client none does not exist.",
    }
    assert refused.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert refused.headers["x-amzn-ErrorType"] == "ResourceNotFoundException:"
    assert refused.headers["x-amzn-ErrorMessage"] == "User pool client none does not exist."
    assert refused.headers["x-amzn-RequestId"]
    assert refused.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("target", [f"{TARGET}.MakeTea", "Tea.InitiateAuth", "nonsense"])
def test_an_unknown_target_is_an_unknown_operation(world: World, target: str) -> None:
    refused = post(world, target, "{}")
    assert (refused.status_code, refused.json()["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize(
    ("service", "operation", "name"),
    [
        ("sts", "assume_root", "sts AssumeRoot"),
        ("iam", "create_login_profile", "iam CreateLoginProfile"),
    ],
)
def test_an_operation_that_is_not_built_answers_501_and_names_itself(
    world: World, service: str, operation: str, name: str
) -> None:
    code, sentence = refusal(getattr(unchecked(world, service), operation))
    assert code == "NotImplementedException"
    assert sentence.startswith(f"Halfday does not answer {name} yet.")
    assert status(getattr(unchecked(world, service), operation)) == 501


def test_an_operation_that_aws_added_later_is_not_built_and_a_misspelt_one_is_unknown(world: World) -> None:
    for name in ("CreateCIMDPolicy", "InitiatePointInTimeRecovery"):
        refused = post(world, f"{TARGET}.{name}", "{}")
        assert (refused.status_code, refused.json()["__type"]) == (501, "NotImplementedException")
        assert refused.json()["message"].startswith(f"Halfday does not answer cognito-idp {name} yet.")
    assert post(world, f"{TARGET}.CreateCimdPolicy", "{}").json()["__type"] == "UnknownOperationException"
    for name, status_code, code in (
        ("GetScopedCredentials", 501, "NotImplementedException"),
        ("GetScopedCredential", 400, "InvalidAction"),
    ):
        form = {"Action": name, "Version": "2011-06-15"}
        answer = requests.post(world.origin, data=form, timeout=10)
        assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (status_code, True)


def test_newer_operations_are_not_in_the_oldest_model_that_is_taken_or_are_built() -> None:
    """The list is of names only: an operation that is built is found in the model before the list is asked."""
    for service, names in NEWER.items():
        assert not names & {built.name for built in registered() if built.service == service}


def test_no_client_sends_a_call_again_that_is_not_built(world: World) -> None:
    """A 501 is no passing failure to botocore, so that a suite fails at once."""
    patient = world.boto3("cognito-idp", config=Config(retries={"mode": "standard", "total_max_attempts": 3}))
    with pytest.raises(ClientError) as caught:
        patient.create_user_pool(PoolName="keyed", KeyConfiguration={"KeyType": "CUSTOMER_MANAGED_KEY"})
    metadata = caught.value.response["ResponseMetadata"]
    assert (metadata["HTTPStatusCode"], metadata["RetryAttempts"]) == (501, 0)


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "\xff",
        '"text"',
        "[" * 100_000,
        '{"AuthFlow": 5}',
        '{"AuthParameters": []}',
        '{"AuthParameters": {"USERNAME": ["a"]}}',
        '{"AuthParameters": {"USERNAME": "\\ud800"}}',
        '{"AuthParameters": {"\\ud800": "ada"}}',
    ],
)
def test_a_body_that_cannot_be_read_is_a_serialization_exception(world: World, body: str) -> None:
    refused = post(world, f"{TARGET}.InitiateAuth", body)
    assert (refused.status_code, refused.json()["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize("number", ["NaN", "1e999", "Infinity", str(10**30), '"2"', "true"])
def test_a_number_that_is_none_is_a_serialization_exception(strict: World, world: World, number: str) -> None:
    authorization = (
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cognito-idp/aws4_request, "
        "SignedHeaders=host, Signature=" + "0" * 64
    )
    signed = {"Authorization": authorization, "X-Amz-Date": "20260101T000000Z"}
    body = '{"MaxResults": ' + number + "}"
    refused = post(world, f"{TARGET}.ListUserPools", body, **signed)
    assert (refused.status_code, refused.json()["__type"]) == (400, "SerializationException")
    assert post(strict, f"{TARGET}.ListUserPools", body, **signed).json()["__type"] == NO_SUCH_KEY[0], "signature first"


def test_members_that_the_model_does_not_know_are_dropped_and_null_is_no_member(world: World) -> None:
    body = {"AuthFlow": "USER_SRP_AUTH", "ClientId": "none", "Unheard": 1, "Session": None}
    assert post(world, f"{TARGET}.InitiateAuth", json.dumps(body)).json()["__type"] == "ResourceNotFoundException"


def test_a_signed_operation_without_a_signature_is_refused_and_a_public_one_needs_none(world: World) -> None:
    refused = post(world, f"{TARGET}.ListUserPools", "{}")
    assert refused.json() == {
        "__type": "MissingAuthenticationTokenException",
        "message": "Missing Authentication Token",
    }
    answer = post(world, f"{TARGET}.GetUser", json.dumps({"AccessToken": "x"}), Authorization="Bearer x")
    assert answer.json()["message"] == "Invalid Access Token"


def test_strict_signatures_take_the_root_pair_and_nothing_else(strict: World) -> None:
    assert strict.idp.list_user_pools(MaxResults=1)["UserPools"] == []
    assert strict.boto3("sts", **ROOT).get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"
    assert refusal(strict.boto3("cognito-idp").list_user_pools, MaxResults=1) == NO_SUCH_KEY
    wrong = strict.boto3("cognito-idp", **{**ROOT, "aws_secret_access_key": "guessed"})
    code, sentence = refusal(wrong.list_user_pools, MaxResults=1)
    assert code == "InvalidSignatureException"
    assert sentence.startswith("The request signature we calculated does not match the signature you provided.")
    assert refusal(strict.boto3("sts").get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_key_that_was_never_issued_is_nobody_s_even_where_dummies_are_taken(world: World) -> None:
    made_up = world.boto3("cognito-idp", aws_access_key_id="ASIA" + "A" * 16)
    assert refusal(made_up.list_user_pools, MaxResults=1) == NO_SUCH_KEY


@pytest.fixture(scope="module")
def people(strict: World) -> Identities:
    return identities(strict, keys=ROOT)


def test_issued_credentials_may_do_what_the_role_says_on_what_it_names(people: Identities) -> None:
    mine = f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{people.pool.pool_id}"
    people.set_roles(authenticated=people.role("narrow", allow("cognito-idp:Describe*", resource=mine)))
    idp = people.signed("cognito-idp", people.credentials(people.logins()))
    assert idp.describe_user_pool(UserPoolId=people.pool.pool_id)
    other = people.world.pool().pool_id
    session = "arn:aws:sts::123456789012:assumed-role/narrow/CognitoIdentityCredentials"
    action, resource = "cognito-idp:DescribeUserPool", f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{other}"
    assert refusal(idp.describe_user_pool, UserPoolId=other) == (
        "AccessDeniedException",
        f"User: {session} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action",
    )
    assert refusal(idp.delete_user_pool, UserPoolId=people.pool.pool_id)[0] == "AccessDeniedException"
    assert people.world.idp.describe_user_pool(UserPoolId=people.pool.pool_id), "it was not done"


def test_an_explicit_deny_wins(people: Identities) -> None:
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "cognito-idp:List*", "Resource": "*"}}
    people.set_roles(authenticated=people.role("denied", allow("cognito-idp:*"), deny))
    idp = people.signed("cognito-idp", people.credentials(people.logins()))
    assert idp.describe_user_pool(UserPoolId=people.pool.pool_id)
    code, sentence = refusal(idp.list_user_pools, MaxResults=1)
    assert code == "AccessDeniedException"
    assert sentence.endswith("with an explicit deny in an identity-based policy")


def test_credentials_are_good_with_their_own_secret_and_session_token_only(people: Identities) -> None:
    people.set_roles(authenticated=people.role("exact", allow("cognito-idp:*")))
    issued = people.credentials(people.logins())
    for spoilt, code in (
        ({**issued, "SecretKey": "guessed"}, "InvalidSignatureException"),
        ({**issued, "SessionToken": "guessed"}, "UnrecognizedClientException"),
    ):
        assert refusal(people.signed("cognito-idp", spoilt).list_user_pools, MaxResults=1)[0] == code


def test_a_policy_put_later_counts_for_credentials_already_out(people: Identities) -> None:
    people.set_roles(authenticated=people.role("later"))
    idp = people.signed("cognito-idp", people.credentials(people.logins()))
    assert refusal(idp.list_user_pools, MaxResults=1)[0] == "AccessDeniedException"
    iam = people.world.boto3("iam", **ROOT)
    document = json.dumps(allow("cognito-idp:ListUserPools"))
    iam.put_role_policy(RoleName="later", PolicyName="late", PolicyDocument=document)
    assert idp.list_user_pools(MaxResults=1)


@pytest.mark.parametrize("text", ["x", "*", '\\"', "us-east-1", "_", ":", ""])
def test_what_is_no_id_names_no_pool_for_a_policy(world: World, text: str) -> None:
    """Some operations' models take any text as a UserPoolId: it is looked at by policies before the work is."""
    given = {"UserPoolId": text, "IdentityPoolId": text}
    for operation in registered():
        members = operation.model.input_shape.members if operation.model.input_shape else {}
        named = {name: value for name, value in given.items() if name in members}
        assert resource_of(world.running.services, operation, named, "us-east-1") == "*"


def test_a_pool_that_cannot_be_is_a_pool_that_is_not_there(world: World) -> None:
    for call in (world.idp.admin_disable_provider_for_user, world.idp.admin_link_provider_for_user):
        members = {"User": {}} if "disable" in call.__name__ else {"DestinationUser": {}, "SourceUser": {}}
        assert refusal(call, UserPoolId="x", **members)[0] == "ResourceNotFoundException"


def test_a_mistake_of_ours_is_told_in_xml_where_clients_read_xml(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any, **__: Any) -> Any:
        raise RuntimeError("h1dden")

    monkeypatch.setattr("halfday.server.http.aws.dispatch", fails)
    for service, operation in (("sts", "get_caller_identity"), ("iam", "list_roles")):
        client = world.boto3(service, config=Config(retries={"max_attempts": 0}))
        with pytest.raises(ClientError) as refused:
            getattr(client, operation)()
        answer = refused.value.response
        assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("InternalFailure", 500)
        assert "h1dden" not in str(answer)
