"""The same context of a request arrives from every edge. Source: facts/triggers.md §2, §3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from arrivals import Arrivals
from halfday.protocol import srp
from halfday.server.domain.request_context import RequestContext
from operations.test_mfa import with_mfa
from world import CALLBACK, PASSWORD, Browser, Pool, World, running

METADATA = {"ClientMetadata": {"from": "a test"}}
SAID = {"from": "a test"}
FLOWS = [
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_CLIENT_TOKEN_AUTH",
]


@pytest.fixture
def arrivals(monkeypatch: pytest.MonkeyPatch) -> Arrivals:
    return Arrivals(monkeypatch)


@pytest.fixture
def pool(world: World) -> Pool:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    pool.user()
    return pool


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    return pool.client(ExplicitAuthFlows=FLOWS)


def check_seen(context: RequestContext, client: dict[str, Any] | None, by: str = "Boto3") -> None:
    """What the edge saw of every request of these tests."""
    assert context.client_id == (client and client["ClientId"])
    assert context.source_address == "127.0.0.1"
    assert by in (context.user_agent or "")


def test_from_signing_up_to_the_code_sent_again(
    world: World, pool: Pool, client: dict[str, Any], arrivals: Arrivals
) -> None:
    given = {"ClientId": client["ClientId"], "Username": "eve", **METADATA}
    attributes = [{"Name": "email", "Value": "eve@example.com"}]
    validation = [{"Name": "captcha", "Value": "seven"}, {"Name": "empty"}]
    world.idp.sign_up(**given, Password=PASSWORD, UserAttributes=attributes, ValidationData=validation)
    made, sent = (context for _, context in arrivals.seen)
    assert made is sent, "one value"
    check_seen(made, client)
    assert made.client_metadata == SAID
    assert made.validation_data == {"captcha": "seven", "empty": ""}
    arrivals.seen.clear()
    world.idp.resend_confirmation_code(**given)
    context = arrivals.at("compose")
    check_seen(context, client)
    assert context.client_metadata == SAID


@pytest.mark.parametrize("hides", ["ENABLED", "LEGACY"])
def test_of_a_forgotten_password(world: World, pool: Pool, arrivals: Arrivals, hides: str) -> None:
    client = pool.client(PreventUserExistenceErrors=hides)
    world.idp.forgot_password(ClientId=client["ClientId"], Username="ada", **METADATA)
    context = arrivals.at("compose")
    check_seen(context, client)
    assert context.client_metadata == SAID


def test_of_an_administrator_s_call_which_goes_through_no_app_client(
    world: World, pool: Pool, arrivals: Arrivals
) -> None:
    named = {"UserPoolId": pool.pool_id, "Username": "eve"}
    attributes = [{"Name": "email", "Value": "eve@example.com"}, {"Name": "email_verified", "Value": "true"}]
    world.idp.admin_create_user(**named, UserAttributes=attributes, DesiredDeliveryMediums=["EMAIL"], **METADATA)
    made, sent = (context for _, context in arrivals.seen)
    assert made == sent
    arrivals.seen.clear()
    world.idp.admin_create_user(**named, MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"], **METADATA)
    again = arrivals.at("compose")
    named = {"UserPoolId": pool.pool_id, "Username": "ada"}
    changes = [{"Name": "email", "Value": "new@example.com"}]
    world.idp.admin_update_user_attributes(**named, UserAttributes=changes, **METADATA)
    changed = arrivals.at("compose")
    changes += [{"Name": "email_verified", "Value": "true"}]
    world.idp.admin_update_user_attributes(**named, UserAttributes=changes)
    world.idp.admin_reset_user_password(**named, **METADATA)
    for context in (made, again, changed, arrivals.at("compose")):
        check_seen(context, None)
        assert context.client_metadata == SAID


def test_of_somebody_s_own_attributes(world: World, pool: Pool, client: dict[str, Any], arrivals: Arrivals) -> None:
    token = pool.tokens(client)["AccessToken"]
    arrivals.seen.clear()
    changes = [{"Name": "email", "Value": "new@example.com"}]
    world.idp.update_user_attributes(AccessToken=token, UserAttributes=changes, **METADATA)
    changed = arrivals.at("compose")
    world.idp.get_user_attribute_verification_code(AccessToken=token, AttributeName="email", **METADATA)
    for context in (changed, arrivals.at("compose")):
        check_seen(context, client)
        assert context.client_metadata == SAID


def test_what_was_said_at_the_beginning_of_a_sign_in_is_validation_data_and_at_its_end_metadata(
    world: World, arrivals: Arrivals
) -> None:
    pool = with_mfa(world, "ON", "sms")
    pool.user(phone_number="+15550100", phone_number_verified="true")
    client = pool.client()
    begun = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": "ada", "PASSWORD": PASSWORD}}
    asked = world.idp.initiate_auth(ClientId=client["ClientId"], **begun, ClientMetadata={"said": "first"})
    sent = arrivals.at("compose")
    check_seen(sent, client)
    assert (sent.client_metadata, sent.validation_data) == ({}, {"said": "first"})
    answer = {"USERNAME": "ada", "SMS_MFA_CODE": pool.code_for()}
    world.idp.respond_to_auth_challenge(
        ClientId=client["ClientId"],
        ChallengeName="SMS_MFA",
        Session=asked["Session"],
        ChallengeResponses=answer,
        ClientMetadata={"said": "last"},
    )
    minted = arrivals.at("mint")
    check_seen(minted, client)
    assert (minted.client_metadata, minted.validation_data) == ({"said": "last"}, {})


def test_an_application_says_where_the_person_is_whom_it_signs_in(
    world: World, pool: Pool, client: dict[str, Any], arrivals: Arrivals
) -> None:
    headers = [{"headerName": "User-Agent", "headerValue": "Their Browser/1.0"}]
    told = {"IpAddress": "198.51.100.7", "ServerName": "app", "ServerPath": "/", "HttpHeaders": headers}
    world.idp.admin_initiate_auth(
        UserPoolId=pool.pool_id,
        ClientId=client["ClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
        ContextData={**told, "EncodedData": "fingerprint"},
    )
    context = arrivals.at("mint")
    assert (context.source_address, context.user_agent) == ("198.51.100.7", "Their Browser/1.0")
    assert context.encoded_data == "fingerprint"


@pytest.mark.parametrize("propagates", [True, False])
def test_anybody_s_word_for_an_address_counts_for_clients_that_propagate_it_only(
    world: World, pool: Pool, arrivals: Arrivals, propagates: bool
) -> None:
    setting = {"GenerateSecret": True, "EnablePropagateAdditionalUserContextData": True} if propagates else {}
    client = pool.client(**setting)
    given: dict[str, Any] = {"ClientId": client["ClientId"], "Username": "ada"}
    if propagates:
        given["SecretHash"] = secret_hash(client, "ada")
    world.idp.forgot_password(**given, UserContextData={"IpAddress": "198.51.100.7", "EncodedData": "fingerprint"})
    context = arrivals.at("compose")
    assert context.source_address == ("198.51.100.7" if propagates else "127.0.0.1")
    assert context.encoded_data == "fingerprint"


def test_of_tokens_that_are_renewed(world: World, pool: Pool, client: dict[str, Any], arrivals: Arrivals) -> None:
    token = pool.tokens(client)["RefreshToken"]
    arrivals.seen.clear()
    renewal = {"AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": token}}
    world.idp.initiate_auth(ClientId=client["ClientId"], **renewal, **METADATA)
    first = arrivals.at("mint")
    assert first.validation_data == SAID
    world.idp.get_tokens_from_refresh_token(ClientId=client["ClientId"], RefreshToken=token, **METADATA)
    second = arrivals.at("mint")
    assert second.client_metadata == SAID
    for context in (first, second):
        check_seen(context, client)


def test_of_tokens_without_a_sign_in(world: World, pool: Pool, arrivals: Arrivals) -> None:
    scopes = [{"ScopeName": "read", "ScopeDescription": "read"}]
    world.idp.create_resource_server(UserPoolId=pool.pool_id, Identifier="engine", Name="Engine", Scopes=scopes)
    machine = pool.client(
        GenerateSecret=True,
        ExplicitAuthFlows=["ALLOW_CLIENT_TOKEN_AUTH"],
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["engine/read"],
    )
    world.idp.get_client_token(ClientId=machine["ClientId"], Secret=machine["ClientSecret"], **METADATA)
    context = arrivals.at("mint")
    check_seen(context, machine)
    assert context.client_metadata == SAID
    form = {"grant_type": "client_credentials", "client_id": machine["ClientId"]}
    form["client_secret"] = machine["ClientSecret"]
    requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10).raise_for_status()
    check_seen(arrivals.at("mint"), machine, by="python-requests")


def test_of_the_hosted_pages_and_the_token_endpoint(
    world: World, pool: Pool, client: dict[str, Any], browser: Browser, arrivals: Arrivals
) -> None:
    code = browser.code(client)
    form = {"grant_type": "authorization_code", "client_id": client["ClientId"], "redirect_uri": CALLBACK}
    url = f"{world.origin}/oauth2/token"
    token = requests.post(url, data={**form, "code": code}, timeout=10).json()["refresh_token"]
    check_seen(arrivals.at("mint"), client, by="python-requests")
    form = {"grant_type": "refresh_token", "client_id": client["ClientId"], "refresh_token": token}
    requests.post(url, data=form, timeout=10).raise_for_status()
    check_seen(arrivals.at("mint"), client, by="python-requests")


def test_of_pages_that_end_in_tokens(world: World, pool: Pool, browser: Browser, arrivals: Arrivals) -> None:
    client = pool.client(AllowedOAuthFlows=["implicit"])
    asked = {"response_type": "token"}
    for _ in range(2):  # by the form, and then by the browser's session
        assert "access_token=" in browser.sign_in(client, **asked).headers["Location"]
        check_seen(arrivals.at("mint"), client, by="python-requests")


def test_of_a_code_that_the_pages_ask_for(world: World, browser: Browser, arrivals: Arrivals) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    client = pool.client()
    browser.sign_in(client)
    check_seen(arrivals.at("compose"), client, by="python-requests")


def test_of_a_user_of_the_seed_file_nobody_says_where_they_came_from(tmp_path: Path, arrivals: Arrivals) -> None:
    user = {"username": "ada", "password": PASSWORD, "attributes": {"email": "ada@example.com"}}
    document = {"user_pool": [{"id": "us-east-1_Contexts1", "name": "p", "user": [user]}]}
    with running(tmp_path, document):
        assert arrivals.at("create_user") == RequestContext()


def secret_hash(client: dict[str, Any], username: str) -> str:
    return srp.secret_hash(username, client["ClientId"], client["ClientSecret"])
