"""Section 3 of the table: the user pool's API, mostly by the client itself, else by boto3."""

from __future__ import annotations

from typing import Any

from doctor.table import Findings, Stage, fails, raised, refused
from halfday import Challenge
from halfday.protocol import srp
from world import PASSWORD


def sign_in(stage: Stage, client: dict[str, Any], password: str = PASSWORD, **settings: Any) -> Findings:
    cognito = stage.cognito(client, **settings)
    return raised(lambda: cognito.sign_in("ada", password, srp=False))


def initiate(stage: Stage, client: dict[str, Any], flow: str = "USER_PASSWORD_AUTH", **parameters: str) -> Findings:
    given = {"ClientId": client["ClientId"], "AuthFlow": flow, "AuthParameters": parameters}
    return refused(stage.world.idp.initiate_auth, **given)


@fails("3.1")
def no_secret_hash(stage: Stage) -> Findings:
    return sign_in(stage, stage.confidential())


@fails("3.2")
def another_client_s_secret(stage: Stage) -> Findings:
    return sign_in(stage, stage.confidential(), client_secret="x" * 51)


@fails("3.2b")
def a_secret_for_a_client_that_has_none(stage: Stage) -> Findings:
    return sign_in(stage, stage.client(), client_secret="x" * 51)


@fails("3.3")
def a_secret_hash_of_the_address_at_renewal(stage: Stage) -> Findings:
    client = stage.confidential()
    mine = srp.secret_hash("ada", client["ClientId"], client["ClientSecret"])
    signed_in = stage.world.idp.initiate_auth(
        ClientId=client["ClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD, "SECRET_HASH": mine},
    )["AuthenticationResult"]
    theirs = srp.secret_hash("ada@example.com", client["ClientId"], client["ClientSecret"])
    return initiate(stage, client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=signed_in["RefreshToken"], SECRET_HASH=theirs)


@fails("3.4")
def a_flow_that_is_off(stage: Stage) -> Findings:
    return sign_in(stage, stage.client(ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"]))


@fails("3.5")
def a_refresh_token_made_up(stage: Stage) -> Findings:
    return initiate(stage, stage.client(), "REFRESH_TOKEN_AUTH", REFRESH_TOKEN="made-up")


@fails("3.7")
def a_refresh_token_revoked(stage: Stage) -> Findings:
    client = stage.client()
    token = stage.pool.tokens(client)["RefreshToken"]
    stage.world.idp.revoke_token(ClientId=client["ClientId"], Token=token)
    return initiate(stage, client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)


@fails("2.11")
def a_rotated_refresh_token_used_again(stage: Stage) -> Findings:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    client = stage.client(
        RefreshTokenRotation=rotation, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]
    )
    token = stage.pool.tokens(client)["RefreshToken"]
    given = {"ClientId": client["ClientId"], "RefreshToken": token}
    stage.world.idp.get_tokens_from_refresh_token(**given)
    return refused(stage.world.idp.get_tokens_from_refresh_token, **given)


@fails("3.8")
def an_access_token_without_the_scope(stage: Stage) -> Findings:
    client = stage.client()
    session = stage.cognito(client).exchange(stage.code(client, scope="openid"))
    return refused(stage.world.idp.get_user, AccessToken=session.access_token)


@fails("3.9")
def an_access_token_after_global_sign_out(stage: Stage) -> Findings:
    token = stage.pool.tokens(stage.client())["AccessToken"]
    stage.world.idp.global_sign_out(AccessToken=token)
    return refused(stage.world.idp.get_user, AccessToken=token)


@fails("3.10")
def a_client_of_nowhere(stage: Stage) -> Findings:
    return sign_in(stage, {"ClientId": "nobody"})


@fails("3.10b")
def a_pool_of_nowhere(stage: Stage) -> Findings:
    return refused(stage.world.idp.admin_get_user, UserPoolId="us-east-1_Nowhere00", Username="ada")


@fails("3.12")
def a_wrong_password(stage: Stage) -> Findings:
    return sign_in(stage, stage.client(), "Wrong-1815")


@fails("3.13")
def a_user_nobody_knows(stage: Stage) -> Findings:
    client = stage.client(PreventUserExistenceErrors="LEGACY")
    return initiate(stage, client, USERNAME="nobody", PASSWORD=PASSWORD)


@fails("3.14")
def an_account_never_confirmed(stage: Stage) -> Findings:
    client = stage.client()
    address = [{"Name": "email", "Value": "bea@example.com"}]
    given = {"ClientId": client["ClientId"], "Username": "bea", "Password": PASSWORD}
    stage.world.idp.sign_up(**given, UserAttributes=address)
    return raised(lambda: stage.cognito(client).sign_in("bea", PASSWORD, srp=False))


@fails("3.15")
def a_password_that_was_reset(stage: Stage) -> Findings:
    pool = stage.world.pool(AutoVerifiedAttributes=["email"])
    pool.user()
    stage.pool = pool
    client = stage.client()
    stage.world.idp.admin_reset_user_password(UserPoolId=pool.pool_id, Username="ada")
    return sign_in(stage, client)


@fails("3.16")
def too_many_wrong_passwords(stage: Stage) -> Findings:
    client = stage.client()
    for _ in range(6):
        found = sign_in(stage, client, "Wrong-1815")
    return found


@fails("3.17")
def a_user_disabled(stage: Stage) -> Findings:
    client = stage.client()
    stage.world.idp.admin_disable_user(UserPoolId=stage.pool.pool_id, Username="ada")
    return sign_in(stage, client)


@fails("3.18")
def a_temporary_password_too_old(stage: Stage) -> Findings:
    client = stage.client()
    stage.world.idp.admin_create_user(
        UserPoolId=stage.pool.pool_id, Username="bea", TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
    )
    stage.world.clock.advance(8 * 86_400)
    return raised(lambda: stage.cognito(client).sign_in("bea", PASSWORD, srp=False))


@fails("3.19")
def a_wrong_confirmation_code(stage: Stage) -> Findings:
    stage.pool = stage.world.pool(AutoVerifiedAttributes=["email"])
    client = stage.client()
    given = {"ClientId": client["ClientId"], "Username": "bea"}
    address = [{"Name": "email", "Value": "bea@example.com"}]
    stage.world.idp.sign_up(**given, Password=PASSWORD, UserAttributes=address)
    return refused(stage.world.idp.confirm_sign_up, **given, ConfirmationCode="000000")


@fails("3.20")
def a_temporary_password(stage: Stage) -> Findings:
    client = stage.client()
    stage.world.idp.admin_set_user_password(
        UserPoolId=stage.pool.pool_id, Username="ada", Password=PASSWORD, Permanent=False
    )
    return sign_in(stage, client)


@fails("3.21")
def a_second_factor_to_be_set_up(stage: Stage) -> Findings:
    idp, pool_id = stage.world.idp, stage.pool.pool_id
    idp.set_user_pool_mfa_config(
        UserPoolId=pool_id, SoftwareTokenMfaConfiguration={"Enabled": True}, MfaConfiguration="ON"
    )
    return sign_in(stage, stage.client())


@fails("3.22")
def a_new_password_that_is_too_weak(stage: Stage) -> Findings:
    client, given = stage.client(), {"UserPoolId": stage.pool.pool_id, "Username": "ada"}
    stage.world.idp.admin_set_user_password(**given, Password=PASSWORD, Permanent=False)
    return raised(lambda: stage.cognito(client).sign_in("ada", PASSWORD, srp=False, new_password="weak"))


@fails("3.23")
def a_sign_in_that_took_too_long(stage: Stage) -> Findings:
    client, given = stage.client(), {"UserPoolId": stage.pool.pool_id, "Username": "ada"}
    stage.world.idp.admin_set_user_password(**given, Password=PASSWORD, Permanent=False)

    def answer_late(challenge: Challenge) -> str:
        stage.world.clock.advance(300)
        return "Compiler-1952"

    return raised(lambda: stage.cognito(client).sign_in("ada", PASSWORD, answer_late, srp=False))


@fails("3.24")
def a_value_that_has_not_the_form(stage: Stage) -> Findings:
    given = {"ClientId": stage.client()["ClientId"], "Username": "bea", "Password": PASSWORD}
    return refused(stage.world.idp.sign_up, **given, UserAttributes=[{"Name": "email", "Value": "bea at home"}])


@fails("1.4")
def a_callback_url_in_the_clear(stage: Stage) -> Findings:
    given = {"UserPoolId": stage.pool.pool_id, "ClientName": "web", "CallbackURLs": ["http://example.com/"]}
    return refused(
        stage.world.idp.create_user_pool_client,
        **given,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
    )
