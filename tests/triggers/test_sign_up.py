"""PreSignUp and PostConfirmation, on every path by which a user comes to be. Source: facts/triggers.md §2, §4, §7."""

from __future__ import annotations

from typing import Any

import pytest

from asking import refusal
from functions import answering, set_triggers
from page_forms import open_page, press, shown
from world import CALLBACK, PASSWORD, Browser, Pool, World

EMAIL = [{"Name": "email", "Value": "eve@example.com"}]
OPEN = {"autoConfirmUser": True, "autoVerifyEmail": True, "autoVerifyPhone": False}


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool(AutoVerifiedAttributes=["email"])


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    return pool.client()


def refusing(sentence: str) -> Any:
    def function(event: dict[str, Any]) -> None:
        raise ValueError(sentence)

    return function


def sign_up(world: World, client: dict[str, Any], **given: Any) -> dict[str, Any]:
    named = {"ClientId": client["ClientId"], "Username": "eve", "Password": PASSWORD, "UserAttributes": EMAIL}
    return world.idp.sign_up(**{**named, **given})


def state_of(pool: Pool, username: str = "eve") -> str:
    return pool.world.idp.admin_get_user(UserPoolId=pool.pool_id, Username=username)["UserStatus"]


def test_what_it_is_asked_before_a_sign_up(world: World, pool: Pool, client: dict[str, Any]) -> None:
    asked = set_triggers(pool, PreSignUp=lambda event: event)["PreSignUp"]
    validation = [{"Name": "captcha", "Value": "seven"}]
    sign_up(world, client, ValidationData=validation, ClientMetadata={"from": "a test"})
    (event,) = asked.events
    caller = event.pop("callerContext")
    assert (caller["clientId"], caller["awsSdkVersion"][:8]) == (client["ClientId"], "aws-sdk-")
    assert event == {
        "version": "1",
        "triggerSource": "PreSignUp_SignUp",
        "region": "us-east-1",
        "userPoolId": pool.pool_id,
        "userName": "eve",
        "request": {
            "userAttributes": {"email": "eve@example.com"},
            "validationData": {"captcha": "seven"},
            "clientMetadata": {"from": "a test"},
        },
        "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    }
    assert state_of(pool) == "UNCONFIRMED"


def test_without_validation_data_the_member_is_null(world: World, pool: Pool, client: dict[str, Any]) -> None:
    asked = set_triggers(pool, PreSignUp=lambda event: event)["PreSignUp"]
    sign_up(world, client)
    assert asked.events[0]["request"]["validationData"] is None


def test_who_is_confirmed_by_it_signs_in_at_once_and_is_sent_no_code(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    told = set_triggers(pool, PreSignUp=answering(OPEN), PostConfirmation=lambda event: event)["PostConfirmation"]
    answer = sign_up(world, client)
    assert answer["UserConfirmed"] is True
    assert "CodeDeliveryDetails" not in answer
    assert world.messages(pool_id=pool.pool_id) == []
    assert pool.tokens(client, "eve")["AccessToken"]
    (event,) = told.events
    assert event["triggerSource"] == "PostConfirmation_ConfirmSignUp"
    assert event["request"]["userAttributes"]["email_verified"] == "true"
    assert event["request"]["userAttributes"]["cognito:user_status"] == "CONFIRMED"


def test_a_refusal_is_told_with_a_period_and_nobody_is_made(world: World, pool: Pool, client: dict[str, Any]) -> None:
    set_triggers(pool, PreSignUp=refusing("Email already used"))
    refused = refusal(world.idp.sign_up, ClientId=client["ClientId"], Username="eve", Password=PASSWORD)
    assert refused == ("UserLambdaValidationException", "PreSignUp failed with error Email already used.")
    assert refusal(world.idp.admin_get_user, UserPoolId=pool.pool_id, Username="eve")[0] == "UserNotFoundException"


def test_it_is_not_asked_of_a_password_that_does_not_conform(world: World, pool: Pool, client: dict[str, Any]) -> None:
    asked = set_triggers(pool, PreSignUp=lambda event: event)["PreSignUp"]
    refused = refusal(world.idp.sign_up, ClientId=client["ClientId"], Username="eve", Password="short1")
    assert refused[0] == "InvalidPasswordException"
    assert asked.events == []


def test_it_is_not_asked_of_a_name_that_somebody_has(world: World, pool: Pool, client: dict[str, Any]) -> None:
    pool.user("eve")
    asked = set_triggers(pool, PreSignUp=lambda event: event)["PreSignUp"]
    refused = refusal(world.idp.sign_up, ClientId=client["ClientId"], Username="eve", Password=PASSWORD)
    assert refused[0] == "UsernameExistsException"
    assert asked.events == []


def test_an_address_that_nobody_gave_cannot_be_verified(world: World, pool: Pool, client: dict[str, Any]) -> None:
    set_triggers(pool, PreSignUp=answering({**OPEN, "autoVerifyPhone": True}))
    given = {"ClientId": client["ClientId"], "Username": "eve", "Password": PASSWORD, "UserAttributes": EMAIL}
    assert refusal(world.idp.sign_up, **given)[0] == "InvalidParameterException"
    assert refusal(world.idp.admin_get_user, UserPoolId=pool.pool_id, Username="eve")[0] == "UserNotFoundException"


def test_an_alias_that_it_verifies_is_taken_from_who_had_it(world: World) -> None:
    pool = world.pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    client = pool.client()
    pool.user("first", email="eve@example.com")
    set_triggers(pool, PreSignUp=answering(OPEN))
    sign_up(world, client)
    found = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username="eve@example.com")
    assert found["Username"] == "eve"


def test_an_administrator_s_user_is_told_of_and_the_answer_ignored(world: World, pool: Pool) -> None:
    asked = set_triggers(pool, PreSignUp=answering(OPEN), PostConfirmation=refusing("never"))["PreSignUp"]
    world.idp.admin_create_user(UserPoolId=pool.pool_id, Username="eve", UserAttributes=EMAIL, MessageAction="SUPPRESS")
    (event,) = asked.events
    assert event["triggerSource"] == "PreSignUp_AdminCreateUser"
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    assert state_of(pool) == "FORCE_CHANGE_PASSWORD"


def test_an_administrator_s_user_may_be_refused(world: World, pool: Pool) -> None:
    set_triggers(pool, PreSignUp=refusing("no"))
    refused = refusal(world.idp.admin_create_user, UserPoolId=pool.pool_id, Username="eve")
    assert refused == ("UserLambdaValidationException", "PreSignUp failed with error no.")


@pytest.mark.parametrize("by", ["the code", "an administrator"])
def test_who_is_confirmed_stays_so_though_the_function_fails(
    world: World, pool: Pool, client: dict[str, Any], by: str
) -> None:
    sign_up(world, client)
    told = set_triggers(pool, PostConfirmation=refusing("mail is down"))["PostConfirmation"]
    if by == "the code":
        given = {"ClientId": client["ClientId"], "Username": "eve", "ConfirmationCode": pool.code_for("eve")}
        refused = refusal(world.idp.confirm_sign_up, **given)
    else:
        refused = refusal(world.idp.admin_confirm_sign_up, UserPoolId=pool.pool_id, Username="eve")
    assert refused == ("UserLambdaValidationException", "PostConfirmation failed with error mail is down.")
    assert state_of(pool) == "CONFIRMED"
    assert told.events[0]["triggerSource"] == "PostConfirmation_ConfirmSignUp"


def test_a_new_password_by_a_code_is_told_of(world: World, pool: Pool, client: dict[str, Any]) -> None:
    pool.user()
    told = set_triggers(pool, PostConfirmation=lambda event: event)["PostConfirmation"]
    world.idp.forgot_password(ClientId=client["ClientId"], Username="ada")
    given = {"ClientId": client["ClientId"], "Username": "ada", "Password": "Lovelace-1816"}
    world.idp.confirm_forgot_password(**given, ConfirmationCode=pool.code_for("ada"), ClientMetadata={"from": "a test"})
    (event,) = told.events
    assert event["triggerSource"] == "PostConfirmation_ConfirmForgotPassword"
    assert event["request"]["clientMetadata"] == {"from": "a test"}


def test_on_the_pages_who_is_confirmed_by_it_comes_to_the_app(world: World, pool: Pool, client: dict[str, Any]) -> None:
    set_triggers(pool, PreSignUp=answering(OPEN))
    browser = Browser(world.origin)
    page = open_page(browser, "/signup", client)
    answer = press(browser, page, username="eve", password=PASSWORD, **{"requiredAttributes[email]": "eve@example.com"})
    assert answer.headers["Location"].startswith(f"{CALLBACK}?code="), answer.headers


def test_on_the_pages_a_refusal_is_shown_in_the_function_s_words(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    set_triggers(pool, PreSignUp=refusing("Only for members"))
    browser = Browser(world.origin)
    page = open_page(browser, "/signup", client)
    answer = press(browser, page, username="eve", password=PASSWORD, **{"requiredAttributes[email]": "eve@example.com"})
    assert "PreSignUp failed with error Only for members." in shown(answer)


@pytest.mark.parametrize(
    "response",
    [
        {"autoConfirmUser": "true"},
        {"autoVerifyEmail": 1},
        [],
        "text",
    ],
)
def test_an_answer_of_another_type_is_none(world: World, pool: Pool, client: dict[str, Any], response: Any) -> None:
    set_triggers(pool, PreSignUp=lambda event: {**event, "response": response})
    given = {"ClientId": client["ClientId"], "Username": "eve", "Password": PASSWORD, "UserAttributes": EMAIL}
    assert refusal(world.idp.sign_up, **given) == ("InvalidLambdaResponseException", "Unrecognizable lambda output")
    assert refusal(world.idp.admin_get_user, UserPoolId=pool.pool_id, Username="eve")[0] == "UserNotFoundException"


@pytest.mark.parametrize(
    "answer", [None, [], "text", {}, {"response": {}, "triggerSource": "PostConfirmation_ConfirmSignUp"}]
)
def test_what_is_not_the_event_is_no_answer(world: World, pool: Pool, client: dict[str, Any], answer: Any) -> None:
    set_triggers(pool, PreSignUp=lambda event: answer)
    given = {"ClientId": client["ClientId"], "Username": "eve", "Password": PASSWORD, "UserAttributes": EMAIL}
    assert refusal(world.idp.sign_up, **given) == ("InvalidLambdaResponseException", "Unrecognizable lambda output")


def test_unknown_members_of_the_answer_are_ignored(world: World, pool: Pool, client: dict[str, Any]) -> None:
    set_triggers(pool, PreSignUp=answering({**OPEN, "somethingElse": {"deep": [1, 2]}}))
    assert sign_up(world, client)["UserConfirmed"] is True


def test_a_pool_tells_its_functions_and_forgets_them(world: World, pool: Pool) -> None:
    made = set_triggers(pool, PreSignUp=lambda event: event)
    described = world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
    assert described["LambdaConfig"].keys() == made.keys()
    listed = world.idp.list_user_pools(MaxResults=60)["UserPools"]
    assert next(each for each in listed if each["Id"] == pool.pool_id)["LambdaConfig"] == described["LambdaConfig"]
    set_triggers(pool)
    assert world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["LambdaConfig"] == {}
