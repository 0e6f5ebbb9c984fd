"""Authentication levels over the API: AcrConfiguration; TARGET_ACR_VALUES, MAX_AGE and ACCESS_TOKEN of USER_AUTH.

Source: Developer guide, Authentication levels with ACR and AMR claims; Step-up authentication with the USER_AUTH flow.
"""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from asking import invalid, not_authorized, refusal
from halfday.server.domain.users.factors import totp
from operations.test_mfa import FROM, RECOVERY, SMS_CONFIGURATION, SPENT, step, wrong
from operations.test_sign_in import initiate, respond
from world import PASSWORD, Pool, World

FLOWS = ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"]
LOA = "urn:cognito:loa:{}"
OUT_OF_REACH = invalid("User has no authentication factors that satisfy a requested ACR value.")
Client = dict[str, Any]


@pytest.fixture
def pool(world: World) -> Pool:
    """Nobody is asked for a second factor; codes by mail and SMS may begin a sign-in, and apps may be registered."""
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = world.pool(
        Policies=policies, EmailConfiguration=FROM, AccountRecoverySetting=RECOVERY, SmsConfiguration=SMS_CONFIGURATION
    )
    world.idp.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    pool.user()
    return pool


@pytest.fixture
def client(pool: Pool) -> Client:
    return pool.client(ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="LEGACY")


def with_app(pool: Pool, client: Client, name: str = "ada") -> str:
    """The secret of an app that the person has registered, and that the pool asks nobody for."""
    token = pool.tokens(client, name)["AccessToken"]
    idp = pool.world.idp
    secret: str = idp.associate_software_token(AccessToken=token)["SecretCode"]
    idp.verify_software_token(AccessToken=token, UserCode=totp(secret, step(pool.world)))
    return secret


def app_code(world: World, secret: str) -> str:
    """A code that was not used before."""
    world.clock.advance(30)
    return totp(secret, step(world))


def aim(world: World, client: Client, *levels: int, name: str = "ada", **more: str) -> dict[str, Any]:
    target = " ".join(map(LOA.format, levels))
    return initiate(world, client, "USER_AUTH", USERNAME=name, TARGET_ACR_VALUES=target, **more)


def by_password(world: World, client: Client, *levels: int, **more: str) -> dict[str, Any]:
    return aim(world, client, *levels, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD, **more)


def seems(world: World, client: Client, name: str) -> list[str]:
    """What this name may begin with, be it somebody's or nobody's."""
    challenges: list[str] = initiate(world, client, "USER_AUTH", USERNAME=name)["AvailableChallenges"]
    return challenges


def told(answer: dict[str, Any]) -> tuple[Any, Any]:
    """(acr, amr), which both tokens tell alike."""
    result = answer["AuthenticationResult"]
    claims = [jwt.decode(result[name], options={"verify_signature": False}) for name in ("IdToken", "AccessToken")]
    first, second = ((each.get("acr"), each.get("amr")) for each in claims)
    assert first == second
    return first


