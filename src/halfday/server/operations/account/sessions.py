"""Sessions of a user, and the settings of pools and app clients for them: ListUserSessions, RevokeUserSession …

A token family is a TOKEN session, a browser signed in to the pages an SSO session. A pool that does not track sessions
has none to list and none to end [inferred: "does not store server-side session records"]. Source: API reference;
Developer guide, Managing user sessions.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.codes_and_sessions import BROWSER_SESSION_LIFETIME_S, BrowserSession, TokenFamily
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool, SessionPolicy
from halfday.server.domain.users.users import User
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import invalid, the_caller, the_client_of, the_pool, the_user
from halfday.server.operations.framework.registry import Call, Output, operation

MOST_ON_A_PAGE = 125

Session = TokenFamily | BrowserSession


@operation("cognito-idp", "ListUserSessions", honours="AccessToken NextToken")
async def list_user_sessions(call: Call) -> Output:
    me = the_caller(call)
    return await _page(call, me.pool, me.user, current=str(me.claims.get("origin_jti")))


@operation("cognito-idp", "AdminListUserSessions", honours="UserPoolId Username NextToken")
async def admin_list_user_sessions(call: Call) -> Output:
    pool = await the_pool(call)
    return await _page(call, pool, await the_user(call, pool), current=None)


@operation("cognito-idp", "RevokeUserSession", honours="AccessToken SessionId RevokeAssociatedSessions")
async def revoke_user_session(call: Call) -> Output:
    """Ends one of the caller's sessions. Their current one is refused: RevokeToken ends that."""
    me = the_caller(call)
    session = await _the_session(call, me.pool, me.user)
    if isinstance(session, TokenFamily) and session.origin_jti == me.claims.get("origin_jti"):
        raise invalid("The current session cannot be revoked.")
    await _end(call, session)
    return {}


@operation("cognito-idp", "AdminRevokeUserSession", honours="UserPoolId Username SessionId RevokeAssociatedSessions")
async def admin_revoke_user_session(call: Call) -> Output:
    pool = await the_pool(call)
    await _end(call, await _the_session(call, pool, await the_user(call, pool)))
    return {}


@operation("cognito-idp", "GetUserPoolSessionConfiguration", honours="UserPoolId")
async def get_user_pool_session_configuration(call: Call) -> Output:
    return _pool_configuration(await the_pool(call))


@operation(
    "cognito-idp", "SetUserPoolSessionConfiguration", honours="UserPoolId UserSessionTracking TokenSession.MaxPerUser"
)
async def set_user_pool_session_configuration(call: Call) -> Output:
    """No session is ended by this. A user with too many sessions is brought within the limit at the next sign-in."""
    pool = await the_pool(call)
    _check_tier(pool)
    sessions = SessionPolicy(
        tracked=call.input["UserSessionTracking"] == "ENABLED", most_per_user=call.input["TokenSession"]["MaxPerUser"]
    )
    change = partial(replace, sessions=sessions, modified_at=call.now)
    return _pool_configuration(await call.services.store.pools.change(pool.pool_id, change))


@operation("cognito-idp", "GetUserPoolClientSessionConfiguration", honours="UserPoolId ClientId")
async def get_user_pool_client_session_configuration(call: Call) -> Output:
    return _client_configuration(await the_client_of(call, await the_pool(call)))


@operation(
    "cognito-idp",
    "SetUserPoolClientSessionConfiguration",
    honours="UserPoolId ClientId SSOSession.MaxValidityMinutes",
)
async def set_user_pool_client_session_configuration(call: Call) -> Output:
    pool = await the_pool(call)
    client = await the_client_of(call, pool)
    _check_tier(pool)
    if not pool.sessions.tracked:
        raise invalid("Session tracking is not enabled for the user pool.")
    change = partial(replace, sso_minutes=call.input["SSOSession"]["MaxValidityMinutes"], modified_at=call.now)
    return _client_configuration(await call.services.store.app_clients.change(pool.pool_id, client.client_id, change))


async def _page(call: Call, pool: Pool, user: User, *, current: str | None) -> Output:
    """The user's sessions, in the order of their ids. `current`: the origin_jti of the caller's token."""
    sessions = sorted(await _sessions_of(call, pool, user), key=_name)
    return await paging.listing(
        call,
        "Sessions",
        paging.among(sessions, _name),
        key=_name,
        shape=lambda session: _shape(session, current),
        most=MOST_ON_A_PAGE,
    )


async def _sessions_of(call: Call, pool: Pool, user: User) -> list[Session]:
    if not pool.sessions.tracked:
        return []
    store, who = call.services.store, (pool.pool_id, user.username)
    return [
        *await store.token_families.sessions_of(*who, now=call.now),
        *await store.browser_sessions.sessions_of(*who, now=call.now),
    ]


async def _the_session(call: Call, pool: Pool, user: User) -> Session:
    """The session, if it is this user's. Of another user's session it is not told that it exists."""
    for session in await _sessions_of(call, pool, user):
        if session.session_id == call.input["SessionId"]:
            return session
    raise Refused("ResourceNotFoundException", "Session does not exist.")


async def _end(call: Call, session: Session) -> None:
    """Ends the session and its tokens. With LINKED also the browser session that a token session came by, or the token
    sessions that came by a browser session.
    """
    linked = call.input.get("RevokeAssociatedSessions") == "LINKED"
    families, browsers = call.services.store.token_families, call.services.store.browser_sessions
    async with call.services.store.unit(session.pool_id):
        if isinstance(session, TokenFamily):
            await families.revoke(session.pool_id, session.origin_jti)
            if linked and session.sso_session_id is not None:
                await browsers.delete_session(session.pool_id, session.username, session.sso_session_id)
            return
        await browsers.delete(session.pool_id, session.session_hash)
        if linked:
            for family in await families.sessions_of(session.pool_id, session.username, now=call.now):
                if family.sso_session_id == session.session_id:
                    await families.revoke(family.pool_id, family.origin_jti)


def _check_tier(pool: Pool) -> None:
    """The feature's name in AWS's sentence is [inferred]."""
    if pool.tier == "LITE":
        sentence = "The following features need to be disabled for the LITE pricing tier configured: Session Management"
        raise Refused("FeatureUnavailableInTierException", sentence)


def _name(session: Session) -> str:
    return session.session_id or ""


def _shape(session: Session, current: str | None) -> dict[str, Any]:
    tokens = session if isinstance(session, TokenFamily) else None
    return {
        "SessionId": session.session_id,
        "SessionType": "TOKEN" if tokens else "SSO",
        "ClientId": session.client_id,
        "CreateDate": tokens.created_at if tokens else session.auth_time,
        "LastActiveDate": session.active_at,
        "OriginSessionId": tokens.sso_session_id if tokens else None,
        "IsCurrentSession": tokens is not None and tokens.origin_jti == current,
    }


def _pool_configuration(pool: Pool) -> dict[str, Any]:
    return {
        "UserPoolId": pool.pool_id,
        "UserSessionTracking": "ENABLED" if pool.sessions.tracked else "DISABLED",
        "TokenSession": {"MaxPerUser": pool.sessions.limit},
    }


def _client_configuration(client: AppClient) -> dict[str, Any]:
    minutes = BROWSER_SESSION_LIFETIME_S // 60 if client.sso_minutes is None else client.sso_minutes
    return {
        "UserPoolId": client.pool_id,
        "ClientId": client.client_id,
        "SSOSession": {"MaxValidityMinutes": minutes},
    }
