"""Functions written with AWS Lambda Powertools, whose event classes and models AWS keeps: they read every event whole.

The members beside them are those of the events that AWS's Go types are tested with (github.com/aws/aws-lambda-go,
events/testdata, of April 2026). What an occasion has no use for may be left out there: `clientMetadata` where nobody
gave any, `userNotFound` where somebody was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import cognito_user_pool_event as events
from aws_lambda_powertools.utilities.data_classes.common import DictWrapper
from aws_lambda_powertools.utilities.parser import models
from pydantic import BaseModel, ValidationError

from functions import arn_of, configure, set_triggers
from operations.test_sign_in import initiate, respond
from world import PASSWORD, Pool, World, running

METADATA = {"from": "a test"}
EMAIL = [{"Name": "email", "Value": "eve@example.com"}]

ENVELOPE = {"version", "triggerSource", "region", "userPoolId", "userName", "callerContext", "request", "response"}
_TOLD = {"userAttributes", "clientMetadata"}
_MIGRATED = {"userAttributes", "finalUserStatus", "messageAction", "desiredDeliveryMediums", "forceAliasCreation"}
GO = {
    "PreSignUp": (_TOLD | {"validationData"}, {"autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone"}),
    "PostConfirmation": (_TOLD, set()),
    "PreAuthentication": ({"userAttributes", "validationData"}, set()),
    "PostAuthentication": (_TOLD | {"newDeviceUsed"}, set()),
    "DefineAuthChallenge": (
        _TOLD | {"session", "userNotFound"},
        {"challengeName", "issueTokens", "failAuthentication"},
    ),
    "CreateAuthChallenge": (
        _TOLD | {"challengeName", "session"},
        {"publicChallengeParameters", "privateChallengeParameters", "challengeMetadata"},
    ),
    "VerifyAuthChallengeResponse": (_TOLD | {"privateChallengeParameters", "challengeAnswer"}, {"answerCorrect"}),
    "TokenGeneration": (_TOLD | {"groupConfiguration"}, {"claimsOverrideDetails"}),
    "TokenGenerationV2": (_TOLD | {"groupConfiguration", "scopes"}, {"claimsAndScopeOverrideDetails"}),
    "UserMigration": ({"password", "validationData", "clientMetadata"}, _MIGRATED),
    "CustomMessage": (
        _TOLD | {"codeParameter", "usernameParameter"},
        {"smsMessage", "emailMessage", "emailSubject"},
    ),
}
SINCE = {("UserMigration", "enableSMSMFA"), ("CustomMessage", "linkParameter")}
"""Members that the developer guide has and these samples lack."""
AT_TIMES = {"clientMetadata", "userNotFound"}


def pre_sign_up(event: dict[str, Any]) -> dict[str, Any]:
    read = events.PreSignUpTriggerEvent(event)
    read.response.auto_confirm_user = read.request.client_metadata.get("confirm") == "yes"
    read.response.auto_verify_email = "email" in read.request.user_attributes
    return event


def custom_message(event: dict[str, Any]) -> dict[str, Any]:
    read = events.CustomMessageTriggerEvent(event)
    named = read.request.username_parameter or ""
    read.response.email_message = f"Own words: {read.request.code_parameter} {named}"
    read.response.email_subject = "Own subject"
    return event


def define_auth_challenge(event: dict[str, Any]) -> dict[str, Any]:
    read = events.DefineAuthChallengeTriggerEvent(event)
    session = read.request.session
    read.response.issue_tokens = bool(session) and session[-1].challenge_result
    read.response.fail_authentication = len(session) > 1 and not session[-1].challenge_result
    read.response.challenge_name = "CUSTOM_CHALLENGE"
    return event


def create_auth_challenge(event: dict[str, Any]) -> dict[str, Any]:
    read = events.CreateAuthChallengeTriggerEvent(event)
    read.response.public_challenge_parameters = {"question": "Who wrote the first program?"}
    read.response.private_challenge_parameters = {"answer": "Ada"}
    read.response.challenge_metadata = f"QUESTION_{len(read.request.session)}"
    return event


def verify_auth_challenge(event: dict[str, Any]) -> dict[str, Any]:
    read = events.VerifyAuthChallengeResponseTriggerEvent(event)
    read.response.answer_correct = read.request.private_challenge_parameters["answer"] == read.request.challenge_answer
    return event


def pre_token_generation(event: dict[str, Any]) -> dict[str, Any]:
    if event["version"] == "1":
        claims = events.PreTokenGenerationTriggerEvent(event).response.claims_override_details
        claims.claims_to_add_or_override = {"plan": "pro"}
        claims.set_group_configuration_groups_to_override(["team-a"])
        return event
    details = events.PreTokenGenerationV2TriggerEvent(event).response.claims_scope_override_details
    details.id_token_generation.claims_to_add_or_override = {"plan": "pro"}
    details.access_token_generation.scopes_to_add = ["orders/read"]
    details.set_group_configuration_groups_to_override(["team-a"])
    return event


def user_migration(event: dict[str, Any]) -> dict[str, Any]:
    read = events.UserMigrationTriggerEvent(event)
    read.response.user_attributes = {"email": f"{read.user_name}@example.com", "email_verified": "true"}
    read.response.final_user_status = "CONFIRMED"
    read.response.message_action = "SUPPRESS"
    read.response.force_alias_creation = False
    read.response.enable_sms_mfa = False
    return event


def nothing(event: dict[str, Any]) -> dict[str, Any]:
    return event


FUNCTIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "PreSignUp": pre_sign_up,
    "PostConfirmation": nothing,
    "PreAuthentication": nothing,
    "PostAuthentication": nothing,
    "DefineAuthChallenge": define_auth_challenge,
    "CreateAuthChallenge": create_auth_challenge,
    "VerifyAuthChallengeResponse": verify_auth_challenge,
    "PreTokenGeneration": pre_token_generation,
    "UserMigration": user_migration,
    "CustomMessage": custom_message,
}
READERS: dict[str, tuple[type[events.BaseTriggerEvent], type[BaseModel]]] = {
    "PreSignUp": (events.PreSignUpTriggerEvent, models.CognitoPreSignupTriggerModel),
    "PostConfirmation": (events.PostConfirmationTriggerEvent, models.CognitoPostConfirmationTriggerModel),
    "PreAuthentication": (events.PreAuthenticationTriggerEvent, models.CognitoPreAuthenticationTriggerModel),
    "PostAuthentication": (events.PostAuthenticationTriggerEvent, models.CognitoPostAuthenticationTriggerModel),
    "DefineAuthChallenge": (events.DefineAuthChallengeTriggerEvent, models.CognitoDefineAuthChallengeTriggerModel),
    "CreateAuthChallenge": (events.CreateAuthChallengeTriggerEvent, models.CognitoCreateAuthChallengeTriggerModel),
    "VerifyAuthChallengeResponse": (
        events.VerifyAuthChallengeResponseTriggerEvent,
        models.CognitoVerifyAuthChallengeTriggerModel,
    ),
    "TokenGeneration": (events.PreTokenGenerationTriggerEvent, models.CognitoPreTokenGenerationTriggerModelV1),
    "TokenGenerationV2": (
        events.PreTokenGenerationV2TriggerEvent,
        models.CognitoPreTokenGenerationTriggerModelV2AndV3,
    ),
    "UserMigration": (events.UserMigrationTriggerEvent, models.CognitoMigrateUserTriggerModel),
    "CustomMessage": (events.CustomMessageTriggerEvent, models.CognitoCustomMessageTriggerModel),
}
NOT_IN_THE_MODELS = {
    "triggerSource": {"PreSignUp_AdminCreateUser", "PostConfirmation_ConfirmForgotPassword"},
    "request.password": {"UserMigration_ForgotPassword"},
    "request.scopes": {"TokenGeneration_Authentication", "TokenGeneration_RefreshTokens"},
    "request.session.0.challengeName": {"DefineAuthChallenge_Authentication", "CreateAuthChallenge_Authentication"},
    "response.answerCorrect": {"VerifyAuthChallengeResponse_Authentication"},
}
"""What these models refuse of AWS's own events too.

