"""Every challenge of a sign-in answered by callback, blocking and awaited, against the server over a socket."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from person import Person, SigningIn

from functions import set_triggers
from halfday import AsyncCognito
from halfday.client.errors import ApiRefused, ChallengeRefused, LoginAbandoned, SettingsError
from halfday.client.user_pool import challenges
from halfday.client.user_pool.challenges import Asked, Challenge
from halfday.client.user_pool.devices import Device
from halfday.client.user_pool.sign_in_requests import SignInOptions
from halfday.server.domain.users.factors import totp
from operations.test_custom_auth import Riddle
from operations.test_mfa import FROM, ON, RECOVERY, prefer, step, with_mfa, wrong
from operations.test_user_auth import FLOWS, passwordless
from world import PASSWORD, Pool, World

SUB_ATTRIBUTES = [{"Name": "given_name", "Required": True, "Mutable": True, "AttributeDataType": "String"}]
BY_PASSWORD = {"flow": "USER_PASSWORD_AUTH"}


@pytest.fixture(params=[False, True], ids=["blocking", "awaited"])
def signing_in(request: pytest.FixtureRequest) -> SigningIn:
    return SigningIn(request.param)


# --- codes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [False, True], ids=["public", "with a secret"])
@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
@pytest.mark.parametrize(
    ("factor", "challenge", "medium", "destination"),
    [("sms", "SMS_MFA", "SMS", "+*******0839"), ("email", "EMAIL_OTP", "EMAIL", "a***@e***")],
)
def test_a_code_is_asked_for_with_where_it_went(
    world: World,
    signing_in: SigningIn,
    factor: str,
    challenge: str,
    medium: str,
    destination: str,
    flow: str,
    secret: bool,
) -> None:
    pool = with_mfa(world, "ON", factor)
    pool.user(phone_number="+15555550839")
    person = Person({challenge: lambda _: pool.code_for("ada", "Authentication")})
    session = signing_in(pool, pool.client(GenerateSecret=secret), "ada", PASSWORD, person, flow=flow)
    assert session.claims["cognito:username"] == "ada"
    (asked,) = person.asked
    assert (asked.name, asked.asked, asked.medium, asked.destination) == (challenge, Asked.CODE, medium, destination)
    assert destination in asked.prompt
    assert (asked.attempt, asked.wrong) == (1, "")


def test_a_wrong_code_is_asked_for_again_and_said_to_have_been_wrong(world: World, signing_in: SigningIn) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    code = lambda _: pool.code_for("ada", "Authentication")  # noqa: E731
    person = Person({"EMAIL_OTP": [lambda _: wrong(pool.code_for("ada", "Authentication")), "", code]})
    signing_in(pool, pool.client(), "ada", PASSWORD, person)
    assert [asked.attempt for asked in person.asked] == [1, 2, 3]
    assert [asked.wrong for asked in person.asked] == [
        "",
        "Invalid code or auth state for the user.",
        "the answer is empty",
    ]


def test_three_wrong_codes_end_it_in_the_service_s_words(world: World, signing_in: SigningIn) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    person = Person({"EMAIL_OTP": lambda _: wrong(pool.code_for("ada", "Authentication"))})
    with pytest.raises(ApiRefused) as refused:
        signing_in(pool, pool.client(), "ada", PASSWORD, person)
    assert refused.value.code == "CodeMismatchException"
    assert len(person.asked) == 3


def test_what_is_no_matter_of_the_answer_is_not_asked_again(world: World, signing_in: SigningIn) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()

    def too_late(_: Challenge) -> str:
        code = pool.code_for("ada", "Authentication")
        world.clock.advance(1000)
        return code

    person = Person({"EMAIL_OTP": too_late})
    with pytest.raises(ApiRefused, match="session is expired"):
        signing_in(pool, pool.client(), "ada", PASSWORD, person)
    assert len(person.asked) == 1


def test_blanks_in_a_code_are_no_part_of_it(world: World, signing_in: SigningIn) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    person = Person({"EMAIL_OTP": lambda _: " ".join(pool.code_for("ada", "Authentication")) + "\n"})
    assert signing_in(pool, pool.client(), "ada", PASSWORD, person).subject


def test_giving_up_is_no_answer(world: World, signing_in: SigningIn) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    with pytest.raises(LoginAbandoned, match="EMAIL_OTP"):
        signing_in(pool, pool.client(), "ada", PASSWORD, Person({"EMAIL_OTP": None}))


def test_what_the_callback_raises_comes_out(world: World, signing_in: SigningIn) -> None:
    """A StopIteration too, which generators have another use for, and coroutines turn into a RuntimeError."""
    pool = with_mfa(world, "ON", "email")
    pool.user()
    out_of_answers: Iterator[str] = iter(())
    with pytest.raises(RuntimeError if signing_in.awaited else StopIteration):
        signing_in(pool, pool.client(), "ada", PASSWORD, Person({"EMAIL_OTP": lambda _: next(out_of_answers)}))
    with pytest.raises(LookupError, match="lost"):
        signing_in(pool, pool.client(), "ada", PASSWORD, Person({"EMAIL_OTP": lambda _: {}["lost"]}))


def test_no_thread_waits_while_a_person_types_and_they_may_be_sent_away(world: World) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    client = pool.client()
    known = {"user_pool_id": pool.pool_id, "endpoint_url": world.origin, "client_id": client["ClientId"]}

    async def story() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=1))
        asked, may_answer = asyncio.Event(), asyncio.Event()

        async def answer(_: Challenge) -> str:
            asked.set()
            await may_answer.wait()
            return pool.code_for("ada", "Authentication")

        cognito = AsyncCognito(**known, clock=world.clock)
        sent_away = asyncio.create_task(cognito.sign_in("ada", PASSWORD, answer))
        await asked.wait()
        sent_away.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sent_away
        asked.clear()
        typing = asyncio.create_task(cognito.sign_in("ada", PASSWORD, answer))
        await asked.wait()
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "the only thread is free"), timeout=30)
        may_answer.set()
        assert (await typing).subject

    asyncio.run(story())


def test_nothing_that_is_kept_in_hand_shows_a_secret() -> None:
    device = Device("key", "group", "device-password")
    given = SignInOptions("ada", PASSWORD, "New-password-1", device=device)
    asked = challenges.authenticator("SECRETCODE", issuer="pool", username="ada", parameters={"session": "hush"})
    shown = f"{given!r} {asked!r}"
    assert "ada" in shown
    for secret in (PASSWORD, "New-password-1", "device-password", "SECRETCODE", "hush"):
        assert secret not in shown


def test_without_anybody_to_ask_the_error_says_what_was_asked_and_how_to_answer(
    world: World, signing_in: SigningIn
) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    with pytest.raises(ChallengeRefused) as refused:
        signing_in(pool, pool.client(), "ada", PASSWORD)
    assert refused.value.challenge == "EMAIL_OTP"
    assert "EMAIL_OTP" in str(refused.value)
    assert "answer=" in refused.value.hint
    assert "halfday login --username" in refused.value.hint


# --- authenticator apps -----------------------------------------------------------------------------------------------


def app_is_set_up(world: World, asked: Challenge) -> str:
    return totp(asked.secret_code, step(world))


def test_an_authenticator_app_is_set_up_and_asked_for_from_then_on(world: World, signing_in: SigningIn) -> None:
    world.clock.hold()
    pool = with_mfa(world, "ON", "totp")
    pool.user()
    client = pool.client(GenerateSecret=True)
    person = Person({"MFA_SETUP": ["000 00", lambda asked: app_is_set_up(world, asked)]})
    session = signing_in(pool, client, "ada", PASSWORD, person)
    assert session.claims["cognito:username"] == "ada"
    first, second = person.asked
    assert (first.asked, first.secret_code) == (Asked.AUTHENTICATOR, second.secret_code)
    assert base64.b32decode(first.secret_code + "=" * (-len(first.secret_code) % 8))
    assert second.wrong
    secret = first.secret_code
    later = Person({"SOFTWARE_TOKEN_MFA": [lambda _: totp(secret, step(world)), lambda _: next_code()]})

    def next_code() -> str:
        world.clock.advance(30)
        return totp(secret, step(world))

    signing_in(pool, client, "ada", PASSWORD, later)
    used, again = later.asked
    assert (used.asked, used.attempt) == (Asked.CODE, 1)
    assert "already been used" in again.wrong


def test_an_otpauth_uri_is_what_apps_read(world: World, signing_in: SigningIn) -> None:
    world.clock.hold()
    pool = with_mfa(world, "ON", "totp")
    pool.user("ada+lovelace@example.com")
    person = Person({"MFA_SETUP": lambda asked: app_is_set_up(world, asked)})
    signing_in(pool, pool.client(), "ada+lovelace@example.com", PASSWORD, person)
    (asked,) = person.asked
    parts = urlsplit(asked.otpauth_uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == f"/{pool.pool_id}:ada+lovelace@example.com"
    assert parse_qs(parts.query) == {"secret": [asked.secret_code], "issuer": [pool.pool_id]}
    assert asked.secret_code not in repr(asked)


def test_no_secret_is_made_that_nobody_would_see(world: World, signing_in: SigningIn) -> None:
    pool = with_mfa(world, "ON", "totp")
    pool.user()
    with pytest.raises(ChallengeRefused, match="MFA_SETUP"):
        signing_in(pool, pool.client(), "ada", PASSWORD)


def test_where_several_factors_can_be_set_up_one_is_chosen(world: World, signing_in: SigningIn) -> None:
    pool = with_mfa(world, "ON", "totp", "email")
    made = {"UserPoolId": pool.pool_id, "Username": "eve"}
    world.idp.admin_create_user(**made, MessageAction="SUPPRESS")
    world.idp.admin_set_user_password(**made, Password=PASSWORD, Permanent=True)
    person = Person(
        {
            "MFA_SETUP": ["EMAIL_OTP", "no address", "eve@example.com"],
            "EMAIL_OTP": lambda _: pool.code_for("eve", "Authentication"),
        }
    )
    session = signing_in(pool, pool.client(), "eve", PASSWORD, person)
    assert session.claims["email"] == "eve@example.com"
    choice, address, again, _ = person.asked
    assert choice.choices == ("SOFTWARE_TOKEN_MFA", "EMAIL_OTP")
    assert (choice.asked, address.asked, again.asked) == (Asked.CHOICE, Asked.EMAIL, Asked.EMAIL)
    assert again.wrong


def test_what_only_an_administrator_can_set_up_is_refused_with_advice(world: World, signing_in: SigningIn) -> None:
    pool = with_mfa(world, "ON", "sms")
    pool.user()
    with pytest.raises(ChallengeRefused) as refused:
        signing_in(pool, pool.client(), "ada", PASSWORD, Person())
    assert "administrator" in refused.value.hint


# --- choices and passwords --------------------------------------------------------------------------------------------


def test_one_of_several_second_factors_is_chosen(world: World, signing_in: SigningIn) -> None:
    pool = with_mfa(world, "OPTIONAL", "sms", "email")
    pool.user(phone_number="+15555550839")
    prefer(pool, SMSMfaSettings=ON, EmailMfaSettings=ON)
    person = Person(
        {
            "SELECT_MFA_TYPE": ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"],
            "EMAIL_OTP": lambda _: pool.code_for("ada", "Authentication"),
        }
    )
    assert signing_in(pool, pool.client(), "ada", PASSWORD, person).subject
    assert person.names == ["SELECT_MFA_TYPE", "SELECT_MFA_TYPE", "EMAIL_OTP"]
    assert person.asked[0].choices == ("SMS_MFA", "EMAIL_OTP")
    assert person.asked[1].wrong == "SOFTWARE_TOKEN_MFA is none of SMS_MFA, EMAIL_OTP"


def test_a_choice_that_is_never_one_ends_it(world: World, signing_in: SigningIn) -> None:
    pool = with_mfa(world, "OPTIONAL", "sms", "email")
    pool.user(phone_number="+15555550839")
    prefer(pool, SMSMfaSettings=ON, EmailMfaSettings=ON)
    person = Person({"SELECT_MFA_TYPE": "the second"})
    with pytest.raises(ChallengeRefused, match="none of SMS_MFA, EMAIL_OTP"):
        signing_in(pool, pool.client(), "ada", PASSWORD, person)
    assert len(person.asked) == 3


def invited(pool: Pool, **given: Any) -> None:
    made = {"UserPoolId": pool.pool_id, "Username": "grace", "MessageAction": "SUPPRESS"}
    pool.world.idp.admin_create_user(**made, TemporaryPassword="Temporary-1906", **given)


def test_a_new_password_comes_with_the_attributes_that_are_missing(world: World, signing_in: SigningIn) -> None:
    pool = world.pool(Schema=SUB_ATTRIBUTES)
    invited(pool)
    complete = {"password": PASSWORD, "given_name": "Grace"}
    person = Person({"NEW_PASSWORD_REQUIRED": [PASSWORD, {**complete, "password": "weak"}, complete]})
    session = signing_in(pool, pool.client(GenerateSecret=True), "grace", "Temporary-1906", person)
    assert session.claims["given_name"] == "Grace"
    first, second, third = person.asked
    assert first.missing_attributes == ("given_name",)
    assert first.is_secret
    assert second.wrong == "given_name is missing"
    assert third.wrong.startswith("Password does not conform to policy")


def test_a_new_password_at_hand_needs_nobody(world: World, pool: Pool, signing_in: SigningIn) -> None:
    invited(pool)
    with pytest.raises(ApiRefused, match="does not conform"):
        signing_in(pool, pool.client(), "grace", "Temporary-1906", new_password="weak-1")
    assert signing_in(pool, pool.client(), "grace", "Temporary-1906", new_password=PASSWORD).subject


def test_a_new_password_at_hand_that_is_too_weak_is_asked_for(world: World, pool: Pool, signing_in: SigningIn) -> None:
    invited(pool)
    person = Person({"NEW_PASSWORD_REQUIRED": PASSWORD})
    signing_in(pool, pool.client(), "grace", "Temporary-1906", person, new_password="weak-1")
    assert [asked.attempt for asked in person.asked] == [2]


def test_attributes_that_nobody_can_be_asked_for_are_named(world: World, signing_in: SigningIn) -> None:
    pool = world.pool(Schema=SUB_ATTRIBUTES)
    invited(pool)
    with pytest.raises(ChallengeRefused, match="given_name is missing"):
        signing_in(pool, pool.client(), "grace", "Temporary-1906", new_password=PASSWORD)


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_a_password_that_was_not_given_is_asked_for(world: World, pool: Pool, signing_in: SigningIn, flow: str) -> None:
    pool.user()
    person = Person({"PASSWORD": PASSWORD})
    assert signing_in(pool, pool.client(), "ada", None, person, flow=flow).subject
    (asked,) = person.asked
    assert asked.is_secret
    with pytest.raises(SettingsError, match="needs a password"):
        signing_in(pool, pool.client(), "ada", flow=flow)


def test_a_new_password_is_followed_by_the_second_factor(world: World, signing_in: SigningIn) -> None:
    world.clock.hold()
    pool = with_mfa(world, "ON", "totp")
    invited(pool)
    person = Person({"NEW_PASSWORD_REQUIRED": PASSWORD, "MFA_SETUP": lambda asked: app_is_set_up(world, asked)})
    assert signing_in(pool, pool.client(GenerateSecret=True), "grace", "Temporary-1906", person).subject
    assert person.names == ["NEW_PASSWORD_REQUIRED", "MFA_SETUP"]


def test_an_e_mail_address_signs_in_whoever_is_called_otherwise(world: World, signing_in: SigningIn) -> None:
    """The challenge tells the pool's own name: answers and SECRET_HASH are made of that."""
    pool = world.pool(UsernameAttributes=["email"], EmailConfiguration=FROM, AccountRecoverySetting=RECOVERY)
    world.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, MfaConfiguration="ON", EmailMfaConfiguration={})
    pool.user("ada@example.com")
    client = pool.client(GenerateSecret=True)
    for flow in ("USER_SRP_AUTH", "USER_PASSWORD_AUTH"):
        person = Person(
            {"EMAIL_OTP": lambda asked: pool.code_for(asked.parameters["USER_ID_FOR_SRP"], "Authentication")}
        )
        session = signing_in(pool, client, "ada@example.com", PASSWORD, person, flow=flow)
        assert session.claims["email"] == "ada@example.com"


