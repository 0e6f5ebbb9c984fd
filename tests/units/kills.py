"""Use cases that write more than once, each to be killed at every statement. Run by test_kills."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.codes_and_sessions import Code, digest
from halfday.server.domain.user_pools.pools import DevicePolicy, MfaPolicy, SessionPolicy
from halfday.server.domain.users.factors import TOTP_STEP_S, totp
from halfday.server.oauth.grants import authorization_code
from in_process import CLIENT, PASSWORD, POOL, Server, SetUp, Work, make_pool, make_user, result_of, sign_in

BESIDE = frozenset({"attempts"})
"""Attempts are counted whatever becomes of what is attempted: else who breaks it off could try for ever."""


@dataclass(frozen=True)
class UseCase:
    """`steps`: how many units it has. Between two of them it may be cut off, as the reason in its docstring says."""

    set_up: SetUp
    work: Work
    steps: int = 1


CASES: dict[str, UseCase] = {}


def case(set_up: SetUp, *, steps: int = 1) -> Callable[[Work], Work]:
    def register(work: Work) -> Work:
        CASES[getattr(work, "__name__", "").replace("_", " ")] = UseCase(set_up, work, steps)
        return work

    return register


def attributes(**values: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


async def with_ada(server: Server) -> None:
    await make_pool(server, threat_protection="AUDIT", devices=DevicePolicy())
    await make_user(server, phone_number="+15550100", phone_number_verified="true")


async def with_empty_pool(server: Server) -> None:
    await make_pool(server, threat_protection="AUDIT")


@case(with_empty_pool)
async def sign_up(server: Server, _known: Any) -> Any:
    given = {"Username": "eve", "Password": PASSWORD, "UserAttributes": attributes(email="eve@example.com")}
    return await server.call("SignUp", **given)


@case(with_empty_pool)
async def admin_create_user(server: Server, _known: Any) -> Any:
    given = {"Username": "eve", "UserAttributes": attributes(email="eve@example.com")}
    return await server.call("AdminCreateUser", DesiredDeliveryMediums=["EMAIL"], **given)


async def invited(server: Server) -> None:
    await with_empty_pool(server)
    await admin_create_user(server, None)


@case(invited)
async def admin_create_user_again(server: Server, _known: Any) -> Any:
    return await server.call(
        "AdminCreateUser", Username="eve", MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"]
    )


async def signed_up(server: Server) -> tuple[str, Any]:
    await with_empty_pool(server)
    session = (await sign_up(server, None))["Session"]
    return server.code("SignUp"), session


@case(signed_up)
async def confirm_sign_up(server: Server, known: Any) -> Any:
    return await server.call("ConfirmSignUp", Username="eve", ConfirmationCode=known[0], Session=known[1])


@case(signed_up)
async def resend_confirmation_code(server: Server, _known: Any) -> Any:
    return await server.call("ResendConfirmationCode", Username="eve")


@case(with_ada)
async def forgot_password(server: Server, _known: Any) -> Any:
    return await server.call("ForgotPassword", Username="ada")


async def forgotten(server: Server) -> str:
    await with_ada(server)
    await server.call("ForgotPassword", Username="ada")
    return server.code("ForgotPassword")


@case(forgotten)
async def confirm_forgot_password(server: Server, code: Any) -> Any:
    return await server.call("ConfirmForgotPassword", Username="ada", ConfirmationCode=code, Password="Babbage-1791")


@case(with_ada)
async def admin_reset_user_password(server: Server, _known: Any) -> Any:
    return await server.call("AdminResetUserPassword", Username="ada")


async def signed_in(server: Server) -> Any:
    await with_ada(server)
    return await sign_in(server)


@case(signed_in)
async def admin_disable_user(server: Server, _known: Any) -> Any:
    return await server.call("AdminDisableUser", Username="ada")


@case(signed_in)
async def admin_delete_user(server: Server, _known: Any) -> Any:
    return await server.call("AdminDeleteUser", Username="ada")


@case(signed_in)
async def change_password(server: Server, known: Any) -> Any:
    given = {"PreviousPassword": PASSWORD, "ProposedPassword": "Babbage-1791"}
    return await server.call("ChangePassword", AccessToken=known["AccessToken"], **given)


@case(signed_in)
async def update_user_attributes(server: Server, known: Any) -> Any:
    listed = attributes(email="new@example.com", name="Ada")
    return await server.call("UpdateUserAttributes", AccessToken=known["AccessToken"], UserAttributes=listed)


async def with_code_for_address(server: Server) -> tuple[str, str]:
    token = (await signed_in(server))["AccessToken"]
    await server.call("AdminUpdateUserAttributes", Username="ada", UserAttributes=attributes(email="new@example.com"))
    return token, server.code()


@case(with_code_for_address)
async def verify_user_attribute(server: Server, known: Any) -> Any:
    return await server.call("VerifyUserAttribute", AccessToken=known[0], AttributeName="email", Code=known[1])


@case(signed_in)
async def confirm_device(server: Server, known: Any) -> Any:
    key = known["NewDeviceMetadata"]["DeviceKey"]
    config = {"PasswordVerifier": "AQID", "Salt": "AQID"}
    return await server.call(
        "ConfirmDevice", AccessToken=known["AccessToken"], DeviceKey=key, DeviceSecretVerifierConfig=config
    )


async def with_device(server: Server) -> Any:
    known = await signed_in(server)
    await confirm_device(server, known)
    return known


@case(with_device)
async def forget_device(server: Server, known: Any) -> Any:
    key = known["NewDeviceMetadata"]["DeviceKey"]
    return await server.call("ForgetDevice", AccessToken=known["AccessToken"], DeviceKey=key)


async def with_app(server: Server) -> Any:
    token = (await signed_in(server))["AccessToken"]
    secret = (await server.call("AssociateSoftwareToken", AccessToken=token))["SecretCode"]
    await server.call("VerifySoftwareToken", AccessToken=token, UserCode=totp(secret, int(server.now // TOTP_STEP_S)))
    chosen = {"Enabled": True, "PreferredMfa": True}
    await server.call("SetUserMFAPreference", AccessToken=token, SoftwareTokenMfaSettings=chosen)
    return secret


@case(with_app)
async def admin_delete_software_token(server: Server, _known: Any) -> Any:
    return await server.call("AdminDeleteSoftwareToken", Username="ada")


async def with_app_asked_for(server: Server) -> Any:
    secret = await with_app(server)
    return secret, (await sign_in(server))["Session"]


@case(with_app_asked_for, steps=2)
async def answer_with_a_code_of_the_app(server: Server, known: Any) -> Any:
    """The proofs are one unit, the tokens another: who is cut off in between signs in again."""
    code = totp(known[0], int(server.now // TOTP_STEP_S))
    answer = {"USERNAME": "ada", "SOFTWARE_TOKEN_MFA_CODE": code}
    given = {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": known[1], "ChallengeResponses": answer}
    return await server.call("RespondToAuthChallenge", **given)


async def asked_for_a_new_password(server: Server) -> Any:
    await with_ada(server)
    await server.call("AdminSetUserPassword", Username="ada", Password=PASSWORD, Permanent=False)
    return (await sign_in(server))["Session"]


@case(asked_for_a_new_password, steps=2)
async def answer_with_a_new_password(server: Server, session: Any) -> Any:
    """As `answer_with_a_code_of_the_app`."""
    answer = {"USERNAME": "ada", "NEW_PASSWORD": "Babbage-1791"}
    given = {"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session, "ChallengeResponses": answer}
    return await server.call("RespondToAuthChallenge", **given)


async def asked_to_set_up(server: Server) -> Any:
    await make_pool(server, mfa=MfaPolicy("ON", ("SOFTWARE_TOKEN_MFA",)))
    await make_user(server)
    return (await sign_in(server))["Session"]


@case(asked_to_set_up)
async def associate_an_app_in_a_sign_in(server: Server, session: Any) -> Any:
    return await server.call("AssociateSoftwareToken", Session=session)


async def app_handed_out(server: Server) -> Any:
    return await associate_an_app_in_a_sign_in(server, await asked_to_set_up(server))


@case(app_handed_out)
async def verify_an_app_in_a_sign_in(server: Server, known: Any) -> Any:
    code = totp(known["SecretCode"], int(server.now // TOTP_STEP_S))
    return await server.call("VerifySoftwareToken", Session=known["Session"], UserCode=code)


async def with_code_of_a_page(server: Server) -> str:
    await with_ada(server)
    code = Code(digest("the code"), POOL, CLIENT, "ada", "http://localhost:8080", ("openid",), 1000.0, 9000.0)
    await server.store.codes.insert(code)
    return "the code"


@case(with_code_of_a_page)
async def redeem_a_code(server: Server, code: Any) -> Any:
    client = await server.store.app_clients.get(POOL, CLIENT)
    form = {"code": code, "redirect_uri": "http://localhost:8080"}
    return await authorization_code(server.services, client, form, RequestContext())


async def with_rotation(server: Server) -> str:
    await make_pool(server, client={"rotation_grace_s": 60}, sessions=SessionPolicy(tracked=True))
    await make_user(server)
    return str((await sign_in(server))["RefreshToken"])


@case(with_rotation)
async def rotate_a_refresh_token(server: Server, token: Any) -> Any:
    return await server.call("GetTokensFromRefreshToken", RefreshToken=token)


@case(with_ada)
async def a_wrong_password(server: Server, _known: Any) -> Any:
    return await result_of(sign_in(server, "ada", "wrong"))
