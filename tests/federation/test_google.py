"""Signing in through the stand-in Google, by the pool's own redirects. Source: facts/federation.md §2, §3, §6."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
import requests
from botocore.exceptions import ClientError

from arrivals import Arrivals
from halfday.server.stand_in import Account
from world import CALLBACK, World, code_in, query_in

POOL = "us-east-1_Federated"
CLIENT = "federatedclient"


def claims_of(world: World, answer: requests.Response) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "client_id": CLIENT,
        "code": code_in(answer),
        "redirect_uri": CALLBACK,
    }
    tokens = requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10).json()
    claims: dict[str, Any] = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    return claims


def username_of(email: str) -> str:
    return f"Google_{Account(email).subject}"


def test_a_first_sign_in_makes_a_profile_under_the_provider_s_name(world: World, person: Any) -> None:
    answer = person.with_google("ada@example.com", "Ada Lovelace")
    assert answer.headers["Location"].startswith(f"{CALLBACK}?code=")
    assert query_in(answer)["state"] == "st4te", "the app's own state, not the one that went to Google"
    user = world.idp.admin_get_user(UserPoolId=POOL, Username=username_of("ada@example.com"))
    assert user["UserStatus"] == "EXTERNAL_PROVIDER"
    assert user["Enabled"] is True
    attributes = {pair["Name"]: pair["Value"] for pair in user["UserAttributes"]}
    assert attributes["email"] == "ada@example.com"
    assert attributes["email_verified"] == "true"
    assert attributes["name"] == "Ada Lovelace"


def test_no_cache_keeps_the_way_to_a_provider_and_back(world: World, person: Any) -> None:
    away = person.authorize({"ClientId": CLIENT}, identity_provider="Google")
    assert [kept for kept in person.session.cookies if kept.name.startswith("csrf-state.")]
    back = person.come_back(person.choose(away.headers["Location"], "ada@example.com", "Ada"))
    assert not [kept for kept in person.session.cookies if "csrf-state" in kept.name], "it is used up"
    for answer in (away, back, person.come_back(f"{world.origin}/oauth2/idpresponse?state=x&code=y")):
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_tokens_are_the_pool_s_and_say_where_the_person_came_from(world: World, person: Any) -> None:
    claims = claims_of(world, person.with_google("grace@example.com", "Grace Hopper", nonce="the-app-s"))
    subject = Account("grace@example.com").subject
    assert claims["iss"] == f"{world.origin}/{POOL}"
    assert claims["cognito:username"] == f"Google_{subject}"
    assert claims["sub"] != subject, "a sub of the pool's own"
    assert claims["cognito:groups"] == [f"{POOL}_Google"]
    assert claims["nonce"] == "the-app-s"
    without = claims_of(world, person.with_google("grace@example.com", "Grace Hopper"))
    assert len(without["nonce"]) >= 32, "who comes from a provider has a nonce, even if the app sent none"
    (identity,) = claims["identities"]
    created = identity.pop("dateCreated")
    assert created.isdigit()
    assert len(created) == 13
    assert identity == {
        "userId": subject,
        "providerName": "Google",
        "providerType": "Google",
        "issuer": None,
        "primary": "true",
    }


def test_a_later_sign_in_overwrites_what_is_mapped_and_leaves_the_rest(world: World, person: Any, another: Any) -> None:
    first = claims_of(world, person.with_google("alan@example.com", "Alan"))
    nickname = [{"Name": "nickname", "Value": "Prof"}, {"Name": "name", "Value": "Changed by an administrator"}]
    username = username_of("alan@example.com")
    world.idp.admin_update_user_attributes(UserPoolId=POOL, Username=username, UserAttributes=nickname)
    second = claims_of(world, another.with_google("alan@example.com", "Alan Turing"))
    assert (second["name"], second["nickname"]) == ("Alan Turing", "Prof")
    assert (second["sub"], second["cognito:username"]) == (first["sub"], username)
    assert second["identities"] == first["identities"]


def test_the_browser_is_signed_in_to_the_pool_afterwards(person: Any) -> None:
    person.with_google("session@example.com")
    assert "code" in query_in(person.authorize({"ClientId": CLIENT}))


def test_a_disabled_user_is_refused_in_the_app_s_hearing(world: World, person: Any, another: Any) -> None:
    person.with_google("mallory@example.com")
    world.idp.admin_disable_user(UserPoolId=POOL, Username=username_of("mallory@example.com"))
    location = another.with_google("mallory@example.com").headers["Location"]
    assert location == f"{CALLBACK}?error_description=User+is+disabled.&state=st4te&error=invalid_request"
    assert "cognito" not in another.session.cookies


def test_a_state_works_once(person: Any) -> None:
    back = person.choose(person.leave(), "once@example.com")
    assert "code" in query_in(person.come_back(back))
    again = person.come_back(back)
    assert again.headers["Location"].startswith("/error?error=invalid_request")


def test_a_state_is_good_in_the_browser_that_it_was_given_to_only(person: Any, another: Any) -> None:
    """Else somebody could be signed in as another by a link (RFC 6749 §10.12)."""
    answer = another.come_back(person.choose(person.leave(), "mallory@example.com"))
    assert answer.headers["Location"].startswith("/error?error=invalid_request")
    another.leave()  # now it has a csrf-state, but its own
    answer = another.come_back(person.choose(person.leave(), "mallory@example.com"))
    assert answer.headers["Location"].startswith("/error?error=invalid_request")
    assert "cognito" not in another.session.cookies


def test_who_comes_back_to_nothing_is_told_so_and_not_that_a_parameter_is_missing(person: Any) -> None:
    """facts/federation.md §2: AWS's page says `Invalid State`."""
    lost = person.come_back(f"{person.origin}/oauth2/idpresponse?state=made-up&code=c")
    page = person.session.get(person.origin + lost.headers["Location"])
    assert page.status_code == 400
    assert "An error was encountered with the requested page. Invalid State" in page.text
    assert "This browser has no sign-in to which this answer of the provider belongs" in page.text
    assert "is missing" not in page.text