def test_a_sign_in_that_was_asked_for_no_level_tells_none(world: World, pool: Pool, client: Client) -> None:
    assert told(initiate(world, client, USERNAME="ada", PASSWORD=PASSWORD)) == (None, None)
    answer = initiate(world, client, "USER_AUTH", USERNAME="ada", PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    assert told(answer) == (None, None)


def test_a_password_is_level_one(world: World, client: Client) -> None:
    assert told(by_password(world, client, 1)) == (LOA.format(1), ["pwd"])


def test_a_code_by_mail_is_level_two(world: World, pool: Pool, client: Client) -> None:
    asked = aim(world, client, 2)
    assert asked["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"], "a password with a code is more"
    asked = aim(world, client, 2, PREFERRED_CHALLENGE="EMAIL_OTP")
    answer = respond(world, client, "EMAIL_OTP", asked["Session"], USERNAME="ada", EMAIL_OTP_CODE=pool.code_for("ada"))
    assert told(answer) == (LOA.format(2), ["email_otp"])


def test_a_password_with_a_code_by_mail_is_level_three(world: World, pool: Pool, client: Client) -> None:
    asked = by_password(world, client, 3)
    assert asked["ChallengeName"] == "EMAIL_OTP"
    answer = respond(world, client, "EMAIL_OTP", asked["Session"], USERNAME="ada", EMAIL_OTP_CODE=pool.code_for("ada"))
    assert told(answer) == (LOA.format(3), ["pwd", "email_otp", "mfa"])


def test_a_password_with_an_app_is_level_four(world: World, pool: Pool, client: Client) -> None:
    secret = with_app(pool, client)
    asked = aim(world, client, 4)
    assert asked["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"], "a code by mail leads nowhere"
    asked = by_password(world, client, 4)
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    code = app_code(world, secret)
    answer = respond(
        world, client, "SOFTWARE_TOKEN_MFA", asked["Session"], USERNAME="ada", SOFTWARE_TOKEN_MFA_CODE=code
    )
    assert told(answer) == (LOA.format(4), ["pwd", "otp", "mfa"])
    token = answer["AuthenticationResult"]["RefreshToken"]
    again = initiate(world, client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)
    assert told(again) == (LOA.format(4), ["pwd", "otp", "mfa"])


def test_the_first_level_that_the_person_can_satisfy_counts(world: World, pool: Pool, client: Client) -> None:
    assert by_password(world, client, 4, 3)["ChallengeName"] == "EMAIL_OTP"
    assert told(by_password(world, client, 1, 4)) == (LOA.format(1), ["pwd"])


def test_a_level_out_of_reach_is_refused_at_once(world: World, pool: Pool, client: Client) -> None:
    assert refusal(lambda: aim(world, client, 4)) == OUT_OF_REACH
    assert refusal(lambda: by_password(world, client, 4)) == OUT_OF_REACH


def test_where_nobody_is_to_learn_who_exists_it_is_refused_after_the_password(world: World, pool: Pool) -> None:
    client = pool.client(ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="ENABLED")
    pool.user("bob")
    with_app(pool, client, "bob")
    nobody = next(name for name in (f"nobody-{n}" for n in range(99)) if "PASSWORD" in seems(world, client, name))
    for name in ("ada", "bob", nobody):
        assert sorted(aim(world, client, 4, name=name)["AvailableChallenges"]) == ["PASSWORD", "PASSWORD_SRP"], name
    assert refusal(lambda: by_password(world, client, 4)) == OUT_OF_REACH
    wrong_password = not_authorized("Incorrect username or password.")
    for name in ("ada", "bob", nobody):
        asked = {"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": "wrong"}
        assert refusal(lambda name=name, asked=asked: aim(world, client, 4, name=name, **asked)) == wrong_password


def test_a_required_second_factor_is_asked_for_below_its_level_too(world: World, pool: Pool, client: Client) -> None:
    secret = with_app(pool, client)
    world.idp.admin_set_user_mfa_preference(
        UserPoolId=pool.pool_id, Username="ada", SoftwareTokenMfaSettings={"Enabled": True}
    )
    asked = by_password(world, client, 1)
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    code = app_code(world, secret)
    answer = respond(
        world, client, "SOFTWARE_TOKEN_MFA", asked["Session"], USERNAME="ada", SOFTWARE_TOKEN_MFA_CODE=code
    )
    assert told(answer)[0] == LOA.format(4)


class TestSteppingUpFromAToken:
    def test_only_what_is_missing_is_asked_for(self, world: World, pool: Pool, client: Client) -> None:
        secret = with_app(pool, client)
        first = by_password(world, client, 1)["AuthenticationResult"]
        asked = aim(world, client, 4, ACCESS_TOKEN=first["AccessToken"])
        assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
        code = app_code(world, secret)
        answer = respond(
            world, client, "SOFTWARE_TOKEN_MFA", asked["Session"], USERNAME="ada", SOFTWARE_TOKEN_MFA_CODE=code
        )
        assert told(answer) == (LOA.format(4), ["pwd", "otp", "mfa"])
        before, after = (
            jwt.decode(result["IdToken"], options={"verify_signature": False})
            for result in (first, answer["AuthenticationResult"])
        )
        assert after["auth_time"] == before["auth_time"], "the password is as old as it was"
        assert after["origin_jti"] != before["origin_jti"]

    def test_a_sign_in_that_told_no_level_counts_for_what_it_was(
        self, world: World, pool: Pool, client: Client
    ) -> None:
        with_app(pool, client)
        token = pool.tokens(client)["AccessToken"]
        assert aim(world, client, 4, ACCESS_TOKEN=token)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"

    def test_a_wrong_code_gives_nothing(self, world: World, pool: Pool, client: Client) -> None:
        secret = with_app(pool, client)
        asked = aim(world, client, 4, ACCESS_TOKEN=pool.tokens(client)["AccessToken"])
        code = wrong(app_code(world, secret))
        answering = {"USERNAME": "ada", "SOFTWARE_TOKEN_MFA_CODE": code}
        refused = refusal(lambda: respond(world, client, "SOFTWARE_TOKEN_MFA", asked["Session"], **answering))
        assert refused[0] == "CodeMismatchException"

    def test_who_has_the_level_gets_no_tokens_for_it(self, world: World, pool: Pool, client: Client) -> None:
        token = by_password(world, client, 1)["AuthenticationResult"]["AccessToken"]
        refused = refusal(lambda: aim(world, client, 1, ACCESS_TOKEN=token))
        assert refused == invalid("The access token already satisfies the requested ACR value.")

    def test_a_password_is_asked_for_before_a_code_that_needs_one(
        self, world: World, pool: Pool, client: Client
    ) -> None:
        secret = with_app(pool, client)
        asked = aim(world, client, 2, PREFERRED_CHALLENGE="EMAIL_OTP")
        code = pool.code_for("ada")
        first = respond(world, client, "EMAIL_OTP", asked["Session"], USERNAME="ada", EMAIL_OTP_CODE=code)
        asked = aim(world, client, 4, ACCESS_TOKEN=first["AuthenticationResult"]["AccessToken"])
        assert asked["ChallengeName"] == "PASSWORD"
        asked = respond(world, client, "PASSWORD", asked["Session"], USERNAME="ada", PASSWORD=PASSWORD)
        assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
        given = {"USERNAME": "ada", "SOFTWARE_TOKEN_MFA_CODE": app_code(world, secret)}
        answer = respond(world, client, "SOFTWARE_TOKEN_MFA", asked["Session"], **given)
        assert told(answer) == (LOA.format(4), ["email_otp", "pwd", "otp", "mfa"])

    def test_an_old_sign_in_counts_for_nothing(self, world: World, pool: Pool, client: Client) -> None:
        with_app(pool, client)
        token = pool.tokens(client)["AccessToken"]
        world.clock.advance(61)
        assert aim(world, client, 4, ACCESS_TOKEN=token, MAX_AGE="60")["ChallengeName"] == "SELECT_CHALLENGE"
        assert aim(world, client, 4, ACCESS_TOKEN=token, MAX_AGE="0")["ChallengeName"] == "SELECT_CHALLENGE"
        assert aim(world, client, 4, ACCESS_TOKEN=token, MAX_AGE="600")["ChallengeName"] == "SOFTWARE_TOKEN_MFA"

    def test_another_s_token_is_refused(self, world: World, pool: Pool, client: Client) -> None:
        with_app(pool, client)
        pool.user("bob")
        for token, name in (
            (pool.tokens(client, "bob")["AccessToken"], "ada"),
            (pool.tokens(pool.client(ExplicitAuthFlows=FLOWS))["AccessToken"], "ada"),
            (pool.tokens(client)["AccessToken"], "nobody"),
            ("made-up", "ada"),
            (pool.tokens(client)["IdToken"], "ada"),
        ):
            code, _ = refusal(lambda token=token, name=name: aim(world, client, 4, name=name, ACCESS_TOKEN=token))
            assert code == "NotAuthorizedException"

    def test_a_token_that_was_revoked_is_refused(self, world: World, pool: Pool, client: Client) -> None:
        with_app(pool, client)
        token = pool.tokens(client)["AccessToken"]
        world.idp.global_sign_out(AccessToken=token)
        refused = refusal(lambda: aim(world, client, 4, ACCESS_TOKEN=token))
        assert refused == not_authorized("Access Token has been revoked")

    def test_a_session_is_answered_once(self, world: World, pool: Pool, client: Client) -> None:
        secret = with_app(pool, client)
        asked = aim(world, client, 4, ACCESS_TOKEN=pool.tokens(client)["AccessToken"])
        given = {"USERNAME": "ada", "SOFTWARE_TOKEN_MFA_CODE": app_code(world, secret)}
        respond(world, client, "SOFTWARE_TOKEN_MFA", asked["Session"], **given)
        given["SOFTWARE_TOKEN_MFA_CODE"] = app_code(world, secret)
        again = refusal(lambda: respond(world, client, "SOFTWARE_TOKEN_MFA", asked["Session"], **given))
        assert again == SPENT


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"TARGET_ACR_VALUES": "urn:somebody:else"}, "TARGET_ACR_VALUES does not contain a valid ACR value."),
        ({"TARGET_ACR_VALUES": ""}, "TARGET_ACR_VALUES does not contain a valid ACR value."),
        ({"ACCESS_TOKEN": "token"}, "ACCESS_TOKEN requires TARGET_ACR_VALUES."),
        ({"MAX_AGE": "-1"}, "MAX_AGE must be a non-negative integer."),
        ({"MAX_AGE": "soon"}, "MAX_AGE must be a non-negative integer."),
    ],
)
def test_what_cannot_be_meant_is_refused(
    world: World, client: Client, parameters: dict[str, str], sentence: str
) -> None:
    refused = refusal(lambda: initiate(world, client, "USER_AUTH", USERNAME="ada", **parameters))
    assert refused == invalid(sentence)