# --- USER_AUTH --------------------------------------------------------------------------------------------------------


@pytest.fixture
def chooser(world: World) -> Pool:
    pool = passwordless(world)
    pool.user(phone_number="+15555550839")
    return pool


BY_CHOICE = {"flow": "USER_AUTH"}


@pytest.mark.parametrize("chosen", ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP"])
@pytest.mark.parametrize("how", ["chosen", "preferred"])
def test_every_first_factor_signs_in(world: World, chooser: Pool, signing_in: SigningIn, chosen: str, how: str) -> None:
    code = lambda _: chooser.code_for("ada", "Authentication")  # noqa: E731
    person = Person({"SELECT_CHALLENGE": chosen, "PASSWORD": PASSWORD, "EMAIL_OTP": code, "SMS_OTP": code})
    preferred = {"preferred": chosen} if how == "preferred" else {}
    client = chooser.client(ExplicitAuthFlows=FLOWS, GenerateSecret=True)
    assert signing_in(chooser, client, "ada", None, person, **BY_CHOICE, **preferred).subject
    asked = "PASSWORD" if chosen == "PASSWORD_SRP" else chosen
    assert person.names == [*(["SELECT_CHALLENGE"] if how == "chosen" else []), asked]
    if how == "chosen":
        assert person.asked[0].choices == ("PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP")


def test_without_the_user_pool_s_id_srp_is_not_offered(world: World, chooser: Pool, signing_in: SigningIn) -> None:
    client = chooser.client(ExplicitAuthFlows=FLOWS)
    person = Person({"SELECT_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD})
    nowhere = {"user_pool_id": None}
    assert signing_in(chooser, client, "ada", None, person, **BY_CHOICE, settings=nowhere).subject
    assert person.asked[0].choices == ("PASSWORD", "EMAIL_OTP", "SMS_OTP")
    for needs_it in ({"flow": "USER_SRP_AUTH"}, {**BY_CHOICE, "preferred": "PASSWORD_SRP"}):
        with pytest.raises(SettingsError, match="user_pool_id"):
            signing_in(chooser, client, "ada", PASSWORD, **needs_it, settings=nowhere)


def test_a_password_at_hand_is_what_is_preferred(world: World, chooser: Pool, signing_in: SigningIn) -> None:
    client = chooser.client(ExplicitAuthFlows=FLOWS)
    assert signing_in(chooser, client, "ada", PASSWORD, **BY_CHOICE).subject


def test_a_preference_that_there_is_not_leads_to_the_choice(world: World, signing_in: SigningIn) -> None:
    pool = passwordless(world, "EMAIL_OTP")
    pool.user()
    client = pool.client(ExplicitAuthFlows=FLOWS)
    with pytest.raises(ChallengeRefused) as refused:
        signing_in(pool, client, "ada", **BY_CHOICE, preferred="SMS_OTP")
    assert refused.value.challenge == "SELECT_CHALLENGE"


def test_passkeys_are_for_browsers(world: World, signing_in: SigningIn) -> None:
    pool = passwordless(world, "WEB_AUTHN")
    pool.user()
    client = pool.client(ExplicitAuthFlows=FLOWS)
    with pytest.raises(ChallengeRefused) as refused:
        signing_in(pool, client, "ada", **BY_CHOICE, preferred="WEB_AUTHN")
    assert "browser" in refused.value.hint
    assert "passkey" in str(refused.value)


def test_a_flow_that_there_is_not_is_refused_before_anything_is_sent(pool: Pool, signing_in: SigningIn) -> None:
    with pytest.raises(SettingsError, match="ADMIN_USER_PASSWORD_AUTH"):
        signing_in(pool, pool.client(), "ada", PASSWORD, flow="ADMIN_USER_PASSWORD_AUTH")


# --- CUSTOM_AUTH ------------------------------------------------------------------------------------------------------


class Riddles(Riddle):
    """Two riddles to be solved, one after the other; a password first where the sign-in begins with SRP_A."""

    for_ever = False

    def next_of(self, session: list[dict[str, Any]]) -> dict[str, Any]:
        if [result["challengeName"] for result in session] == ["SRP_A"]:
            return {"challengeName": "PASSWORD_VERIFIER"}
        riddles = [result for result in session if result["challengeName"] == "CUSTOM_CHALLENGE"]
        if len(riddles) < 2 or self.for_ever:
            return {"challengeName": "CUSTOM_CHALLENGE"}
        return {"issueTokens": True} if all(r["challengeResult"] for r in riddles) else {"failAuthentication": True}


@pytest.fixture
def riddles(pool: Pool) -> Riddles:
    riddles = Riddles()
    set_triggers(pool, **riddles.functions)
    return riddles


CUSTOM = {"ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}


@pytest.mark.parametrize("password", [None, PASSWORD], ids=["without a password", "after a password"])
def test_a_pool_s_own_questions_are_handed_on(
    pool: Pool, signing_in: SigningIn, riddles: Riddles, password: str | None
) -> None:
    pool.user()
    person = Person({"CUSTOM_CHALLENGE": "42"})
    client = pool.client(**CUSTOM, GenerateSecret=True)
    told = {"where": "here"}
    assert signing_in(pool, client, "ada", password, person, flow="CUSTOM_AUTH", client_metadata=told).subject
    first, second = person.asked
    assert (first.prompt, first.asked, dict(first.parameters)) == ("6 x 9", Asked.TEXT, {"question": "6 x 9"})
    assert [first.attempt, second.attempt] == [1, 2]
    names = [result["challengeName"] for result in riddles.asked[-1]["request"]["session"]]
    assert names == [*(["SRP_A", "PASSWORD_VERIFIER"] if password else []), "CUSTOM_CHALLENGE", "CUSTOM_CHALLENGE"]
    assert riddles.asked[-1]["request"].get("clientMetadata") == told


def test_a_wrong_answer_to_a_pool_s_own_question_is_the_pool_s_to_judge(
    pool: Pool, signing_in: SigningIn, riddles: Riddles
) -> None:
    pool.user()
    person = Person({"CUSTOM_CHALLENGE": "54"})
    with pytest.raises(ApiRefused, match="Incorrect username or password"):
        signing_in(pool, pool.client(**CUSTOM), "ada", None, person, flow="CUSTOM_AUTH")
    assert len(person.asked) == 2


def test_questions_without_an_end_are_not_followed_for_ever(
    pool: Pool, signing_in: SigningIn, riddles: Riddles
) -> None:
    pool.user()
    riddles.for_ever = True
    person = Person({"CUSTOM_CHALLENGE": "42"})
    with pytest.raises(ChallengeRefused, match="still asks for CUSTOM_CHALLENGE"):
        signing_in(pool, pool.client(**CUSTOM), "ada", None, person, flow="CUSTOM_AUTH")
    assert len(person.asked) == 20