They know one source of each trigger; take no password, null, for a fault, scopes for a table (the guide and the Go
types have a list) and the null that AWS sends as `answerCorrect` (aws-lambda-rust-runtime has met it) for none; and
have no CUSTOM_CHALLENGE among the challenges.
"""
SOURCES = [
    "PreSignUp_SignUp",
    "PreSignUp_AdminCreateUser",
    "PostConfirmation_ConfirmSignUp",
    "PostConfirmation_ConfirmForgotPassword",
    "PreAuthentication_Authentication",
    "PostAuthentication_Authentication",
    "DefineAuthChallenge_Authentication",
    "CreateAuthChallenge_Authentication",
    "VerifyAuthChallengeResponse_Authentication",
    "TokenGeneration_Authentication",
    "TokenGeneration_RefreshTokens",
    "UserMigration_Authentication",
    "UserMigration_ForgotPassword",
    "CustomMessage_SignUp",
    "CustomMessage_ResendCode",
    "CustomMessage_AdminCreateUser",
    "CustomMessage_ForgotPassword",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("powertools")) as world:
        yield world


@pytest.fixture(scope="module")
def told(server: World) -> dict[str, list[dict[str, Any]]]:
    """Every event that one person after the other brought about, by its source. The functions above have answered."""
    pool = server.pool(AutoVerifiedAttributes=["email"])
    client = pool.client(
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    )
    targets = set_triggers(pool, **FUNCTIONS)
    for person in (signs_up, is_invited, forgets, comes_over, answers_a_question):
        person(server, pool, client)
    arn = arn_of(f"PreTokenGeneration-{pool.pool_id.rpartition('_')[2]}")
    configure(pool, {"PreTokenGenerationConfig": {"LambdaArn": arn, "LambdaVersion": "V2_0"}})
    refreshed(server, client, pool.tokens(client, "ada"))
    found: dict[str, list[dict[str, Any]]] = {}
    for target in targets.values():
        for event in target.events:
            found.setdefault(event["triggerSource"], []).append(event)
    return found


def signs_up(world: World, pool: Pool, client: Mapping[str, Any]) -> None:
    given = {"ClientId": client["ClientId"], "Username": "eve", "ClientMetadata": METADATA}
    validation = [{"Name": "captcha", "Value": "seven"}]
    world.idp.sign_up(**given, Password=PASSWORD, UserAttributes=EMAIL, ValidationData=validation)
    world.idp.resend_confirmation_code(**given)
    (newest, *_) = world.messages(pool_id=pool.pool_id)
    assert newest["subject"] == "Own subject"
    world.idp.confirm_sign_up(**given, ConfirmationCode=pool.code_for("eve"))
    tokens = pool.tokens(client, "eve")
    refreshed(world, client, tokens)
    told = {"confirm": "yes"}
    world.idp.sign_up(ClientId=client["ClientId"], Username="bob", Password=PASSWORD, ClientMetadata=told)


def is_invited(world: World, pool: Pool, client: Mapping[str, Any]) -> None:
    invited = [{"Name": "email", "Value": "ida@example.com"}]
    given = {"UserPoolId": pool.pool_id, "Username": "ida", "UserAttributes": invited}
    world.idp.admin_create_user(**given, DesiredDeliveryMediums=["EMAIL"])
    pool.user()


def forgets(world: World, pool: Pool, client: Mapping[str, Any]) -> None:
    given = {"ClientId": client["ClientId"], "Username": "ada", "ClientMetadata": METADATA}
    world.idp.forgot_password(**given)
    world.idp.confirm_forgot_password(**given, ConfirmationCode=pool.code_for("ada"), Password=PASSWORD)


def comes_over(world: World, pool: Pool, client: Mapping[str, Any]) -> None:
    assert "AuthenticationResult" in initiate(world, client, USERNAME="max", PASSWORD="old")
    world.idp.forgot_password(ClientId=client["ClientId"], Username="ole")


def answers_a_question(world: World, pool: Pool, client: Mapping[str, Any]) -> None:
    asked = initiate(world, client, "CUSTOM_AUTH", USERNAME="ada")
    for answer in ("Bob", "Ada"):
        assert asked["ChallengeParameters"]["question"]
        given = {"USERNAME": "ada", "ANSWER": answer}
        asked = respond(world, client, "CUSTOM_CHALLENGE", asked["Session"], **given)
    assert "AuthenticationResult" in asked


def refreshed(world: World, client: Mapping[str, Any], tokens: Mapping[str, Any]) -> None:
    initiate(world, client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"])


def kind_of(event: Mapping[str, Any]) -> str:
    kind = event["triggerSource"].partition("_")[0]
    return "TokenGenerationV2" if kind == "TokenGeneration" and event["version"] != "1" else kind


def test_these_are_all_the_sources_that_a_person_without_a_provider_meets(told: dict[str, Any]) -> None:
    assert sorted(told) == sorted(SOURCES)
    assert {kind_of(event) for events in told.values() for event in events} == set(READERS) == set(GO)


@pytest.mark.parametrize("source", SOURCES)
def test_every_property_of_the_event_class_can_be_read(told: dict[str, Any], source: str) -> None:
    for event in told[source]:
        assert read_whole(READERS[kind_of(event)][0](event)) > 8


@pytest.mark.parametrize("source", SOURCES)
def test_the_model_takes_it(told: dict[str, Any], source: str) -> None:
    for event in told[source]:
        try:
            READERS[kind_of(event)][1].model_validate(event)
        except ValidationError as problem:
            faults = {".".join(str(part) for part in each["loc"]) for each in problem.errors()}
            known = {place for place, sources in NOT_IN_THE_MODELS.items() if source in sources}
            assert {place.replace("session.1", "session.0") for place in faults} <= known, event


@pytest.mark.parametrize("source", SOURCES)
def test_its_members_are_those_of_aws_s_samples(told: dict[str, Any], source: str) -> None:
    for event in told[source]:
        kind = kind_of(event)
        assert set(event) == ENVELOPE
        assert set(event["callerContext"]) == {"awsSdkVersion", "clientId"}
        for part, members in zip(("request", "response"), GO[kind], strict=True):
            further = {name for trigger, name in SINCE if trigger == kind}
            assert members - AT_TIMES <= set(event[part]) <= members | further | AT_TIMES


def test_what_was_given_to_a_call_is_in_its_event(told: dict[str, Any]) -> None:
    for source in ("PreSignUp_SignUp", "PostConfirmation_ConfirmSignUp", "CustomMessage_ResendCode"):
        assert told[source][0]["request"]["clientMetadata"] == METADATA
    assert told["PreSignUp_SignUp"][0]["request"]["validationData"] == {"captcha": "seven"}


def test_every_attribute_is_text(told: dict[str, Any]) -> None:
    for source, each in told.items():
        if not source.startswith("UserMigration"):
            attributes = [value for event in each for value in event["request"]["userAttributes"].values()]
            assert all(isinstance(value, str) for value in attributes), source


def read_whole(read: DictWrapper) -> int:
    """How many properties were read, those within them too. Raises KeyError for a member that is not there."""
    count = 0
    for name in properties_of(type(read)):
        value = getattr(read, name)
        count += 1
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, DictWrapper):
                count += read_whole(each)
    return count


def properties_of(cls: type) -> set[str]:
    """Those of the event classes, not those of what they are made of."""
    classes = [each for each in cls.__mro__ if each.__module__ == events.__name__]
    return {name for each in classes for name, found in vars(each).items() if isinstance(found, property)}
