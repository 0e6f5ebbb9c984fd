"""Who may invoke a function of Lambda's API: user pools by its resource policy, issued credentials by their role's."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from asking import refusal
from federated import Identities, allow, identities
from functions import answering, arn_of, configure, set_triggers
from lambda_api import ACCOUNT, ECHO, Made
from signers import made_again, user
from world import PASSWORD, Pool, World

EMAIL = [{"Name": "email", "Value": "eve@example.com"}]
CONFIRMS = "def handler(event, context):\n    event['response']['autoConfirmUser'] = True\n    return event\n"
DENIED = ("UnexpectedLambdaException", "PreSignUp invocation failed due to error AccessDeniedException.")
OTHERS_ARN = f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/us-east-1_Others001"

NO_PRINCIPAL = "The provided principal was invalid. Please check the principal and try again."


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool(AutoVerifiedAttributes=["email"])


def arn_of_pool(pool: Pool) -> str:
    return f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{pool.pool_id}"


def sign_up(pool: Pool, username: str = "eve") -> dict[str, Any]:
    client = pool.client()
    given = {"ClientId": client["ClientId"], "Username": username, "Password": PASSWORD, "UserAttributes": EMAIL}
    answer: dict[str, Any] = pool.world.idp.sign_up(**given)
    return answer


def function_of(made: Made, pool: Pool, code: str = CONFIRMS) -> str:
    name = f"of-{pool.pool_id.rpartition('_')[2]}"
    made.function(name, code)
    return name


OPENS: dict[str, Callable[[str], dict[str, str]]] = {
    "its pool": lambda arn: {"SourceArn": arn},
    "its pool and account": lambda arn: {"SourceArn": arn, "SourceAccount": ACCOUNT},
    "all pools": lambda arn: {"SourceArn": arn.rpartition("_")[0] + "_*"},
    "the service": lambda arn: {},
    "any action": lambda arn: {"Action": "lambda:*"},
    "everybody": lambda arn: {"Principal": "*"},
}
CLOSED: dict[str, Callable[[str], dict[str, str]]] = {
    "another service": lambda arn: {"Principal": "apigateway.amazonaws.com"},
    "an account": lambda arn: {"Principal": ACCOUNT},
    "another pool": lambda arn: {"SourceArn": OTHERS_ARN},
    "another account": lambda arn: {"SourceArn": arn, "SourceAccount": "999999999999"},
    "another action": lambda arn: {"Action": "lambda:GetFunction"},
}


@pytest.mark.parametrize("how", OPENS)
def test_a_pool_that_may_invoke_it_does(made: Made, pool: Pool, how: str) -> None:
    name = function_of(made, pool)
    configure(pool, {"PreSignUp": arn_of(name)})
    made.permit(name, **OPENS[how](arn_of_pool(pool)))
    assert sign_up(pool)["UserConfirmed"]


@pytest.mark.parametrize("how", CLOSED)
def test_a_pool_that_may_not_is_refused_as_on_aws(made: Made, pool: Pool, how: str) -> None:
    name = function_of(made, pool)
    configure(pool, {"PreSignUp": arn_of(name)})
    made.permit(name, **CLOSED[how](arn_of_pool(pool)))
    assert refusal(sign_up, pool=pool) == DENIED
    assert not pool.world.idp.list_users(UserPoolId=pool.pool_id)["Users"]


def test_without_any_permission_the_log_says_what_to_run(
    made: Made, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    name = function_of(made, pool)
    configure(pool, {"PreSignUp": arn_of(name)})
    with caplog.at_level("INFO", "halfday.triggers"):
        assert refusal(sign_up, pool=pool) == DENIED
    (line,) = [each.getMessage() for each in caplog.records if each.name == "halfday.triggers"]
    command = f"aws lambda add-permission --function-name {name} --statement-id cognito "
    assert command in line
    assert line.endswith(f"--principal cognito-idp.amazonaws.com --source-arn {arn_of_pool(pool)}")
    record = pool.world.running.services.functions.records[-1]
    assert (record.outcome, command in record.why) == ("unanswered", True)
    made.permit(name, SourceArn=arn_of_pool(pool))
    assert sign_up(pool)["UserConfirmed"], "that was all"
    made.api.remove_permission(FunctionName=name, StatementId="cognito")
    assert refusal(sign_up, pool=pool, username="bob") == DENIED


def test_a_declared_function_needs_none_and_its_name_is_taken(made: Made, pool: Pool) -> None:
    set_triggers(pool, PreSignUp=answering({"autoConfirmUser": True}))
    assert sign_up(pool)["UserConfirmed"]
    name = f"PreSignUp-{pool.pool_id.rpartition('_')[2]}"
    assert refusal(made.function, name=name) == ("ResourceConflictException", f"Function already exist: {name}")


def test_a_function_that_is_gone_is_missing(made: Made, pool: Pool) -> None:
    name = function_of(made, pool)
    configure(pool, {"PreSignUp": arn_of(name)})
    made.permit(name)
    made.api.delete_function(FunctionName=name)
    sentence = "PreSignUp invocation failed due to error ResourceNotFoundException."
    assert refusal(sign_up, pool=pool) == ("UnexpectedLambdaException", sentence)
    configure(pool, {"PreSignUp": arn_of(name, region="eu-west-1")})
    assert refusal(sign_up, pool=pool)[1] == sentence


def auth(pool: Pool, flow: str, username: str = "ada", password: str = PASSWORD) -> Any:
    client = pool.client(
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    )
    parameters = {"USERNAME": username, "PASSWORD": password} if flow != "CUSTOM_AUTH" else {"USERNAME": username}
    given = {"ClientId": client["ClientId"], "AuthFlow": flow, "AuthParameters": parameters}
    return pool.world.idp.initiate_auth(**given)


def answer_custom(pool: Pool) -> Any:
    client = pool.client(ExplicitAuthFlows=["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    begun = pool.world.idp.initiate_auth(
        ClientId=client["ClientId"], AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": "ada"}
    )
    return pool.world.idp.respond_to_auth_challenge(
        ClientId=client["ClientId"],
        ChallengeName="CUSTOM_CHALLENGE",
        Session=begun["Session"],
        ChallengeResponses={"USERNAME": "ada", "ANSWER": "x"},
    )


def password(pool: Pool) -> Any:
    return auth(pool, "USER_PASSWORD_AUTH")


def sign_up_anew(pool: Pool) -> str:
    username = f"eve-{next(pool.world.counter)}"
    sign_up(pool, username)
    return username


def confirm(pool: Pool) -> Any:
    return pool.world.idp.admin_confirm_sign_up(UserPoolId=pool.pool_id, Username=sign_up_anew(pool))


CUSTOM = {"DefineAuthChallenge": answering({"challengeName": "CUSTOM_CHALLENGE"}), "CreateAuthChallenge": answering({})}
BY_TRIGGER: dict[str, Callable[[Pool], Any]] = {
    "PreSignUp": sign_up_anew,
    "CustomMessage": sign_up_anew,
    "PostConfirmation": confirm,
    "PreAuthentication": password,
    "PostAuthentication": password,
    "PreTokenGeneration": password,
    "UserMigration": lambda pool: auth(pool, "USER_PASSWORD_AUTH", "stranger"),
    "DefineAuthChallenge": lambda pool: auth(pool, "CUSTOM_AUTH"),
    "CreateAuthChallenge": lambda pool: auth(pool, "CUSTOM_AUTH"),
    "VerifyAuthChallengeResponse": answer_custom,
}


@pytest.mark.parametrize("trigger", BY_TRIGGER)
def test_every_trigger_wants_the_permission(made: Made, pool: Pool, trigger: str) -> None:
    """InboundFederation and the custom senders go the same way: flows/triggers/invoke is the only one there is."""
    pool.user()
    name = function_of(made, pool, ECHO)
    others = {other: function for other, function in CUSTOM.items() if "Challenge" in trigger and other != trigger}
    set_triggers(pool, config={trigger: arn_of(name)}, **others)
    code, sentence = refusal(BY_TRIGGER[trigger], pool=pool)
    if trigger == "UserMigration":
        assert sentence.startswith("Exception migrating user in app client ")
    else:
        told = f"{trigger} invocation failed due to error AccessDeniedException."
        assert (code, sentence) == ("UnexpectedLambdaException", told)
    records = pool.world.running.services.functions.records
    assert records[-1].outcome == "unanswered"
    made.permit(name, SourceArn=arn_of_pool(pool))
    with suppress(pool.world.idp.exceptions.ClientError):  # by what the function answered: it was asked
        BY_TRIGGER[trigger](pool)
    asked = [each for each in records if each.arn == arn_of(name)]
    assert asked[-1].outcome in ("answered", "unusable")


def test_statements_are_kept_as_lambda_writes_them(made: Made) -> None:
    arn = made.function("stated")["FunctionArn"]
    given = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "cognito-idp.amazonaws.com"}
    added = made.api.add_permission(FunctionName="stated", SourceArn=OTHERS_ARN, SourceAccount=ACCOUNT, **given)
    assert added["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert json.loads(added["Statement"]) == {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": {"Service": "cognito-idp.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": ACCOUNT},
            "ArnLike": {"AWS:SourceArn": OTHERS_ARN},
        },
    }
    made.api.add_permission(FunctionName="stated", **{**given, "StatementId": "t", "Principal": ACCOUNT})
    read = made.api.get_policy(FunctionName="stated")
    policy = json.loads(read["Policy"])
    assert (policy["Version"], policy["Id"]) == ("2012-10-17", "default")
    assert [each["Sid"] for each in policy["Statement"]] == ["s", "t"]
    assert policy["Statement"][1]["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    taken = refusal(made.api.add_permission, FunctionName="stated", **given)
    assert taken[0] == "ResourceConflictException"
    assert taken[1].startswith("The statement id (s) provided already exists.")
    stale = {"RevisionId": "x", "StatementId": "s", "FunctionName": "stated"}
    assert refusal(made.api.remove_permission, **stale)[0] == "PreconditionFailedException"
    made.api.remove_permission(FunctionName="stated", StatementId="s", RevisionId=read["RevisionId"])
    told = ("ResourceNotFoundException", "Statement s is not found in resource policy.")
    assert refusal(made.api.remove_permission, FunctionName="stated", StatementId="s") == told
    made.api.remove_permission(FunctionName="stated", StatementId="t")
    told = ("ResourceNotFoundException", "The resource you requested does not exist.")
    assert refusal(made.api.get_policy, FunctionName="stated") == told
    told = ("ResourceNotFoundException", "No policy is associated with the given resource.")
    assert refusal(made.api.remove_permission, FunctionName="stated", StatementId="t") == told


@pytest.mark.parametrize("principal", ["cognito", "arn:aws:s3:::bucket", "12345", "*.amazonaws.com"])
def test_a_principal_that_is_none(made: Made, principal: str) -> None:
    name = f"strange-{next(made.world.counter)}"
    made.function(name)
    told = "The provided principal was invalid. Please check the principal and try again."
    refused = refusal(made.permit, name=name, Principal=principal)
    assert refused == ("InvalidParameterValueException", told)


def test_a_policy_has_a_longest_length(made: Made) -> None:
    made.function("long")
    for number in range(9):
        given = {"StatementId": f"s{number}", "SourceArn": f"arn:aws:s3:::{'x' * 2000}"}
        made.permit("long", **given)
    refused = refusal(made.permit, name="long", StatementId="last", SourceArn=f"arn:aws:s3:::{'x' * 2000}")
    assert refused[0] == "PolicyLengthExceededException"


@pytest.fixture
def people(world: World) -> Identities:
    return identities(world)


def test_issued_credentials_invoke_what_their_role_allows(made: Made, people: Identities) -> None:
    may, may_not = f"may-{next(made.world.counter)}", f"not-{next(made.world.counter)}"
    arn = made.function(may)["FunctionArn"]
    made.function(may_not)
    people.set_roles(authenticated=people.role(f"invoker-{may}", allow("lambda:InvokeFunction", resource=arn)))
    api = people.signed("lambda", people.credentials(people.logins()))
    assert json.loads(api.invoke(FunctionName=may, Payload=b"1")["Payload"].read()) == 1
    code, sentence = refusal(api.invoke, FunctionName=may_not, Payload=b"1")
    assert code == "AccessDeniedException"
    assert "is not authorized to perform: lambda:InvokeFunction on resource: " in sentence
    assert sentence.endswith(
        f"{arn.rpartition(':')[0]}:{may_not} because no identity-based policy allows the lambda:InvokeFunction action"
    )
    assert refusal(api.get_function, FunctionName=may)[0] == "AccessDeniedException"


def test_issued_credentials_invoke_what_names_their_role(made: Made, people: Identities) -> None:
    """The function's own policy suffices, for what it says and no more (IAM user guide, Policy evaluation logic)."""
    name = f"named-{next(made.world.counter)}"
    made.function(name)
    role = people.role(f"invoker-{name}", allow("sts:GetCallerIdentity"))
    people.set_roles(authenticated=role)
    api = people.signed("lambda", people.credentials(people.logins()))
    assert refusal(api.invoke, FunctionName=name, Payload=b"1")[0] == "AccessDeniedException"
    made.permit(name, Principal=role)
    assert json.loads(api.invoke(FunctionName=name, Payload=b"1")["Payload"].read()) == 1
    assert refusal(api.get_function, FunctionName=name)[0] == "AccessDeniedException"
    made.api.remove_permission(FunctionName=name, StatementId="cognito")
    made.permit(name, Principal=ACCOUNT)
    assert refusal(api.invoke, FunctionName=name, Payload=b"1")[0] == "AccessDeniedException"