@pytest.mark.parametrize("name", ["TARGET_ACR_VALUES", "MAX_AGE", "ACCESS_TOKEN"])
def test_another_flow_does_not_pretend_to_honour_them(world: World, client: Client, name: str) -> None:
    given = {"USERNAME": "ada", "PASSWORD": PASSWORD, name: "1"}
    refused = refusal(lambda: initiate(world, client, **given))
    assert refused == invalid(f"{name} is taken with the flow USER_AUTH only.")


def test_a_lite_pool_has_no_levels(world: World) -> None:
    pool = world.pool()
    pool.user()
    client = pool.client(ExplicitAuthFlows=FLOWS)
    world.idp.update_user_pool(UserPoolId=pool.pool_id, UserPoolTier="LITE")
    assert refusal(lambda: by_password(world, client, 1))[0] == "FeatureUnavailableInTierException"
    named = {"AcrConfiguration": {"Level1": {"AcrValue": "urn:one"}}}
    refused = refusal(world.idp.update_user_pool, UserPoolId=pool.pool_id, **named)
    assert refused[0] == "FeatureUnavailableInTierException"


def test_an_administrator_s_sign_in_steps_up_too(world: World, pool: Pool, client: Client) -> None:
    secret = with_app(pool, client)
    given = {"USERNAME": "ada", "TARGET_ACR_VALUES": LOA.format(4), "ACCESS_TOKEN": pool.tokens(client)["AccessToken"]}
    where = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"]}
    asked = world.idp.admin_initiate_auth(**where, AuthFlow="USER_AUTH", AuthParameters=given)
    answer = world.idp.admin_respond_to_auth_challenge(
        **where,
        ChallengeName=asked["ChallengeName"],
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": "ada", "SOFTWARE_TOKEN_MFA_CODE": app_code(world, secret)},
    )
    assert told(answer)[0] == LOA.format(4)


