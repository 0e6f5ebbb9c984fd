"""Sessions: seen, ended, and as many and as long as pools and app clients allow.

Source: the model's documentation of these operations; Developer guide, Managing user sessions.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from asking import invalid, missing, not_authorized, refusal
from world import CALLBACK, Browser, Pool, World

NO_SESSION = missing("Session does not exist.")
REVOKED = not_authorized("Access Token has been revoked")
SCOPES = "openid aws.cognito.signin.user.admin"


@pytest.fixture
def pool(world: World) -> Pool:
    """A pool that tracks sessions, with ada in it."""
    pool = world.pool()
    pool.user()
    track(pool)
    return pool


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    return pool.client()


def track(pool: Pool, most: int = 20, tracking: str = "ENABLED") -> dict[str, Any]:
    answer: dict[str, Any] = pool.world.idp.set_user_pool_session_configuration(
        UserPoolId=pool.pool_id, UserSessionTracking=tracking, TokenSession={"MaxPerUser": most}
    )
    return answer


def allow_sso(pool: Pool, client: dict[str, Any], minutes: int) -> dict[str, Any]:
    answer: dict[str, Any] = pool.world.idp.set_user_pool_client_session_configuration(
        UserPoolId=pool.pool_id, ClientId=client["ClientId"], SSOSession={"MaxValidityMinutes": minutes}
    )
    return answer


def mine(world: World, tokens: dict[str, Any]) -> list[dict[str, Any]]:
    sessions: list[dict[str, Any]] = world.idp.list_user_sessions(AccessToken=tokens["AccessToken"])["Sessions"]
    return sessions


def of(pool: Pool, username: str = "ada", kind: str | None = None) -> list[dict[str, Any]]:
    sessions = pool.world.idp.admin_list_user_sessions(UserPoolId=pool.pool_id, Username=username)["Sessions"]
    return [session for session in sessions if kind in (None, session["SessionType"])]


def current(world: World, tokens: dict[str, Any]) -> dict[str, Any]:
    (session,) = (session for session in mine(world, tokens) if session["IsCurrentSession"])
    return session


def by_browser(world: World, client: dict[str, Any], browser: Browser) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "client_id": client["ClientId"],
        "code": browser.code(client, scope=SCOPES),
        "redirect_uri": CALLBACK,
    }
    members = requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10).json()
    return {"AccessToken": members["access_token"], "RefreshToken": members["refresh_token"]}


def is_signed_in(browser: Browser, client: dict[str, Any]) -> bool:
    return not browser.authorize(client).headers["Location"].startswith("/login")


def renew(world: World, client: dict[str, Any], tokens: dict[str, Any]) -> dict[str, Any]:
    given = {"RefreshToken": tokens["RefreshToken"], "ClientId": client["ClientId"]}
    result: dict[str, Any] = world.idp.get_tokens_from_refresh_token(**given)["AuthenticationResult"]
    return result


def test_a_sign_in_is_a_token_session_and_the_asking_one_is_marked(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    first, second = pool.tokens(client), pool.tokens(pool.client(ClientName="other"))
    sessions = mine(world, first)
    assert len(sessions) == 2
    for session in sessions:
        assert re.fullmatch("tkn[a-z0-9]{25}", session["SessionId"])
        assert session["SessionType"] == "TOKEN"
        assert session["CreateDate"] == session["LastActiveDate"]
        assert "OriginSessionId" not in session
    assert current(world, first)["ClientId"] == client["ClientId"]
    assert current(world, first)["SessionId"] != current(world, second)["SessionId"]
    assert not any(session["IsCurrentSession"] for session in of(pool)), "an administrator shows no token"
    assert {session["SessionId"] for session in of(pool)} == {session["SessionId"] for session in sessions}
    pool.user("eve")
    assert of(pool, "eve") == []


def test_a_refresh_is_activity(world: World, pool: Pool, client: dict[str, Any]) -> None:
    tokens = pool.tokens(client)
    before = current(world, tokens)
    world.clock.advance(600)
    after = current(world, renew(world, client, tokens))
    assert after["SessionId"] == before["SessionId"]
    assert after["CreateDate"] == before["CreateDate"]
    assert (after["LastActiveDate"] - before["LastActiveDate"]).total_seconds() >= 600


def test_a_browser_signed_in_to_the_pages_is_an_sso_session_from_which_token_sessions_come(
    world: World, pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    first = by_browser(world, client, browser)
    other = pool.client(ClientName="other")
    by_browser(world, other, browser)
    (sso,) = of(pool, kind="SSO")
    assert re.fullmatch("sso[a-z0-9]{25}", sso["SessionId"])
    assert sso["ClientId"] == client["ClientId"]
    assert "OriginSessionId" not in sso
    tokens = of(pool, kind="TOKEN")
    assert {session["ClientId"] for session in tokens} == {client["ClientId"], other["ClientId"]}
    assert {session["OriginSessionId"] for session in tokens} == {sso["SessionId"]}
    assert current(world, first)["OriginSessionId"] == sso["SessionId"]


def test_grants_and_rotations_are_activity_of_the_sso_session(
    world: World, pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    tokens = by_browser(world, client, browser)
    began = of(pool, kind="SSO")[0]["LastActiveDate"]
    world.clock.advance(100)
    renew(world, client, tokens)
    assert of(pool, kind="SSO")[0]["LastActiveDate"] == began, "a refresh alone is the token session's"
    by_browser(world, client, browser)
    granted = of(pool, kind="SSO")[0]["LastActiveDate"]
    assert (granted - began).total_seconds() >= 100
    rotates = pool.client(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"], RefreshTokenRotation={"Feature": "ENABLED"})
    tokens = by_browser(world, rotates, browser)
    world.clock.advance(100)
    renew(world, rotates, tokens)
    assert (of(pool, kind="SSO")[0]["LastActiveDate"] - granted).total_seconds() >= 100


def test_a_fresh_sign_in_in_a_browser_replaces_its_session(
    world: World, pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    browser.code(client)
    (before,) = of(pool, kind="SSO")
    browser.sign_in(client, prompt="login")
    (after,) = of(pool, kind="SSO")
    assert after["SessionId"] != before["SessionId"]


def test_somebody_ends_another_session_of_theirs_and_its_tokens_with_it(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    here, there = pool.tokens(client), pool.tokens(client)
    theirs = current(world, there)["SessionId"]
    world.idp.revoke_user_session(AccessToken=here["AccessToken"], SessionId=theirs)
    assert refusal(world.idp.get_user, AccessToken=there["AccessToken"]) == REVOKED
    assert refusal(renew, world=world, client=client, tokens=there)[0] == "NotAuthorizedException"
    assert [session["SessionId"] for session in mine(world, here)] == [current(world, here)["SessionId"]]
    again = refusal(world.idp.revoke_user_session, AccessToken=here["AccessToken"], SessionId=theirs)
    assert again == NO_SESSION


def test_the_asking_session_and_other_people_s_are_not_to_be_ended(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    pool.user("eve")
    here, hers = pool.tokens(client), pool.tokens(client, "eve")
    revoke, access = world.idp.revoke_user_session, here["AccessToken"]
    own = refusal(revoke, AccessToken=access, SessionId=current(world, here)["SessionId"])
    assert own == invalid("The current session cannot be revoked.")
    assert refusal(revoke, AccessToken=access, SessionId=current(world, hers)["SessionId"]) == NO_SESSION
    assert refusal(revoke, AccessToken=access, SessionId="tkn" + "0" * 25) == NO_SESSION
    clause = "at 'sessionId' failed to satisfy constraint: Member must satisfy regular expression pattern"
    assert clause in refusal(revoke, AccessToken=access, SessionId="TKN" + "0" * 25)[1]
    assert world.idp.get_user(AccessToken=hers["AccessToken"])


def test_an_administrator_ends_a_session_of_the_user_who_is_named(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    pool.user("eve")
    tokens = pool.tokens(client)
    given = {"UserPoolId": pool.pool_id, "SessionId": current(world, tokens)["SessionId"]}
    revoke = world.idp.admin_revoke_user_session
    assert refusal(revoke, **given, Username="eve") == NO_SESSION
    assert refusal(revoke, **given, Username="nobody") == ("UserNotFoundException", "User does not exist.")
    revoke(**given, Username="ada")
    assert refusal(world.idp.get_user, AccessToken=tokens["AccessToken"]) == REVOKED
    assert of(pool) == []


@pytest.mark.parametrize("linked", [None, "NONE", "LINKED"])
def test_ending_a_token_session_ends_its_browser_s_too_when_linked(
    world: World, pool: Pool, client: dict[str, Any], browser: Browser, linked: str | None
) -> None:
    first, second = by_browser(world, client, browser), by_browser(world, client, browser)
    given = {} if linked is None else {"RevokeAssociatedSessions": linked}
    world.idp.admin_revoke_user_session(
        UserPoolId=pool.pool_id, Username="ada", SessionId=current(world, first)["SessionId"], **given
    )
    assert is_signed_in(browser, client) is (linked != "LINKED")
    assert len(of(pool, kind="SSO")) == (0 if linked == "LINKED" else 1)
    assert world.idp.get_user(AccessToken=second["AccessToken"]), "what else came by the browser goes on"


@pytest.mark.parametrize("linked", ["NONE", "LINKED"])
def test_ending_a_browser_s_session_ends_what_came_by_it_when_linked(
    world: World, pool: Pool, client: dict[str, Any], browser: Browser, linked: str
) -> None:
    by_api, tokens = pool.tokens(client), by_browser(world, client, browser)
    (sso,) = of(pool, kind="SSO")
    world.idp.revoke_user_session(
        AccessToken=by_api["AccessToken"], SessionId=sso["SessionId"], RevokeAssociatedSessions=linked
    )
    assert not is_signed_in(browser, client)
    if linked == "LINKED":
        assert refusal(world.idp.get_user, AccessToken=tokens["AccessToken"]) == REVOKED
    else:
        assert world.idp.get_user(AccessToken=tokens["AccessToken"])
    assert world.idp.get_user(AccessToken=by_api["AccessToken"])


@pytest.mark.parametrize("linked", ["NONE", "LINKED"])
def test_revoke_token_ends_the_browser_s_session_too_when_linked(
    world: World, pool: Pool, client: dict[str, Any], browser: Browser, linked: str
) -> None:
    first, second = by_browser(world, client, browser), by_browser(world, client, browser)
    named = {"ClientId": client["ClientId"], "RevokeAssociatedSessions": linked}
    world.idp.revoke_token(Token=first["RefreshToken"], **named)
    assert is_signed_in(browser, client) is (linked == "NONE")
    assert world.idp.get_user(AccessToken=second["AccessToken"])
    world.idp.revoke_token(Token=pool.tokens(client)["RefreshToken"], **named)


def test_signing_out_ends_token_sessions_and_leaves_the_browser_s(
    world: World, pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    by_browser(world, client, browser)
    world.idp.admin_user_global_sign_out(UserPoolId=pool.pool_id, Username="ada")
    assert [session["SessionType"] for session in of(pool)] == ["SSO"]


def test_sessions_that_ran_out_are_not_listed(
    world: World, pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    short = pool.client(ClientName="short", RefreshTokenValidity=1)
    pool.tokens(short)
    browser.code(client)
    world.clock.advance(3601)
    assert [session["SessionType"] for session in of(pool)] == ["TOKEN"]
    world.clock.advance(86400)
    assert of(pool) == []


def test_one_session_too_many_ends_the_one_that_rested_longest(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    track(pool, most=2)
    first = pool.tokens(client)
    world.clock.advance(10)
    second = pool.tokens(pool.client(ClientName="other"))
    world.clock.advance(10)
    renew(world, client, first)
    world.clock.advance(10)
    third = pool.tokens(client)
    assert refusal(world.idp.get_user, AccessToken=second["AccessToken"]) == REVOKED
    assert len(mine(world, first)) == 2
    track(pool, most=1)
    assert len(mine(world, third)) == 2, "a lower limit alone ends nothing"
    fourth = pool.tokens(client)
    assert [session["SessionId"] for session in mine(world, fourth)] == [current(world, fourth)["SessionId"]]


def test_a_pool_that_does_not_track_has_no_sessions_and_no_limit(world: World) -> None:
    pool = world.pool()
    pool.user()
    client = pool.client()
    many = [pool.tokens(client) for _ in range(22)]
    assert world.idp.get_user(AccessToken=many[0]["AccessToken"])
    assert mine(world, many[0]) == of(pool) == []
    given = {"AccessToken": many[0]["AccessToken"], "SessionId": "tkn" + "0" * 25}
    assert refusal(world.idp.revoke_user_session, **given) == NO_SESSION
    track(pool)
    assert of(pool) == [], "what began untracked stays so"
    tokens = pool.tokens(client)
    assert len(mine(world, tokens)) == 1
    track(pool, tracking="DISABLED")
    assert mine(world, tokens) == []


def test_a_pool_s_configuration_is_replaced_as_a_whole(world: World) -> None:
    pool = world.pool()
    get = world.idp.get_user_pool_session_configuration
    asked = get(UserPoolId=pool.pool_id)
    asked.pop("ResponseMetadata")
    default = {"UserPoolId": pool.pool_id, "UserSessionTracking": "DISABLED", "TokenSession": {"MaxPerUser": 20}}
    assert asked == default
    answer = track(pool, most=3)
    answer.pop("ResponseMetadata")
    assert answer == {**default, "UserSessionTracking": "ENABLED", "TokenSession": {"MaxPerUser": 3}}
    assert get(UserPoolId=pool.pool_id)["TokenSession"] == {"MaxPerUser": 3}
    assert "less than or equal to 100" in refusal(track, pool=pool, most=101)[1]
    gone = missing("User pool us-east-1_Nowhere00 does not exist.")
    assert refusal(get, UserPoolId="us-east-1_Nowhere00") == gone


def test_a_client_s_configuration_wants_a_pool_that_tracks(world: World) -> None:
    pool = world.pool()
    client = pool.client()
    given = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"]}
    get = world.idp.get_user_pool_client_session_configuration
    assert get(**given)["SSOSession"] == {"MaxValidityMinutes": 60}
    untracked = invalid("Session tracking is not enabled for the user pool.")
    assert refusal(allow_sso, pool=pool, client=client, minutes=5) == untracked
    track(pool)
    answer = allow_sso(pool, client, 5)
    answer.pop("ResponseMetadata")
    assert answer == {**given, "SSOSession": {"MaxValidityMinutes": 5}}
    assert get(**given)["SSOSession"] == {"MaxValidityMinutes": 5}
    other = world.pool().client()
    stranger = missing(f"User pool client {other['ClientId']} does not exist.")
    assert refusal(get, UserPoolId=pool.pool_id, ClientId=other["ClientId"]) == stranger
    assert refusal(allow_sso, pool=pool, client=other, minutes=5) == stranger
    assert "less than or equal to 129600" in refusal(allow_sso, pool=pool, client=client, minutes=129601)[1]


def test_the_lite_plan_has_no_session_management(world: World, pool: Pool, client: dict[str, Any]) -> None:
    world.idp.update_user_pool(UserPoolId=pool.pool_id, UserPoolTier="LITE")
    for change in (lambda: track(pool), lambda: allow_sso(pool, client, 5)):
        assert refusal(change)[0] == "FeatureUnavailableInTierException"
    assert world.idp.get_user_pool_session_configuration(UserPoolId=pool.pool_id)["UserSessionTracking"] == "ENABLED"


def test_each_client_takes_a_browser_s_session_for_as_long_as_it_is_told(
    world: World, pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    short, never, long = (pool.client(ClientName=name) for name in ("short", "never", "long"))
    for one, minutes in ((short, 5), (never, 0), (long, 1440)):
        allow_sso(pool, one, minutes)
    browser.code(client)
    everyone = {"usual": client, "short": short, "never": never, "long": long}

    def who_takes_it() -> set[str]:
        return {name for name, one in everyone.items() if is_signed_in(browser, one)}

    assert who_takes_it() == {"usual", "short", "long"}
    world.clock.advance(301)
    assert who_takes_it() == {"usual", "long"}
    world.clock.advance(3300)
    assert who_takes_it() == {"long"}
    track(pool, tracking="DISABLED")
    assert who_takes_it() == set(), "the clients' own times rest, and the usual hour is over"
    track(pool)
    assert who_takes_it() == {"long"}
    world.clock.advance(86400)
    assert who_takes_it() == set()