def test_who_makes_a_function_passes_its_role(made: Made, people: Identities) -> None:
    name = f"passing-{next(made.world.counter)}"
    people.set_roles(authenticated=people.role(name, allow("lambda:CreateFunction")))
    made.world.clients["lambda"], before = people.signed("lambda", people.credentials(people.logins())), made.api
    try:
        code, sentence = refusal(made.function, name=name)
    finally:
        made.world.clients["lambda"] = before
    assert code == "AccessDeniedException"
    assert f"is not authorized to perform: iam:PassRole on resource: {made.role}" in sentence


def named_by(made: Made, name: str) -> Any:
    (statement,) = json.loads(made.api.get_policy(FunctionName=name)["Policy"])["Statement"]
    return statement["Principal"]["AWS"]


def test_a_permission_means_the_user_who_was_there(made: Made) -> None:
    ada, name = user(made.world), f"named-{next(made.world.counter)}"
    made.function(name)
    user_id = made.world.boto3("iam").get_user(UserName=ada.arn.rpartition("/")[2])["User"]["UserId"]
    made.permit(name, Principal=ada.arn)
    assert named_by(made, name) == ada.arn
    assert ada.client("lambda").invoke(FunctionName=name)["StatusCode"] == 200
    again = made_again(ada)
    assert refusal(again.client("lambda").invoke, FunctionName=name)[0] == "AccessDeniedException"
    assert named_by(made, name) == user_id
    told = ("InvalidParameterValueException", NO_PRINCIPAL)
    assert refusal(made.permit, name=name, StatementId="two", Principal=again.arn) == told, "while one is gone"
    made.api.remove_permission(FunctionName=name, StatementId="cognito")
    made.permit(name, Principal=again.arn)
    assert again.client("lambda").invoke(FunctionName=name)["StatusCode"] == 200