class TestNames:
    def test_a_pool_s_own_names_are_told_and_asked_for(self, world: World, pool: Pool, client: Client) -> None:
        own = {"Level1": {"AcrValue": "https://example.com/bronze"}}
        self.name(world, pool, own)
        assert refusal(lambda: by_password(world, client, 1))[0] == "InvalidParameterException"
        given = {"USERNAME": "ada", "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD}
        answer = initiate(world, client, "USER_AUTH", TARGET_ACR_VALUES="https://example.com/bronze", **given)
        assert told(answer) == ("https://example.com/bronze", ["pwd"])

    def test_they_are_shown_with_the_names_that_are_left(self, world: World) -> None:
        pool = world.pool(AcrConfiguration={"Level2": {"AcrValue": "urn:my:2"}, "Level3": {"AcrValue": "urn:my:3"}})
        shown = world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["AcrConfiguration"]
        names = [shown[level]["AcrValue"] for level in ("Level1", "Level2", "Level3", "Level4")]
        assert names == ["urn:cognito:loa:1", "urn:my:2", "urn:my:3", "urn:cognito:loa:4"]

    @pytest.mark.parametrize(
        "names",
        [
            {"Level1": "urn:cognito:loa:2"},
            {"Level1": "same", "Level4": "same"},
            {"Level5": "urn:five"},
            {"Level1": "a b"},
            {"Level1": 'a"b'},
            {"Level1": "x" * 65},
        ],
    )
    def test_what_names_no_level_is_refused(self, world: World, names: dict[str, str]) -> None:
        given = {level: {"AcrValue": name} for level, name in names.items()}
        refused = refusal(world.idp.create_user_pool, PoolName="p", AcrConfiguration=given)
        assert refused[0] == "InvalidParameterException"

    def test_a_level_under_an_old_name_is_not_credited_and_its_methods_are(
        self, world: World, pool: Pool, client: Client
    ) -> None:
        with_app(pool, client)
        token = by_password(world, client, 1)["AuthenticationResult"]["AccessToken"]
        self.name(world, pool, {"Level1": {"AcrValue": "urn:new:1"}})
        assert aim(world, client, 4, ACCESS_TOKEN=token)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"

    def name(self, world: World, pool: Pool, names: dict[str, Any]) -> None:
        known = world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
        kept = ("Policies", "EmailConfiguration", "SmsConfiguration", "AccountRecoverySetting", "MfaConfiguration")
        given = {member: known[member] for member in kept if member in known}
        world.idp.update_user_pool(UserPoolId=pool.pool_id, AcrConfiguration=names, **given)