@pytest.mark.parametrize("query", ["", "?state=made-up&code=c", "?state=a&state=b", "?code=c", "?error=access_denied"])
def test_coming_back_without_a_state_of_ours_ends_on_our_own_page(person: Any, query: str) -> None:
    answer = person.come_back(f"{person.origin}/oauth2/idpresponse{query}")
    assert answer.status_code == 302
    page = person.session.get(person.origin + answer.headers["Location"])
    assert (page.status_code, "An error was encountered" in page.text) == (400, True)


def test_whoever_was_away_for_more_than_five_minutes_begins_again(world: World, person: Any) -> None:
    url = person.leave()
    world.clock.advance(290)
    assert "code" in query_in(person.come_back(person.choose(url, "quick@example.com")))
    url = person.leave()
    world.clock.advance(301)
    answer = person.come_back(person.choose(url, "slow@example.com"))
    assert query_in(answer) == {
        "error_description": "Something went wrong",
        "state": "st4te",
        "error": "invalid_request",
    }


def test_a_refusal_by_the_provider_travels_to_the_app_description_first(person: Any) -> None:
    state = person.leave().partition("state=")[2].partition("&")[0]
    url = f"{person.origin}/oauth2/idpresponse?error=access_denied&error_description=Not+today%0d%0a&state={state}"
    location = person.come_back(url).headers["Location"]
    assert location == (f"{CALLBACK}?error_description=Not+today%0D%0A+access_denied&state=st4te&error=invalid_request")


def test_a_code_that_google_never_gave_is_an_error_for_the_app(person: Any) -> None:
    state = person.leave().partition("state=")[2].partition("&")[0]
    answer = person.come_back(f"{person.origin}/oauth2/idpresponse?code=made-up&state={state}")
    assert query_in(answer) == {
        "error_description": "Google Error - 400 invalid_grant",
        "state": "st4te",
        "error": "invalid_request",
    }


def test_a_client_that_went_away_meanwhile_ends_on_our_own_page(world: World, person: Any) -> None:
    made = world.idp.create_user_pool_client(
        UserPoolId=POOL,
        ClientName="short-lived",
        CallbackURLs=[CALLBACK],
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
        AllowedOAuthFlowsUserPoolClient=True,
        SupportedIdentityProviders=["Google"],
    )["UserPoolClient"]
    state = query_in(person.authorize(made, identity_provider="Google"))["state"]
    world.idp.delete_user_pool_client(UserPoolId=POOL, ClientId=made["ClientId"])
    answer = person.come_back(f"{person.origin}/oauth2/idpresponse?error=access_denied&state={state}")
    assert answer.headers["Location"].startswith("/error?error=invalid_request")


def test_a_provider_is_offered_to_the_clients_that_name_it_only(person: Any) -> None:
    page = person.session.get(
        f"{person.origin}/login", params={"client_id": CLIENT, "response_type": "code", "redirect_uri": CALLBACK}
    )
    assert "Continue with Google" in page.text
    answer = person.authorize({"ClientId": "otherclient"}, identity_provider="Google")
    assert answer.headers["Location"] == "/error?error=invalid_request&client_id=otherclient"


def test_somebody_from_google_has_no_password_here(world: World, person: Any) -> None:
    person.with_google("nopass@example.com")
    page = person.sign_in({"ClientId": CLIENT}, username_of("nopass@example.com"), "", prompt="login")
    assert "Incorrect username or password." in page.text
    with pytest.raises(ClientError, match="Incorrect username or password"):
        world.idp.admin_initiate_auth(
            UserPoolId=POOL,
            ClientId=_password_client(world),
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username_of("nopass@example.com"), "PASSWORD": "Guess-1234"},
        )


def _password_client(world: World) -> str:
    made = world.idp.create_user_pool_client(
        UserPoolId=POOL, ClientName="password", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )
    return str(made["UserPoolClient"]["ClientId"])


def test_a_google_user_looks_to_srp_like_nobody(world: World, person: Any) -> None:
    """With PreventUserExistenceErrors both get a challenge that nobody can answer."""
    person.with_google("hidden@example.com")
    made = world.idp.create_user_pool_client(
        UserPoolId=POOL,
        ClientName="srp",
        PreventUserExistenceErrors="ENABLED",
        ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"],
    )["UserPoolClient"]
    for name in (username_of("hidden@example.com"), "Google_nobody"):
        answer = world.idp.initiate_auth(
            ClientId=made["ClientId"], AuthFlow="USER_SRP_AUTH", AuthParameters={"USERNAME": name, "SRP_A": "abcdef"}
        )
        assert answer["ChallengeName"] == "PASSWORD_VERIFIER"
        assert name not in answer["ChallengeParameters"].values()


def test_a_profile_is_made_in_the_context_of_who_came_back(
    world: World, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals = Arrivals(monkeypatch)
    person.with_google("hedy@example.com", "Hedy")
    context = arrivals.at("create_user")
    assert (context.client_id, context.source_address) == (CLIENT, "127.0.0.1")
    assert "python-requests" in (context.user_agent or "")
