"""Pairs of calls that come at once, and what must hold afterwards whichever comes first. Run by test_races."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from halfday.protocol.errors import OAuthError
from halfday.server.domain.aws.identity_pools import Identity
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.codes_and_sessions import Code, digest
from halfday.server.domain.user_pools.configuration import MOST_STYLES
from halfday.server.domain.users.confirmation import Purpose
from halfday.server.domain.users.factors import TOTP_STEP_S, totp
from halfday.server.oauth.grants import authorization_code
from halfday.server.storage.errors import Stale
from in_process import (
    ACCOUNT,
    CLIENT,
    PASSWORD,
    POOL,
    POOL_ARN,
    Server,
    SetUp,
    Work,
    make_pool,
    make_user,
    sign_in,
)

Check = Callable[[Server, Any, list[Any]], Awaitable[None]]


@dataclass(frozen=True)
class Race:
    set_up: SetUp
    works: tuple[Work, Work]
    check: Check


RACES: dict[str, Race] = {}


def race(set_up: SetUp, first: Work, second: Work) -> Callable[[Check], Check]:
    """The decorated function looks at what the two works left behind."""

    def register(check: Check) -> Check:
        RACES[check.__name__.replace("_", " ")] = Race(set_up, (first, second), check)
        return check

    return register


def call(name: str, /, service: str = "cognito-idp", **given: Any) -> Work:
    async def work(server: Server, _known: Any) -> Any:
        return await server.call(name, service, **given)

    return work


async def with_ada(server: Server) -> None:
    await make_pool(server)
    await make_user(server, phone_number="+15550100", phone_number_verified="true")


async def _user(server: Server, username: str = "ada") -> dict[str, Any]:
    shown = await server.call("AdminGetUser", Username=username)
    return {**shown, **{pair["Name"]: pair["Value"] for pair in shown["UserAttributes"]}}


def attributes(**values: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


@race(
    with_ada,
    call("AdminUpdateUserAttributes", Username="ada", UserAttributes=attributes(name="Ada")),
    call("AdminUpdateUserAttributes", Username="ada", UserAttributes=attributes(nickname="Countess")),
)
async def two_attributes_of_one_user(server: Server, _known: Any, _results: list[Any]) -> None:
    user = await _user(server)
    assert (user["name"], user["nickname"]) == ("Ada", "Countess")


@race(
    with_ada,
    call("AdminDeleteUserAttributes", Username="ada", UserAttributeNames=["phone_number"]),
    call("AdminUpdateUserAttributes", Username="ada", UserAttributes=attributes(name="Ada")),
)
async def an_attribute_deleted_while_another_is_set(server: Server, _known: Any, _results: list[Any]) -> None:
    user = await _user(server)
    assert ("phone_number" in user, user["name"]) == (False, "Ada")


async def signed_in(server: Server) -> str:
    await with_ada(server)
    return str((await sign_in(server))["AccessToken"])


async def _with_a_code_for_the_address(server: Server) -> str:
    token = await signed_in(server)
    await server.call("AdminUpdateUserAttributes", Username="ada", UserAttributes=attributes(email="new@example.com"))
    return token


async def _verify_email(server: Server, token: str, code: str) -> Any:
    return await server.call("VerifyUserAttribute", AccessToken=token, AttributeName="email", Code=code)


async def _update_own(server: Server, token: Any) -> Any:
    return await server.call("UpdateUserAttributes", AccessToken=token, UserAttributes=attributes(name="Ada"))


async def _with_code(server: Server) -> tuple[str, str]:
    token = await _with_a_code_for_the_address(server)
    return token, server.code()


@race(
    _with_code,
    lambda server, known: server.call(
        "VerifyUserAttribute", AccessToken=known[0], AttributeName="email", Code=known[1]
    ),
    lambda server, known: _update_own(server, known[0]),
)
async def an_address_verified_while_another_attribute_is_set(server: Server, _known: Any, _results: list[Any]) -> None:
    user = await _user(server)
    assert (user["email_verified"], user["name"]) == ("true", "Ada")


@race(
    with_ada,
    call("AdminSetUserMFAPreference", Username="ada", SMSMfaSettings={"Enabled": True}),
    call("AdminSetUserMFAPreference", Username="ada", EmailMfaSettings={"Enabled": True}),
)
async def two_second_factors_switched_on(server: Server, _known: Any, _results: list[Any]) -> None:
    assert sorted((await _user(server))["UserMFASettingList"]) == ["EMAIL_OTP", "SMS_MFA"]


async def _with_group(server: Server) -> None:
    await with_ada(server)
    await server.call("CreateGroup", GroupName="analysts")


@race(
    _with_group,
    call("UpdateGroup", GroupName="analysts", Description="They count."),
    call("UpdateGroup", GroupName="analysts", Precedence=7),
)
async def two_settings_of_a_group(server: Server, _known: Any, _results: list[Any]) -> None:
    group = (await server.call("GetGroup", GroupName="analysts"))["Group"]
    assert (group["Description"], group["Precedence"]) == ("They count.", 7)


@race(
    make_pool,
    call("TagResource", ResourceArn=POOL_ARN, Tags={"one": "1"}),
    call("TagResource", ResourceArn=POOL_ARN, Tags={"two": "2"}),
)
async def two_tags_of_a_pool(server: Server, _known: Any, _results: list[Any]) -> None:
    assert (await server.call("ListTagsForResource", ResourceArn=POOL_ARN))["Tags"] == {"one": "1", "two": "2"}


async def _with_identity_pool(server: Server) -> str:
    given = {"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": False}
    return str((await server.call("CreateIdentityPool", "cognito-identity", **given))["IdentityPoolId"])


ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"


@race(
    _with_identity_pool,
    lambda server, pool_id: server.call(
        "UpdateIdentityPool",
        "cognito-identity",
        IdentityPoolId=pool_id,
        IdentityPoolName="renamed",
        AllowUnauthenticatedIdentities=True,
    ),
    lambda server, pool_id: server.call(
        "SetIdentityPoolRoles", "cognito-identity", IdentityPoolId=pool_id, Roles={"authenticated": ROLE}
    ),
)
async def an_identity_pool_and_its_roles(server: Server, pool_id: Any, _results: list[Any]) -> None:
    pool = await server.store.identity_pools.get(pool_id)
    assert (pool.name, pool.allow_guests, pool.roles) == ("renamed", True, {"authenticated": ROLE})


async def _with_provider(server: Server) -> None:
    await make_pool(server)
    details = {"client_id": "id", "client_secret": "s", "authorize_scopes": "openid"}
    await server.call("CreateIdentityProvider", ProviderName="Google", ProviderType="Google", ProviderDetails=details)


@race(
    _with_provider,
    call("UpdateIdentityProvider", ProviderName="Google", AttributeMapping={"email": "email"}),
    call("UpdateIdentityProvider", ProviderName="Google", IdpIdentifiers=["example.com"]),
)
async def two_settings_of_a_provider(server: Server, _known: Any, _results: list[Any]) -> None:
    provider = await server.store.providers.get(POOL, "Google")
    assert (provider.attribute_mapping["email"], provider.identifiers) == ("email", ("example.com",))


LIGHT, DARK = ({"categories": {"global": {"colorSchemeMode": mode}}} for mode in ("LIGHT", "DARK"))


async def _with_style(server: Server) -> str:
    await make_pool(server)
    made = await server.call("CreateManagedLoginBranding", Settings=LIGHT)
    return str(made["ManagedLoginBranding"]["ManagedLoginBrandingId"])


ICON = bytes([0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 24, 0, 48, 0, 0, 0, 22, 0, 0, 0]) + bytes(48)
ASSET = {"Category": "FAVICON_ICO", "ColorMode": "LIGHT", "Extension": "ICO", "Bytes": ICON}


@race(
    _with_style,
    lambda server, style: server.call("UpdateManagedLoginBranding", ManagedLoginBrandingId=style, Settings=DARK),
    lambda server, style: server.call("UpdateManagedLoginBranding", ManagedLoginBrandingId=style, Assets=[ASSET]),
)
async def settings_and_assets_of_a_style(server: Server, style: Any, _results: list[Any]) -> None:
    kept = await server.store.brandings.find(POOL, style)
    assert kept is not None
    assert (kept.settings, len(kept.assets)) == (DARK, 1)


LINK = {"cognito:default": "https://example.com/terms"}


async def _with_terms(server: Server) -> str:
    await make_pool(server)
    given = {"TermsName": "terms-of-use", "TermsSource": "LINK", "Enforcement": "NONE", "Links": LINK}
    return str((await server.call("CreateTerms", **given))["Terms"]["TermsId"])


@race(
    _with_terms,
    lambda server, terms: server.call("UpdateTerms", TermsId=terms, TermsName="privacy-policy"),
    lambda server, terms: server.call(
        "UpdateTerms", TermsId=terms, Links={"cognito:default": "https://example.com/other"}
    ),
)
async def name_and_links_of_terms(server: Server, terms: Any, _results: list[Any]) -> None:
    kept = await server.store.terms.find(POOL, terms)
    assert kept is not None
    assert (kept.name, kept.links["cognito:default"][-5:]) == ("privacy-policy", "other")


async def _with_role(server: Server) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    await server.call("CreateRole", "iam", RoleName="reader", AssumeRolePolicyDocument=document)


def _policy(name: str) -> Work:
    resources = [f"arn:aws:s3:::{name}-{number:03}-{'x' * 200}" for number in range(26)]
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return call("PutRolePolicy", "iam", RoleName="reader", PolicyName=name, PolicyDocument=document)


@race(_with_role, _policy("one"), _policy("two"))
async def policies_that_are_too_large_together(server: Server, _known: Any, results: list[Any]) -> None:
    assert len((await server.store.roles.get(ACCOUNT, "reader")).policies) == 1
    assert results.count("LimitExceeded") == 1


async def _with_a_style_less(server: Server) -> None:
    await make_pool(server)
    for number in range(MOST_STYLES + 1):
        await server.call("CreateUserPoolClient", ClientName=f"c{number}")
    clients = [client for client in await server.store.app_clients.page(POOL, limit=60) if client.client_id != CLIENT]
    for client in clients[: MOST_STYLES - 1]:
        await server.call("CreateManagedLoginBranding", ClientId=client.client_id, UseCognitoProvidedValues=True)


@race(
    _with_a_style_less,
    call("CreateManagedLoginBranding", UseCognitoProvidedValues=True),
    lambda server, _: _style_of_another(server),
)
async def the_last_style_that_a_pool_may_have(server: Server, _known: Any, results: list[Any]) -> None:
    assert await server.store.brandings.count(POOL) == MOST_STYLES
    assert results.count("LimitExceededException") == 1


async def _style_of_another(server: Server) -> Any:
    clients = await server.store.app_clients.page(POOL, limit=60)
    last = [client for client in clients if client.client_id != CLIENT][-1]
    return await server.call("CreateManagedLoginBranding", ClientId=last.client_id, UseCognitoProvidedValues=True)


async def _signed_up(server: Server) -> str:
    await make_pool(server)
    given = {"Username": "eve", "Password": PASSWORD, "UserAttributes": attributes(email="eve@example.com")}
    await server.call("SignUp", **given)
    return server.code()


@race(
    _signed_up,
    lambda server, code: server.call("ConfirmSignUp", Username="eve", ConfirmationCode=code),
    call("AdminUpdateUserAttributes", Username="eve", UserAttributes=attributes(nickname="E")),
)
async def a_sign_up_confirmed_while_an_attribute_is_set(server: Server, _known: Any, _results: list[Any]) -> None:
    user = await _user(server, "eve")
    assert (user["email_verified"], user["nickname"], user["UserStatus"]) == ("true", "E", "CONFIRMED")


@race(
    _signed_up,
    lambda server, code: server.call("ConfirmSignUp", Username="eve", ConfirmationCode=code),
    call("AdminSetUserPassword", Username="eve", Password=PASSWORD, Permanent=False),
)
async def a_sign_up_confirmed_while_a_temporary_password_is_set(
    server: Server, _known: Any, results: list[Any]
) -> None:
    """Whichever comes last, a temporary password is one that must be changed."""
    assert (await _user(server, "eve"))["UserStatus"] == "FORCE_CHANGE_PASSWORD"


@race(_signed_up, call("AdminConfirmSignUp", Username="eve"), call("AdminConfirmSignUp", Username="eve"))
async def a_sign_up_confirmed_twice(_server: Server, _known: Any, results: list[Any]) -> None:
    assert results.count("NotAuthorizedException") == 1


async def families_of_anybody(server: Server) -> int:
    return int((await server.store._database.fetch("SELECT count(*) FROM token_families"))[0][0])


SIGN_IN: Work = lambda server, _: sign_in(server)  # noqa: E731


@race(with_ada, SIGN_IN, call("AdminDisableUser", Username="ada"))
async def a_sign_in_while_the_user_is_disabled(server: Server, _known: Any, results: list[Any]) -> None:
    """Who is disabled has no session: one that began in time has ended with it."""
    assert await families_of_anybody(server) == 0


@race(with_ada, SIGN_IN, call("AdminDeleteUser", Username="ada"))
async def a_sign_in_while_the_user_is_deleted(server: Server, _known: Any, results: list[Any]) -> None:
    """Else the session would be that of whoever is given this name next."""
    assert await families_of_anybody(server) == 0


@race(
    _with_group,
    call("AdminAddUserToGroup", Username="ada", GroupName="analysts"),
    call("DeleteGroup", GroupName="analysts"),
)
async def a_member_of_a_group_that_is_deleted(server: Server, _known: Any, _results: list[Any]) -> None:
    await server.call("CreateGroup", GroupName="analysts")
    assert (await server.call("ListUsersInGroup", GroupName="analysts"))["Users"] == []


async def _with_code_of_a_page(server: Server) -> str:
    await with_ada(server)
    await server.store.codes.insert(
        Code(digest("the code"), POOL, CLIENT, "ada", "http://localhost:8080", ("openid",), 1000.0, 9000.0)
    )
    return "the code"


async def _redeem(server: Server, code: Any) -> Any:
    client = await server.store.app_clients.get(POOL, CLIENT)
    try:
        form = {"code": code, "redirect_uri": "http://localhost:8080"}
        return await authorization_code(server.services, client, form, RequestContext())
    except OAuthError as refused:
        return refused.error


@race(_with_code_of_a_page, _redeem, _redeem)
async def a_code_redeemed_twice(_server: Server, _known: Any, results: list[Any]) -> None:
    assert results.count("invalid_grant") == 1


@race(_with_code_of_a_page, _redeem, call("AdminDisableUser", Username="ada"))
async def a_code_redeemed_while_its_user_is_disabled(server: Server, _known: Any, _results: list[Any]) -> None:
    assert await families_of_anybody(server) == 0


async def _with_rotation(server: Server) -> str:
    await make_pool(server, client={"rotation_grace_s": 0})
    await make_user(server)
    return str((await sign_in(server))["RefreshToken"])


async def _rotate(server: Server, token: Any) -> Any:
    answer = await server.call("GetTokensFromRefreshToken", RefreshToken=token)
    return answer["AuthenticationResult"]["RefreshToken"]


@race(_with_rotation, _rotate, _rotate)
async def a_refresh_token_rotated_twice(_server: Server, _known: Any, results: list[Any]) -> None:
    assert results.count("RefreshTokenReuseException") == 1


@race(_with_rotation, _rotate, call("AdminDisableUser", Username="ada"))
async def a_refresh_token_rotated_while_its_user_is_disabled(server: Server, _known: Any, _results: list[Any]) -> None:
    assert await families_of_anybody(server) == 0


async def _asked_for_codes(server: Server) -> None:
    await with_ada(server)
    await server.call("ForgotPassword", Username="ada")


@race(_asked_for_codes, call("ForgotPassword", Username="ada"), call("ForgotPassword", Username="ada"))
async def two_codes_asked_for(server: Server, _known: Any, _results: list[Any]) -> None:
    """A code that was replaced is known for one, and not called wrong."""
    waiting = await server.store.confirmations.find(POOL, "ada", Purpose.PASSWORD)
    assert waiting is not None
    assert len(waiting.superseded) == 2


async def _recover(server: Server, code: Any, password: str) -> Any:
    return await server.call("ConfirmForgotPassword", Username="ada", ConfirmationCode=code, Password=password)


async def _forgotten(server: Server) -> str:
    await _asked_for_codes(server)
    return server.code("ForgotPassword")


@race(
    _forgotten,
    lambda server, code: server.call(
        "ConfirmForgotPassword", Username="ada", ConfirmationCode=code, Password="One-1815"
    ),
    lambda server, code: server.call(
        "ConfirmForgotPassword", Username="ada", ConfirmationCode=code, Password="Two-1815"
    ),
)
async def a_recovery_code_used_twice(_server: Server, _known: Any, results: list[Any]) -> None:
    assert results.count("ExpiredCodeException") == 1


async def _with_a_guest(server: Server) -> str:
    await server.store.identities.insert(Identity("us-east-1:pool", "us-east-1:guest", 1.0, 1.0))
    return "us-east-1:guest"


def _taken(known: Identity, logins: dict[str, str]) -> Identity:
    if known.logins:
        raise Stale
    return replace(known, logins=logins)


def _link(provider: str, subject: str) -> Work:
    async def work(server: Server, identity_id: Any) -> Any:
        identity = await server.store.identities.find(identity_id)
        assert identity is not None
        try:
            return await server.store.identities.change(identity, lambda known: _taken(known, {provider: subject}))
        except Stale:
            return "Stale"

    return work


async def _is_one_person_s(server: Server, identity_id: Any, results: list[Any]) -> None:
    identity = await server.store.identities.find(identity_id)
    assert identity is not None
    assert [identity] == [result for result in results if result != "Stale"]
    assert len(identity.logins) == 1
    for provider, subject in (("one", "ada"), ("one", "bob"), ("two", "bob")):
        owner = await server.store.identities.find_by_login("us-east-1:pool", provider, subject)
        assert (owner is not None) == (identity.logins.get(provider) == subject)


@race(_with_a_guest, _link("one", "ada"), _link("one", "bob"))
async def two_people_of_one_provider_who_take_one_guest(server: Server, known: Any, results: list[Any]) -> None:
    await _is_one_person_s(server, known, results)


@race(_with_a_guest, _link("one", "ada"), _link("two", "bob"))
async def two_people_of_two_providers_who_take_one_guest(server: Server, known: Any, results: list[Any]) -> None:
    await _is_one_person_s(server, known, results)


async def _with_a_waiting_app(server: Server) -> str:
    token = await signed_in(server)
    return str((await server.call("AssociateSoftwareToken", AccessToken=token))["SecretCode"]) + " " + token


async def _prove(server: Server, known: Any) -> Any:
    secret, token = known.split()
    return await server.call(
        "VerifySoftwareToken", AccessToken=token, UserCode=totp(secret, int(server.now // TOTP_STEP_S))
    )


async def _associate(server: Server, known: Any) -> Any:
    return (await server.call("AssociateSoftwareToken", AccessToken=known.split()[1]))["SecretCode"]


@race(_with_a_waiting_app, _prove, _associate)
async def an_app_proven_while_another_is_handed_out(server: Server, known: Any, results: list[Any]) -> None:
    """The secret that was handed out last still waits for its code, unless the proof was of it."""
    kept = await server.store.software_tokens.find(POOL, "ada")
    assert kept is not None
    assert results[1] in (kept.pending_secret, kept.secret)
    if results[0] == {"Status": "SUCCESS"}:
        assert kept.secret == known.split()[0]
    else:
        assert results[0] == "EnableSoftwareTokenMFAException"
