"""Section 1 of the table: the sign-in link, the sign-in page, and what comes back."""

from __future__ import annotations

import socket
from typing import Any

import requests

from doctor.table import LINE, Findings, Stage, fails, raised, step, told
from halfday.client.browser.loopback import Listener
from halfday.client.oauth.callback import parse_callback
from halfday.doctor.pasted.sent_requests import read_link
from halfday.doctor.steps import settings_and_pool as places
from world import CALLBACK, Browser


def location(stage: Stage, client: dict[str, Any], **parameters: str | None) -> str:
    """The address that the browser is sent to, whole."""
    answer = Browser(stage.origin).authorize(client, **parameters)
    found = answer.headers["Location"]
    return f"{stage.origin}{found}" if found.startswith("/") else found


@fails("1.1")
def redirect_uri_not_registered(stage: Stage) -> Findings:
    return told(location(stage, stage.client(), redirect_uri="https://example.com/nowhere"))


@fails("1.1b")
def redirect_uri_with_a_slash_too_many(stage: Stage) -> Findings:
    return step("sign-in page", stage.cognito(stage.client(), redirect_uri=f"{CALLBACK}/")).findings


@fails("1.2")
def a_port_of_the_moment(stage: Stage) -> Findings:
    link = f"{stage.origin}/oauth2/authorize?response_type=code&client_id=x&redirect_uri=http://localhost:54321/cb"
    return told(location(stage, stage.client(), redirect_uri="http://localhost:54321/cb"), link=link)


@fails("1.3")
def localhost_for_127_0_0_1(stage: Stage) -> Findings:
    return step("sign-in page", stage.cognito(stage.client(), redirect_uri="http://127.0.0.1:8080")).findings


@fails("1.5")
def an_unknown_client(stage: Stage) -> Findings:
    return told(location(stage, {"ClientId": "YOUR_CLIENT_ID"}))


@fails("1.5b")
def an_unknown_client_examined(stage: Stage) -> Findings:
    return step("sign-in page", stage.cognito({"ClientId": "nobody"})).findings


@fails("1.6")
def a_scope_that_is_not_enabled(stage: Stage) -> Findings:
    return told(location(stage, stage.client(), scope="openid phone"))


@fails("1.6b")
def scopes_asked_for_one_at_a_time(stage: Stage) -> Findings:
    found = step("sign-in page", stage.cognito(stage.client(), scopes="openid phone email")).findings
    assert found[0].sentence.endswith(": phone")
    return found


@fails("1.7")
def a_client_without_the_code_flow(stage: Stage) -> Findings:
    return told(location(stage, stage.client(AllowedOAuthFlows=["implicit"])))


@fails("1.8")
def a_client_without_oauth(stage: Stage) -> Findings:
    client = stage.client()
    stage.world.idp.update_user_pool_client(
        UserPoolId=stage.pool.pool_id,
        ClientId=client["ClientId"],
        CallbackURLs=[CALLBACK],
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
        AllowedOAuthFlowsUserPoolClient=False,
    )
    return told(location(stage, client))


@fails("1.9")
def a_parameter_that_cannot_be(stage: Stage) -> Findings:
    return told(location(stage, stage.client(), code_challenge="x" * 43, code_challenge_method="plain"))


@fails("1.9b")
def a_challenge_without_its_method(stage: Stage) -> Findings:
    client = stage.client()
    asked = requests.Request("GET", f"{stage.origin}/oauth2/authorize", params={"client_id": client["ClientId"]})
    link = f"{asked.prepare().url}&response_type=code&redirect_uri={CALLBACK}&code_challenge={'x' * 43}"
    assert read_link(link, now=0).redirect_uri == CALLBACK
    came_back = requests.get(link, allow_redirects=False, timeout=10).headers["Location"]
    return told(came_back, link=link)


@fails("1.22", how=LINE)
def a_browser_that_went_back(stage: Stage) -> Findings:
    return told(f"{CALLBACK}/")


@fails("1.25")
def a_port_that_is_taken(stage: Stage) -> Findings:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        return raised(lambda: Listener(f"http://127.0.0.1:{port}/", "state", lambda url: None))


@fails("1.24")
def nobody_at_the_callback_any_more(stage: Stage) -> Findings:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        requests.get(f"http://127.0.0.1:{port}/?code=x", timeout=5)
    except requests.ConnectionError as problem:
        return told(f"requests.exceptions.ConnectionError: {problem}")
    raise AssertionError("somebody answered")


@fails("1.28")
def a_domain_that_is_not_there(stage: Stage) -> Findings:
    return raised(lambda: stage.cognito(stage.client(), domain="https://nobody.auth.invalid").exchange("code"))


@fails("1.28c")
def no_name_found_at_all(stage: Stage) -> Findings:
    stage.monkeypatch.setattr(places, "WELL_KNOWN", "nothing.invalid")
    return step("names", stage.cognito(stage.client(), domain="https://nobody.auth.invalid")).findings


@fails("1.28b")
def another_pool_s_domain(stage: Stage) -> Findings:
    cognito = stage.cognito(
        {"ClientId": "nobody"},
        domain="https://nobody.auth.invalid",
        user_pool_id=stage.pool.pool_id,
        endpoint_url=stage.origin,
    )
    return step("names", cognito).findings


@fails("1.30")
def nobody_signed_in_and_none_to_be_asked(stage: Stage) -> Findings:
    return raised(lambda: parse_callback(location(stage, stage.client(), prompt="none")))


# --- what no eye sees -------------------------------------------------------------------------------------------------


def opened(stage: Stage, query: str) -> Findings:
    """What halfday explain says to the address that a sign-in link ended at, and the link."""
    link = f"{stage.origin}/oauth2/authorize?response_type=code&client_id={stage.client()['ClientId']}&{query}"
    found = requests.get(link, allow_redirects=False, timeout=10).headers["Location"]
    return told(f"{stage.origin}{found}" if found.startswith("/") else found, link=link)


@fails("1.1d")
def a_redirect_uri_with_a_blank(stage: Stage) -> Findings:
    return opened(stage, f"redirect_uri={CALLBACK}%20&scope=openid")


@fails("1.1e")
def a_redirect_uri_that_was_not_escaped(stage: Stage) -> Findings:
    return opened(stage, f"redirect_uri={CALLBACK}/?page=1&tab=2&scope=openid")


@fails("1.1f")
def a_redirect_uri_encoded_twice(stage: Stage) -> Findings:
    return opened(stage, "redirect_uri=http%253A%252F%252Flocalhost%253A8080")


@fails("1.6c")
def scopes_with_commas(stage: Stage) -> Findings:
    return opened(stage, f"redirect_uri={CALLBACK}&scope=openid,email")


@fails("1.6d")
def email_without_openid(stage: Stage) -> Findings:
    return step("sign-in page", stage.cognito(stage.client(), scopes="email")).findings


@fails("1.9c")
def a_redirect_uri_that_is_empty(stage: Stage) -> Findings:
    return opened(stage, "redirect_uri=&scope=openid")


@fails("1.9d", how=LINE)
def a_parameter_twice_in_the_link(stage: Stage) -> Findings:
    link = f"{stage.origin}/oauth2/authorize?response_type=code&client_id=a&client_id=b&redirect_uri={CALLBACK}"
    return told(f"{stage.origin}/error?error=invalid_request&client_id=a", link=link)
