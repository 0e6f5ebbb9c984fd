"""A rule says no once, and every edge says it in its own way."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from halfday.protocol.errors import ServiceError
from halfday.server.domain.refusals import Refused, Rule
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.users.users import UserStatus
from halfday.server.flows.factors.passwords import set_password
from halfday.server.operations.framework import registry
from halfday.server.operations.framework.dispatch import UndeclaredError, dispatch
from halfday.server.storage.sqlite import SqliteDatabase
from in_process import POOL, Server, make_pool, make_user, server_over


class Doors(Rule):
    SHUT = ("NotAuthorizedException", "The door is shut.")
    LOCKED = ("NotAuthorizedException", "The door is locked.")


def test_a_refusal_tells_the_sentence_and_keeps_the_detail_to_itself() -> None:
    refused = Doors.SHUT.because("ada has no key")
    assert (refused.code, refused.sentence, refused.detail) == (*Doors.SHUT.value, "ada has no key")
    assert str(refused) == "The door is shut."


def test_a_refusal_is_by_a_rule_whoever_raised_it() -> None:
    refused = Refused("NotAuthorizedException", "The door is shut.", "said elsewhere")
    assert refused.is_one_of(Doors.LOCKED, Doors.SHUT)
    assert not refused.is_one_of(Doors.LOCKED)


async def _refusal_of(refused: Refused, service: str, name: str, monkeypatch: pytest.MonkeyPatch) -> ServiceError:
    """What dispatch makes of a refusal by the work of an operation."""

    async def work(call: registry.Call) -> registry.Output:
        raise refused

    known = registry.find(service, name)
    assert known is not None
    monkeypatch.setitem(registry._OPERATIONS, (service, name), replace(known, handler=work, authority="public"))
    monkeypatch.setattr("halfday.server.operations.framework.constraints.objections", lambda *_: [])
    server = server_over(SqliteDatabase(":memory:"))
    edge = {"region": "us-east-1", "context": RequestContext(), "prove": _nobody, "parse": lambda _: {}}
    with pytest.raises(ServiceError) as told:
        await dispatch(server.services, service, name, **edge)
    return told.value


HERE = RequestContext(source_address="192.0.2.1")


async def _nobody() -> None:
    raise AssertionError("a public operation proves nobody")


@pytest.mark.parametrize(
    ("service", "name", "code", "told", "status"),
    [
        ("cognito-idp", "GetUser", "NotAuthorizedException", "NotAuthorizedException", 400),
        ("iam", "GetRole", "NoSuchEntity", "NoSuchEntity", 404),
        ("cognito-idp", "ListUsers", "NotImplementedException", "NotImplementedException", 501),
        ("sts", "AssumeRoleWithWebIdentity", "AccessDenied", "AccessDenied", 403),
        ("cognito-idp", "ChangePassword", "LimitExceededException", "LimitExceededException", 400),
        ("cognito-idp", "InitiateAuth", "LimitExceededException", "TooManyRequestsException", 400),
        ("cognito-idp", "GetTokensFromRefreshToken", "RefreshTokenReuseException", "RefreshTokenReuseException", 400),
        ("cognito-idp", "InitiateAuth", "RefreshTokenReuseException", "NotAuthorizedException", 400),
    ],
)
def test_a_refusal_travels_with_the_code_that_its_operation_declares_and_that_code_s_status(
    service: str, name: str, code: str, told: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = asyncio.run(_refusal_of(Refused(code, "No.", "for the log"), service, name, monkeypatch))
    assert (error.code, error.message, error.detail, error.status) == (told, "No.", "for the log", status)


def test_a_code_that_the_operation_does_not_declare_is_a_mistake_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UndeclaredError, match="ListUsers does not declare GroupExistsException"):
        asyncio.run(_refusal_of(Refused("GroupExistsException", "No."), "cognito-idp", "ListUsers", monkeypatch))


async def _with_a_weak_password(server: Server) -> None:
    await make_pool(server)
    await make_user(server)
    pool, user = await server.store.pools.get(POOL), await server.store.users.get(POOL, "ada")
    with pytest.raises(Refused, match=r"^Password does not conform to policy: Password not long enough$") as refused:
        await set_password(server.services, pool, user, "Short-1", status=UserStatus.CONFIRMED)
    assert refused.value.code == "InvalidPasswordException"
    assert await server.store.users.get(POOL, "ada") == user


def test_no_flow_sets_a_password_that_the_policy_does_not_allow() -> None:
    asyncio.run(_with_a_weak_password(server_over(SqliteDatabase(":memory:"))))
