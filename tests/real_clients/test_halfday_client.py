"""Our own client against our own server: what the README promises, over sockets."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from halfday import ApiRefused, Cognito, GrantRefused
from halfday.server import demo
from world import Browser


@pytest.fixture
def returned(up: Any) -> str:
    """The address in the bar after somebody signed in."""
    client = {"ClientId": demo.CONFIDENTIAL_CLIENT_ID}
    answer = Browser(up.origin).sign_in(client, demo.USERNAME, demo.PASSWORD, redirect_uri=up.callback.url)
    return str(answer.headers["Location"])


def test_a_code_becomes_a_session_with_verified_claims_and_aws_credentials(up: Any, returned: str) -> None:
    session = Cognito(**up.connection(), clock=up.world.clock).exchange(returned)
    assert session.claims["email"] == demo.USERNAME
    assert session.claims["cognito:groups"] == ["analysts"]
    s3 = session.boto3().client("s3")
    s3.put_object(Bucket=demo.BUCKET, Key=f"home/{session.identity_id}/x", Body=b"mine")
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.put_object(Bucket=demo.BUCKET, Key="home/somebody-else/x", Body=b"theirs")


def test_the_same_person_has_the_same_identity_every_time(up: Any, returned: str) -> None:
    first = Cognito(**up.connection(), clock=up.world.clock).exchange(returned)
    second = Cognito(**up.connection(public=True), clock=up.world.clock).sign_in(demo.USERNAME, demo.PASSWORD)
    assert first.identity_id == second.identity_id


def test_a_wrong_redirect_uri_is_explained(up: Any, returned: str) -> None:
    with pytest.raises(GrantRefused) as refused:
        Cognito(**up.connection(), clock=up.world.clock).exchange(returned, redirect_uri="http://localhost:8000")
    assert "redirect" in f"{refused.value} {refused.value.hint}"


def test_a_code_that_was_used_is_explained(up: Any, returned: str) -> None:
    cognito = Cognito(**up.connection(), clock=up.world.clock)
    cognito.exchange(returned)
    with pytest.raises(GrantRefused) as refused:
        cognito.exchange(returned)
    assert refused.value.findings[0].certain
    assert "used" in refused.value.hint or "once" in refused.value.hint or "before" in refused.value.hint


@pytest.mark.parametrize("srp", [True, False])
def test_a_password_signs_in_by_srp_and_without(up: Any, srp: bool) -> None:
    cognito = Cognito(**up.connection(public=True), user_pool_id=demo.POOL_ID, clock=up.world.clock)
    session = cognito.sign_in(demo.USERNAME, demo.PASSWORD, srp=srp)
    assert session.claims["token_use"] == "id"
    with pytest.raises(ApiRefused, match="Incorrect username or password"):
        cognito.sign_in(demo.USERNAME, "wrong-1815", srp=srp)


def test_login_opens_a_browser_and_comes_back_by_loopback(up: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser is requests, started by $BROWSER's place; everything else is as a person has it."""
    import threading

    pages: list[str] = []

    def browse(url: str) -> bool:
        def person() -> None:
            browser = Browser(up.origin)
            login = browser.session.get(url)
            answer = browser.post(login, username=demo.USERNAME, password=demo.PASSWORD)
            pages.append(requests.get(answer.headers["Location"], timeout=20).text)

        threading.Thread(target=person, daemon=True).start()
        return True

    monkeypatch.setattr("halfday.client.browser.login.open_browser", browse)
    redirect_uri = "http://127.0.0.1:18423/callback"
    idp = up.world.boto3("cognito-idp")
    given = idp.describe_user_pool_client(UserPoolId=demo.POOL_ID, ClientId=demo.PUBLIC_CLIENT_ID)["UserPoolClient"]
    kept = {n: v for n, v in given.items() if n not in ("CreationDate", "LastModifiedDate", "ClientSecret")}
    kept.pop("EnablePropagateAdditionalUserContextData")
    idp.update_user_pool_client(**{**kept, "CallbackURLs": [redirect_uri, up.callback.url]})
    connection = {**up.connection(public=True), "redirect_uri": redirect_uri}
    session = Cognito(**connection, clock=up.world.clock).login(paste=False, timeout_s=30, say=lambda line: None)
    assert session.claims["email"] == demo.USERNAME
    assert Cognito(**connection, clock=up.world.clock).session.subject == session.subject


def test_tokens_and_credentials_are_renewed_when_they_are_old(up: Any, returned: str) -> None:
    cognito = Cognito(**up.connection(), clock=up.world.clock)
    session = cognito.exchange(returned)
    first, keys = session.id_token, session.credentials()
    up.world.clock.advance(3590)
    assert session.id_token != first
    assert session.credentials().access_key_id != keys.access_key_id


def test_a_revoked_session_cannot_be_renewed_and_its_access_token_is_dead(up: Any, returned: str) -> None:
    session = Cognito(**up.connection(), clock=up.world.clock).exchange(returned)
    access_token = session.access_token
    session.revoke()
    idp = up.world.boto3("cognito-idp")
    with pytest.raises(idp.exceptions.NotAuthorizedException, match="Access Token has been revoked"):
        idp.get_user(AccessToken=access_token)
