"""Calls that come while what they belong to is deleted: nothing of theirs is left to whoever has its name next.

Whether the deletion comes first or last, and whether the name is given to somebody else at once.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.authentication_levels import Authentication
from halfday.server.domain.users.confirmation import Purpose
from halfday.server.flows.tokens import sso_sessions
from halfday.server.oauth.authorize import grant
from halfday.server.storage.errors import Missing
from halfday.server.storage.rows import TABLES
from in_process import CLIENT, PASSWORD, POOL, Server, make_pool, make_user
from units.races import attributes, call, race, signed_in, with_ada

ANOTHER = "Another-1815"


async def _deleted_and_made_anew(server: Server, _known: Any) -> None:
    """Another person of the same name and the same address."""
    await server.call("AdminDeleteUser", Username="ada")
    await server.call(
        "AdminCreateUser",
        Username="ada",
        UserAttributes=attributes(email="ada@example.com", email_verified="true"),
        TemporaryPassword=ANOTHER,
        MessageAction="SUPPRESS",
    )


async def with_temporary_password(server: Server) -> None:
    await make_pool(server)
    await server.call(
        "AdminCreateUser",
        Username="ada",
        UserAttributes=attributes(email="ada@example.com", email_verified="true"),
        TemporaryPassword=PASSWORD,
        MessageAction="SUPPRESS",
    )


async def _begin(server: Server, _known: Any) -> Any:
    parameters = {"USERNAME": "ada", "PASSWORD": PASSWORD}
    return (await server.call("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters))["Session"]


@race(with_temporary_password, _begin, _deleted_and_made_anew)
async def a_sign_in_begun_by_who_had_the_name_before(server: Server, _known: Any, results: list[Any]) -> None:
    """Else who has been deleted would choose the new person's password."""
    if results[0] == "NotAuthorizedException":
        return
    answer = {"USERNAME": "ada", "NEW_PASSWORD": "Chosen-1815"}
    given = {"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": results[0], "ChallengeResponses": answer}
    try:
        await server.call("RespondToAuthChallenge", **given)
    except Exception as refused:
        assert "session" in str(refused)  # noqa: PT017
    else:
        raise AssertionError("the session of who was deleted is the new person's")


@race(with_ada, call("ForgotPassword", Username="ada"), call("AdminDeleteUser", Username="ada"))
async def a_recovery_code_of_who_is_deleted(server: Server, _known: Any, _results: list[Any]) -> None:
    assert await server.store.confirmations.find(POOL, "ada", Purpose.PASSWORD) is None


async def _with_another_ada(server: Server, _known: Any) -> None:
    await server.call("AdminDeleteUser", Username="ada")
    await make_user(server, email="new@example.com")


@race(with_ada, call("ForgotPassword", Username="ada"), _with_another_ada)
async def a_recovery_code_of_who_had_the_name_before(server: Server, _known: Any, _results: list[Any]) -> None:
    """A code that is the new person's has gone to the new person's address."""
    waiting = await server.store.confirmations.find(POOL, "ada", Purpose.PASSWORD)
    assert waiting is None or waiting.address == "new@example.com"


@race(
    signed_in,
    lambda server, token: server.call("AssociateSoftwareToken", AccessToken=token),
    call("AdminDeleteUser", Username="ada"),
)
async def a_secret_handed_out_to_who_is_deleted(server: Server, _known: Any, _results: list[Any]) -> None:
    assert await server.store.software_tokens.find(POOL, "ada") is None


async def _begin_on_the_pages(server: Server, _known: Any) -> Any:
    """The end of a sign-in on the pages: a session for the browser, and a code for the app."""
    pool = await server.store.pools.get(POOL)
    client = await server.store.app_clients.get(POOL, CLIENT)
    user = await server.store.users.get(POOL, "ada")
    asked = {"pool": pool, "client": client, "redirect_uri": "http://localhost:8080", "scopes": ("openid",)}
    request = SimpleNamespace(**asked, response_type="code", parameters={}, state=None, levels=None, resource=None)
    try:
        _, session = await sso_sessions.begin(server.services, pool, client, user, Authentication())
        return await grant(server.services, cast(Any, request), user, session, RequestContext())
    except Missing:
        return "gone"


async def _rows_of_ada(server: Server) -> list[str]:
    """The tables that hold something of hers."""
    found = []
    for table in TABLES.values():
        if table.belongs_to == "user":
            sql = f"SELECT 1 FROM {table.name} WHERE username = 'ada'"
            found += [table.name] if await server.store._database.fetch(sql) else []
    return found


@race(with_ada, _begin_on_the_pages, call("AdminDeleteUser", Username="ada"))
async def a_sign_in_on_the_pages_of_who_is_deleted(server: Server, _known: Any, _results: list[Any]) -> None:
    assert await _rows_of_ada(server) == []
