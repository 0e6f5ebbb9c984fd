"""Signing up and confirming it. Source: facts/api.md §3, §5, §6, §7, §8, §9, §10."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from asking import invalid, missing, not_authorized, refusal, unchecked
from halfday.protocol.srp import secret_hash
from operations.test_mfa import SMS_CONFIGURATION, with_mfa, wrong
from world import PASSWORD, Pool, World

Client = dict[str, Any]
EMAIL, PHONE = "ada@example.com", "+15555550839"
WRONG_CODE = ("CodeMismatchException", "Invalid verification code provided, please try again.")
NO_CODE = ("ExpiredCodeException", "Invalid code provided, please request a code again.")
LIMITED = ("LimitExceededException", "Attempt limit exceeded, please try after some time.")
UNKNOWN = ("UserNotFoundException", "Username/client id combination not found.")
BY_MAIL = {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
BY_PHONE = {"Destination": "+*******0839", "DeliveryMedium": "SMS", "AttributeName": "phone_number"}
SPENT = not_authorized("Invalid session for the user.")
FLOWS = ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH"]
DAY_S = 86400


def listed(attributes: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def sign_up(
    world: World, client: Client, username: str = "ada", attributes: dict[str, str] | None = None, **given: Any
) -> dict[str, Any]:
    """As `ada`, with an e-mail address, unless said otherwise. A password of None is left out."""
    given = {"Password": PASSWORD, **given}
    asked = {name: value for name, value in given.items() if value is not None}
    attributes = {"email": EMAIL} if attributes is None else attributes
    answer = world.idp.sign_up(
        ClientId=client["ClientId"], Username=username, UserAttributes=listed(attributes), **asked
    )
    answer.pop("ResponseMetadata")
    return answer


def confirm(world: World, client: Client, code: str, username: str = "ada", **given: Any) -> dict[str, Any]:
    answer = world.idp.confirm_sign_up(ClientId=client["ClientId"], Username=username, ConfirmationCode=code, **given)
    answer.pop("ResponseMetadata")
    return answer


def resend(world: World, client: Client, username: str = "ada") -> dict[str, Any]:
    answer = world.idp.resend_confirmation_code(ClientId=client["ClientId"], Username=username)
    return answer["CodeDeliveryDetails"]


def user_of(pool: Pool, username: str = "ada") -> tuple[str, dict[str, str]]:
    """Status and attributes."""
    shown = pool.world.idp.admin_get_user(UserPoolId=pool.pool_id, Username=username)
    return shown["UserStatus"], {a["Name"]: a["Value"] for a in shown["UserAttributes"]}


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool(AutoVerifiedAttributes=["email"])


@pytest.fixture
def client(pool: Pool) -> Client:
    return pool.client()


def test_signing_up_says_who_and_where_the_code_went(world: World, pool: Pool, client: Client) -> None:
    answer = sign_up(world, client, ClientMetadata={"a": "b"}, ValidationData=[{"Name": "a", "Value": "b"}])
    status, attributes = user_of(pool)
    assert answer == {"UserConfirmed": False, "UserSub": attributes["sub"], "CodeDeliveryDetails": BY_MAIL}
    assert (status, attributes) == ("UNCONFIRMED", {"sub": answer["UserSub"], "email": EMAIL})
    (message,) = world.messages(pool_id=pool.pool_id)
    assert (message["destination"], message["medium"], message["purpose"]) == (EMAIL, "EMAIL", "SignUp")
    assert re.fullmatch(r"[0-9]{6}", message["code"])
    assert (message["subject"], message["text"]) == (
        "Your verification code",
        f"Your verification code is {message['code']}. ",
    )


@pytest.mark.parametrize(
    ("verified", "attributes", "details"),
    [
        ([], {"email": EMAIL}, None),
        (["email"], {"name": "Ada"}, None),
        (["email"], {"phone_number": PHONE}, None),
        (["email", "phone_number"], {"email": EMAIL, "phone_number": PHONE}, BY_PHONE),
        (["email", "phone_number"], {"email": EMAIL}, BY_MAIL),
    ],
)
def test_the_code_goes_to_what_the_pool_verifies_the_phone_first(
    world: World, verified: list[str], attributes: dict[str, str], details: dict[str, str] | None
) -> None:
    pool = world.pool(AutoVerifiedAttributes=verified, SmsConfiguration=SMS_CONFIGURATION)
    answer = sign_up(world, pool.client(), attributes=attributes)
    assert answer.get("CodeDeliveryDetails") == details
    assert ("CodeDeliveryDetails" in answer) == (details is not None) == bool(world.messages(pool_id=pool.pool_id))


def test_a_client_with_a_secret_proves_it_in_each_operation(world: World, pool: Pool) -> None:
    secret = pool.client(GenerateSecret=True)
    client_id = secret["ClientId"]
    proof = secret_hash("ada", client_id, secret["ClientSecret"])
    missing_hash = not_authorized(f"Client {client_id} is configured with secret but SECRET_HASH was not received")
    wrong_hash = not_authorized(f"Unable to verify secret hash for client {client_id}")
    named = {"ClientId": client_id, "Username": "ada"}
    for operation, given in (
        (world.idp.sign_up, {**named, "Password": PASSWORD, "UserAttributes": listed({"email": EMAIL})}),
        (world.idp.resend_confirmation_code, named),
        (world.idp.confirm_sign_up, {**named, "ConfirmationCode": "000000"}),
    ):
        assert refusal(operation, **given) == missing_hash
        assert refusal(operation, **given, SecretHash=secret_hash("eve", client_id, secret["ClientSecret"])) == (
            wrong_hash
        )
        if "ConfirmationCode" in given:
            given = {**given, "ConfirmationCode": pool.code_for("ada", "ResendCode")}
        operation(**given, SecretHash=proof)
    assert user_of(pool)[0] == "CONFIRMED"


def test_a_client_that_nobody_knows(world: World) -> None:
    gone = missing("User pool client nobody does not exist.")
    nobody = {"ClientId": "nobody"}
    assert refusal(sign_up, world=world, client=nobody) == gone
    assert refusal(confirm, world=world, client=nobody, code="000000") == gone
    assert refusal(resend, world=world, client=nobody) == gone


def test_where_only_administrators_create_nobody_signs_up(world: World) -> None:
    pool = world.pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    refused = refusal(sign_up, world=world, client=pool.client())
    assert refused == not_authorized("SignUp is not permitted for this user pool")


@pytest.mark.parametrize("existence", ["LEGACY", "ENABLED"])
def test_a_name_is_taken_once_confirmed_or_not(world: World, pool: Pool, existence: str) -> None:
    client = pool.client(PreventUserExistenceErrors=existence)
    sign_up(world, client)
    exists = ("UsernameExistsException", "User already exists")
    assert refusal(sign_up, world=world, client=client) == exists
    world.idp.admin_confirm_sign_up(UserPoolId=pool.pool_id, Username="ada")
    assert refusal(sign_up, world=world, client=client) == exists


def test_in_a_pool_of_addresses_the_address_is_taken_and_the_username_is_the_sub(world: World) -> None:
    pool = world.pool(
        UsernameAttributes=["email", "phone_number"],
        AutoVerifiedAttributes=["email"],
        UsernameConfiguration={"CaseSensitive": False},
    )
    client = pool.client()
    answer = sign_up(world, client, EMAIL, {"name": "Ada"})
    assert answer["CodeDeliveryDetails"] == BY_MAIL
    shown = world.idp.admin_get_user(UserPoolId=pool.pool_id, Username=EMAIL)
    assert shown["Username"] == answer["UserSub"]
    exists = ("UsernameExistsException", "An account with the given email already exists.")
    assert refusal(sign_up, world=world, client=client, username="ADA@example.com", attributes={}) == exists
    sign_up(world, client, PHONE, {})
    exists = ("UsernameExistsException", "An account with the given phone_number already exists.")
    assert refusal(sign_up, world=world, client=client, username=PHONE, attributes={}) == exists
    code = pool.code_for(answer["UserSub"], "SignUp")
    confirm(world, client, code, "Ada@Example.com")
    assert user_of(pool, EMAIL)[0] == "CONFIRMED"


def test_whatever_somebody_goes_by_is_nobody_else_s_name(world: World) -> None:
    pool = world.pool(AliasAttributes=["preferred_username"])
    client = pool.client()
    pool.user(preferred_username="countess")
    exists = ("UsernameExistsException", "An account with the given preferred_username already exists.")
    assert refusal(sign_up, world=world, client=client, username="countess") == exists
    sub = user_of(pool)[1]["sub"]
    assert refusal(sign_up, world=world, client=client, username=sub) == (
        "UsernameExistsException",
        "User already exists",
    )
    pool.user("eve")
    taken = ("AliasExistsException", "An account with the given preferred_username already exists.")
    update = {"UserPoolId": pool.pool_id, "Username": "eve"}
    for name in ("ada", "countess", sub):
        attributes = listed({"preferred_username": name})
        assert refusal(world.idp.admin_update_user_attributes, **update, UserAttributes=attributes) == taken


def test_the_address_that_is_the_name_is_the_attribute_too(world: World) -> None:
    pool = world.pool(UsernameAttributes=["email"])
    client = pool.client()
    given = {"world": world, "client": client, "username": EMAIL}
    sentence = "User email should be empty or same as username, since username attribute is email"
    assert refusal(sign_up, **given, attributes={"email": "eve@example.com"}) == invalid(sentence)
    sign_up(**given, attributes={"email": EMAIL})
    assert user_of(pool, EMAIL)[1]["email"] == EMAIL


@pytest.mark.parametrize(
    ("settings", "username", "sentence"),
    [
        ({"UsernameAttributes": ["email"]}, "ada", "Username should be an email."),
        ({"UsernameAttributes": ["phone_number"]}, EMAIL, "Username should be a phone number."),
        (
            {"UsernameAttributes": ["email", "phone_number"]},
            "ada",
            "Username should be either an email or a phone number.",
        ),
        (
            {"AliasAttributes": ["email"]},
            EMAIL,
            "Username cannot be of email format, since user pool is configured for email alias.",
        ),
        (
            {"AliasAttributes": ["phone_number"]},
            PHONE,
            "Username cannot be of phone number format, since user pool is configured for phone_number alias.",
        ),
    ],
)
def test_a_username_fits_how_the_pool_names_people(
    world: World, settings: dict[str, Any], username: str, sentence: str
) -> None:
    client = world.pool(**settings).client()
    assert refusal(sign_up, world=world, client=client, username=username, attributes={}) == invalid(sentence)


def test_a_preferred_username_that_is_a_name_waits_until_the_person_is_confirmed(world: World) -> None:
    pool = world.pool(AliasAttributes=["preferred_username"])
    refused = refusal(sign_up, world=world, client=pool.client(), attributes={"preferred_username": "countess"})
    assert refused == invalid(
        "Preferred username cannot be provided for unconfirmed account, "
        "since user pool is configured for preferred username alias."
    )


@pytest.mark.parametrize(
    ("attributes", "refused"),
    [
        ({"email": "ada at example", "name": "Ada"}, invalid("Invalid email address format.")),
        ({"email": EMAIL, "name": "Ada", "phone_number": "0800"}, invalid("Invalid phone number format.")),
        (
            {"family_name": "Lovelace"},
            invalid(
                "Attributes did not conform to the schema: name: The attribute is required\n"
                "email: The attribute is required\n"
            ),
        ),
        (
            {"email": EMAIL, "name": "Ada", "custom:none": "x"},
            invalid("Attributes did not conform to the schema: custom:none: Attribute does not exist in the schema.\n"),
        ),
        (
            {"email": EMAIL, "name": "Ada", "email_verified": "true"},
            not_authorized("A client attempted to write unauthorized attribute"),
        ),
        (
            {"email": EMAIL, "name": "Ada", "phone_number_verified": "false"},
            not_authorized("A client attempted to write unauthorized attribute"),
        ),
    ],
)
def test_attributes_are_held_to_the_schema_and_nobody_is_left_behind(
    world: World, attributes: dict[str, str], refused: tuple[str, str]
) -> None:
    required = [{"Name": name, "Required": True, "Mutable": True} for name in ("email", "name")]
    pool = world.pool(Schema=required, AutoVerifiedAttributes=["email"])
    assert refusal(sign_up, world=world, client=pool.client(), attributes=attributes) == refused
    assert world.idp.list_users(UserPoolId=pool.pool_id)["Users"] == []


def test_what_a_client_may_write(world: World) -> None:
    """Everything, custom attributes too, unless WriteAttributes names what."""
    pool = world.pool(Schema=[{"Name": "rank", "AttributeDataType": "String", "Mutable": False}])
    attributes = {"custom:rank": "7", "name": "Ada"}
    sign_up(world, pool.client(), "ada", attributes)
    assert user_of(pool)[1].items() >= attributes.items()
    sign_up(world, pool.client(WriteAttributes=["custom:rank", "name"]), "eve", attributes)
    narrow = pool.client(WriteAttributes=["name"])
    unauthorized = not_authorized("A client attempted to write unauthorized attribute")
    assert refusal(sign_up, world=world, client=narrow, username="bob", attributes=attributes) == unauthorized


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Short-1", "Password not long enough"),
        ("lovelace-1815", "Password must have uppercase characters"),
        ("LOVELACE-1815", "Password must have lowercase characters"),
        ("Lovelace-x", "Password must have numeric characters"),
        ("Lovelace1815", "Password must have symbol characters"),
        ("Éloveläce-1815", "Password must have uppercase characters"),
        ("LOVELACÉé-1815", "Password must have lowercase characters"),
        ("Lovelace-١٢", "Password must have numeric characters"),
    ],
)
def test_the_policy_in_this_operation_s_words(world: World, client: Client, password: str, reason: str) -> None:
    refused = refusal(sign_up, world=world, client=client, Password=password)
    assert refused == ("InvalidPasswordException", f"Password did not conform with policy: {reason}")


def test_less_than_six_characters_never_reach_the_policy(world: World, client: Client) -> None:
    code, sentence = refusal(
        unchecked(world, "cognito-idp").sign_up, Username="ada", Password="Ab-1", **only_id(client)
    )
    assert code == "InvalidParameterException"
    assert sentence == (
        "1 validation error detected: Value at 'password' failed to satisfy constraint: "
        "Member must have length greater than or equal to 6"
    )


def only_id(client: Client) -> dict[str, str]:
    return {"ClientId": client["ClientId"]}


def passwordless(world: World, *factors: str) -> Pool:
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", *factors]}}
    return world.pool(
        Policies=policy, AutoVerifiedAttributes=["email"], EmailConfiguration=FROM, SmsConfiguration=SMS_CONFIGURATION
    )


FROM = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@example.com"}


@pytest.mark.parametrize(("factors", "possible"), [(["EMAIL_OTP"], True), (["SMS_OTP"], True), (["WEB_AUTHN"], False)])
def test_a_password_may_be_left_out_where_people_sign_in_by_codes(
    world: World, factors: list[str], possible: bool
) -> None:
    client = passwordless(world, *factors).client()
    if possible:
        assert sign_up(world, client, Password=None)["UserConfirmed"] is False
    else:
        refused = refusal(sign_up, world=world, client=client, Password=None)
        assert refused == invalid("Missing required parameter Password")


def test_who_has_no_password_signs_in_by_no_password(world: World) -> None:
    pool = passwordless(world, "EMAIL_OTP")
    client = pool.client()
    sign_up(world, client, Password=None)
    confirm(world, client, pool.code_for("ada", "SignUp"))
    assert refusal(pool.tokens, client=client) == not_authorized("Incorrect username or password.")


def after(world: World, client: Client, session: str, username: str = "ada") -> dict[str, Any]:
    return world.idp.initiate_auth(
        **only_id(client), AuthFlow="USER_AUTH", AuthParameters={"USERNAME": username}, Session=session
    )


def test_sessions_lead_from_signing_up_to_tokens_once(world: World, pool: Pool) -> None:
    client = pool.client(ExplicitAuthFlows=FLOWS)
    first = sign_up(world, client)["Session"]
    assert refusal(after, world=world, client=client, session=first) == SPENT, "nothing is confirmed yet"
    code = pool.code_for("ada", "SignUp")
    assert refusal(confirm, world=world, client=client, code=wrong(code), Session=first) == WRONG_CODE
    others = sign_up(world, client, "bob")["Session"]
    for session in ("x" * 40, others):
        assert refusal(confirm, world=world, client=client, code=code, Session=session) == SPENT
    assert user_of(pool)[0] == "UNCONFIRMED"
    second = confirm(world, client, code, Session=first)["Session"]
    sign_up(world, client, "eve")
    other = pool.client(ClientName="other", ExplicitAuthFlows=FLOWS)
    assert refusal(after, world=world, client=client, session=second, username="eve") == SPENT
    assert refusal(after, world=world, client=other, session=second) == SPENT
    assert after(world, client, second)["AuthenticationResult"]["IdToken"]
    assert refusal(after, world=world, client=client, session=second) == SPENT


def test_a_session_ends_with_the_client_s_minutes(world: World, pool: Pool) -> None:
    client = pool.client(ExplicitAuthFlows=FLOWS)
    first, code = sign_up(world, client)["Session"], pool.code_for("ada", "SignUp")
    second = confirm(world, client, code, Session=first)["Session"]
    world.clock.advance(181)
    expired = not_authorized("Invalid session for the user, session is expired.")
    assert refusal(after, world=world, client=client, session=second) == expired


def test_clients_without_user_auth_and_confirmations_without_session_get_none(
    world: World, pool: Pool, client: Client
) -> None:
    assert "Session" not in sign_up(world, client)
    assert confirm(world, client, pool.code_for("ada", "SignUp")) == {}
    choosing = pool.client(ExplicitAuthFlows=FLOWS)
    sign_up(world, choosing, "eve")
    assert confirm(world, choosing, pool.code_for("eve", "SignUp"), "eve") == {}


def test_signing_up_is_a_first_factor_only(world: World) -> None:
    pool = with_mfa(world, "ON", "totp")
    world.idp.update_user_pool(UserPoolId=pool.pool_id, AutoVerifiedAttributes=["email"], MfaConfiguration="ON")
    client = pool.client(ExplicitAuthFlows=FLOWS)
    first = sign_up(world, client)["Session"]
    second = confirm(world, client, pool.code_for("ada", "SignUp"), Session=first)["Session"]
    assert after(world, client, second)["ChallengeName"] == "MFA_SETUP"


def test_the_code_confirms_the_person_and_the_address(world: World, pool: Pool, client: Client) -> None:
    sign_up(world, client)
    unconfirmed = ("UserNotConfirmedException", "User is not confirmed.")
    assert refusal(pool.tokens, client=client) == unconfirmed
    code = pool.code_for("ada", "SignUp")
    assert refusal(confirm, world=world, client=client, code=wrong(code)) == WRONG_CODE
    assert confirm(world, client, code) == {}
    status, attributes = user_of(pool)
    assert (status, attributes["email_verified"]) == ("CONFIRMED", "true")
    assert pool.tokens(client)["IdToken"]
    confirmed = not_authorized("User cannot be confirmed. Current status is CONFIRMED")
    assert refusal(confirm, world=world, client=client, code=code) == confirmed


def test_a_code_lives_for_a_day(world: World, pool: Pool, client: Client) -> None:
    sign_up(world, client)
    code = pool.code_for("ada", "SignUp")
    world.clock.advance(DAY_S + 1)
    assert refusal(confirm, world=world, client=client, code=code) == NO_CODE
    resend(world, client)
    world.clock.advance(DAY_S - 60)
    confirm(world, client, pool.code_for("ada", "ResendCode"))


def test_a_resent_code_ends_the_one_before(world: World, pool: Pool, client: Client) -> None:
    sign_up(world, client)
    first = pool.code_for("ada", "SignUp")
    assert resend(world, client) == BY_MAIL
    second = pool.code_for("ada", "ResendCode")
    assert second != first
    third = resend(world, client) and pool.code_for("ada", "ResendCode")
    for former in (first, second):
        assert refusal(confirm, world=world, client=client, code=former) == NO_CODE
    assert refusal(confirm, world=world, client=client, code=wrong(third)) == WRONG_CODE
    confirm(world, client, third)


def test_without_a_code_there_is_nothing_to_confirm_with(world: World) -> None:
    client = world.pool().client()
    sign_up(world, client)
    assert refusal(confirm, world=world, client=client, code="000000") == NO_CODE
    refused = refusal(resend, world=world, client=client)
    assert refused == invalid("Cannot resend codes. Auto verification not turned on.")


def test_an_address_changed_since_is_not_verified_by_the_code_for_the_old_one(
    world: World, pool: Pool, client: Client
) -> None:
    sign_up(world, client)
    code = pool.code_for("ada", "SignUp")
    changed = listed({"email": "other@example.com"})
    world.idp.admin_update_user_attributes(UserPoolId=pool.pool_id, Username="ada", UserAttributes=changed)
    confirm(world, client, code)
    status, attributes = user_of(pool)
    assert (status, attributes["email_verified"]) == ("CONFIRMED", "false")


@pytest.mark.parametrize("hidden", [False, True])
def test_somebody_unknown(world: World, pool: Pool, hidden: bool) -> None:
    client = pool.client(PreventUserExistenceErrors="ENABLED" if hidden else "LEGACY")
    nobody = {"world": world, "client": client, "username": "nobody@nowhere.org"}
    if hidden:
        details = {"Destination": "n***@n***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
        assert resend(**nobody) == details == resend(**nobody)
        assert refusal(confirm, **nobody, code="000000") == WRONG_CODE, "as of who waits for a code"
    else:
        assert refusal(resend, **nobody) == UNKNOWN
        assert refusal(confirm, **nobody, code="000000") == UNKNOWN
    assert world.messages(pool_id=pool.pool_id) == []


def test_hidden_people_are_refused_what_all_are_refused(world: World) -> None:
    client = world.pool().client(PreventUserExistenceErrors="ENABLED")
    sign_up(world, client)
    assert refusal(resend, world=world, client=client) == refusal(resend, world=world, client=client, username="nobody")


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_fifteen_confirmations_an_hour(world: World, pool: Pool, name: str) -> None:
    client = pool.client(PreventUserExistenceErrors="ENABLED")
    sign_up(world, client)
    code = pool.code_for("ada", "SignUp")
    asked = {"world": world, "client": client, "code": wrong(code), "username": name}
    for _ in range(15):
        assert refusal(confirm, **asked) != LIMITED
    assert refusal(confirm, **asked) == LIMITED
    assert refusal(confirm, **{**asked, "code": code}) == LIMITED
    world.clock.advance(3601)
    assert refusal(confirm, **asked) != LIMITED


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_five_codes_an_hour(world: World, pool: Pool, name: str) -> None:
    client = pool.client(PreventUserExistenceErrors="ENABLED")
    sign_up(world, client)
    for _ in range(5):
        resend(world, client, name)
    assert refusal(resend, world=world, client=client, username=name) == LIMITED
    world.clock.advance(3601)
    resend(world, client, name)


def test_who_is_confirmed_is_sent_no_more_codes(world: World, pool: Pool, client: Client) -> None:
    sign_up(world, client)
    confirm(world, client, pool.code_for("ada", "SignUp"))
    assert refusal(resend, world=world, client=client) == invalid("User is already confirmed.")


def test_an_alias_is_whose_who_confirms_it_first_unless_it_is_taken_by_force(world: World) -> None:
    pool = world.pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    client = pool.client()
    for name in ("ada", "eve"):
        sign_up(world, client, name)
    confirm(world, client, pool.code_for("ada", "SignUp"))
    code = pool.code_for("eve", "SignUp")
    taken = ("AliasExistsException", "An account with the email already exists.")
    assert refusal(confirm, world=world, client=client, code=code, username="eve") == taken
    assert user_of(pool, "eve")[0] == "UNCONFIRMED"
    assert user_of(pool, EMAIL) == user_of(pool, "ada")
    confirm(world, client, code, "eve", ForceAliasCreation=True)
    assert user_of(pool, EMAIL) == user_of(pool, "eve")
    assert user_of(pool, "ada")[1]["email_verified"] == "false"


def test_an_administrator_confirms_the_person_and_no_address(world: World, pool: Pool, client: Client) -> None:
    sign_up(world, client)
    named = {"UserPoolId": pool.pool_id, "Username": "ada"}
    world.idp.admin_confirm_sign_up(**named)
    status, attributes = user_of(pool)
    assert (status, attributes.get("email_verified")) == ("CONFIRMED", None)
    admin = world.idp.admin_confirm_sign_up
    assert refusal(admin, **named) == not_authorized("User cannot be confirmed. Current status is CONFIRMED")
    pool.user("eve", password=None)
    sentence = "User cannot be confirmed. Current status is FORCE_CHANGE_PASSWORD"
    assert refusal(admin, **{**named, "Username": "eve"}) == not_authorized(sentence)
    assert refusal(admin, **{**named, "Username": "nobody"}) == ("UserNotFoundException", "User does not exist.")


def test_where_the_pool_confirms_by_links_the_message_carries_one(world: World) -> None:
    template = {"DefaultEmailOption": "CONFIRM_WITH_LINK", "EmailMessageByLink": "Press {##here##}."}
    pool = world.pool(AutoVerifiedAttributes=["email"], VerificationMessageTemplate=template)
    client = pool.client()
    sign_up(world, client)
    resend(world, client)
    newest, first = world.messages(pool_id=pool.pool_id)
    for message in (newest, first):
        found = re.fullmatch(r'Press <a href="([^"]+)">here</a>.', message["text"])
        assert found, message["text"]
        url = urlsplit(html.unescape(found[1]))
        query = {name: values for name, (values,) in parse_qs(url.query).items()}
        assert f"{url.scheme}://{url.netloc}{url.path}" == f"{world.origin}/confirmUser"
        assert query == {"client_id": client["ClientId"], "user_name": "ada", "confirmation_code": message["code"]}
    assert newest["code"] != first["code"]
    confirm(world, client, newest["code"])