@pytest.mark.parametrize("principal", ["alexa-appkit.amazon.com", "alexa-connectedhome.amazon.com"])
def test_alexa_may_invoke_a_function(made: Made, principal: str) -> None:
    """As SAM's AlexaSkill and Alexa's own templates ask for it. Source: Lambda API reference, AddPermission."""
    name = f"alexa-{next(made.world.counter)}"
    made.function(name)
    made.permit(name, Principal=principal, Action="lambda:invokeFunction", EventSourceToken="amzn1.ask.skill.1")
    (statement,) = json.loads(made.api.get_policy(FunctionName=name)["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": principal}
    assert statement["Condition"] == {"StringEquals": {"lambda:EventSourceToken": "amzn1.ask.skill.1"}}


@pytest.mark.parametrize("principal", ["user/nobody", "role/nobody", "group/developers"])
def test_no_permission_is_for_nobody(made: Made, principal: str) -> None:
    name = f"nobody-{next(made.world.counter)}"
    made.function(name)
    told = ("InvalidParameterValueException", NO_PRINCIPAL)
    assert refusal(made.permit, name=name, Principal=f"arn:aws:iam::{ACCOUNT}:{principal}") == told
    assert refusal(made.api.get_policy, FunctionName=name)[0] == "ResourceNotFoundException"
