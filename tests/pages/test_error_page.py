"""The error page and the log say of a parameter that was not sent that it is missing, and not that it is wrong."""

from __future__ import annotations

import pytest
import requests

from world import CALLBACK, Pool, World


def page(world: World, path: str, **parameters: str) -> str:
    answer = requests.get(f"{world.origin}{path}", params=parameters, timeout=10)
    assert answer.status_code == 400
    return answer.text


@pytest.mark.parametrize(
    ("path", "sent", "missing"),
    [
        ("/oauth2/authorize", {"response_type": "code", "redirect_uri": CALLBACK}, "client_id"),
        ("/oauth2/authorize", {"response_type": "code", "client_id": ""}, "redirect_uri"),
        ("/login", {"response_type": "code", "client_id": ""}, "redirect_uri"),
        ("/logout", {"client_id": ""}, "logout_uri"),
        ("/logout", {}, "client_id"),
    ],
)
def test_a_missing_parameter_is_called_missing(
    world: World, pool: Pool, path: str, sent: dict[str, str], missing: str
) -> None:
    client = pool.client(CallbackURLs=[CALLBACK, f"{CALLBACK}/"])
    given = {**sent, **({"client_id": client["ClientId"]} if "client_id" in sent else {})}
    shown = page(world, path, **given)
    assert f"The {missing} of this link is missing" in shown
    assert "not registered for the app client" not in shown


def test_a_wrong_parameter_is_not_called_missing(world: World, pool: Pool) -> None:
    client = pool.client()
    shown = page(
        world, "/oauth2/authorize", response_type="code", client_id=client["ClientId"], redirect_uri="https://x"
    )
    assert "is missing" not in shown
    assert "not registered for the app client" in shown
    assert "belongs to no app client here" in page(world, "/oauth2/authorize", response_type="code", client_id="nobody")
    assert "is missing" not in page(world, "/error", error="redirect_mismatch", client_id="x", missing="<script>")


def test_each_registered_url_stands_by_itself(world: World, pool: Pool) -> None:
    client = pool.client(CallbackURLs=[CALLBACK, f"{CALLBACK}/"])
    shown = page(world, "/oauth2/authorize", client_id=client["ClientId"], redirect_uri="http://localhost:9999")
    assert "<dt>Registered callback URLs</dt>" in shown
    assert f"<dd><code>{CALLBACK}</code></dd><dd><code>{CALLBACK}/</code></dd>" in shown
    assert '<a href="/">What this server has</a>' in shown


def test_whoever_finds_nothing_is_led_on(world: World) -> None:
    answer = requests.get(f"{world.origin}/nowhere", headers={"Accept": "text/html"}, timeout=10)
    assert answer.status_code == 404
    assert '<a href="/">What this server has</a>' in answer.text


def test_a_developer_is_told_what_was_sent_beside_what_is_registered(world: World, pool: Pool) -> None:
    client = pool.client(CallbackURLs=[CALLBACK])
    sent = {"client_id": client["ClientId"], "redirect_uri": f"{CALLBACK}/<b>"}
    shown = page(world, "/oauth2/authorize", **sent)
    assert f"<dt>redirect_uri, as it was sent</dt><dd><code>{CALLBACK}/&lt;b&gt;</code></dd>" in shown
    assert f"<dt>client_id, as it was sent</dt><dd><code>{client['ClientId']}</code></dd>" in shown
    assert f"<dt>Registered callback URLs</dt><dd><code>{CALLBACK}</code></dd>" in shown
    shown = page(world, "/logout", client_id=client["ClientId"], logout_uri="https://x.example/")
    assert "<dt>logout_uri, as it was sent</dt><dd><code>https://x.example/</code></dd>" in shown


def test_the_address_of_the_error_page_is_aws_s(world: World, pool: Pool) -> None:
    asked = {"client_id": pool.client()["ClientId"], "redirect_uri": "http://localhost:1"}
    answer = requests.get(f"{world.origin}/oauth2/authorize", params=asked, allow_redirects=False, timeout=10)
    assert answer.headers["Location"] == f"/error?error=redirect_mismatch&client_id={asked['client_id']}"
    (cookie,) = answer.cookies
    assert (cookie.name, cookie.path) == ("halfday-error", "/error")


def test_a_developer_is_told_what_the_log_says(world: World, pool: Pool) -> None:
    client = pool.client(AllowedOAuthFlowsUserPoolClient=False, AllowedOAuthFlows=[])
    shown = page(world, "/passkeys/add", client_id=client["ClientId"], redirect_uri=CALLBACK)
    assert "<dt>What the log says</dt><dd><code>invalid_request: AllowedOAuthFlowsUserPoolClient is false" in shown


def test_others_are_told_neither_what_was_sent_nor_what_is_registered(world: World, pool: Pool) -> None:
    client = pool.client(CallbackURLs=[CALLBACK])
    browser, asked = requests.Session(), {"client_id": client["ClientId"], "redirect_uri": "http://localhost:1"}
    at_home = browser.get(f"{world.origin}/oauth2/authorize", params=asked)
    assert "as it was sent" in at_home.text
    assert "halfday-error" in browser.cookies
    by_proxy = {"X-Forwarded-For": "203.0.113.7"}
    for abroad in (
        browser.get(at_home.url, headers=by_proxy),
        requests.get(f"{world.origin}/oauth2/authorize", params=asked, headers=by_proxy, timeout=10),
    ):
        assert abroad.status_code == 400
        assert "as it was sent" not in abroad.text
        assert "Registered" not in abroad.text
        assert "What the log says" not in abroad.text


@pytest.mark.parametrize(
    "value", ["", "x", "bnVsbA", "W10", "W1sieCIsIiJdLDEsMl0", "W1siIiwiIl0sbnVsbCwibnVsbCJd", "W" * 4000]
)
def test_a_cookie_of_another_hand_breaks_nothing(world: World, value: str) -> None:
    answer = requests.get(f"{world.origin}/error?error=x", cookies={"halfday-error": value}, timeout=10)
    assert answer.status_code == 400
    assert "as it was sent" not in answer.text


def test_what_was_sent_belongs_to_one_error(world: World, pool: Pool) -> None:
    browser, asked = requests.Session(), {"client_id": pool.client()["ClientId"], "redirect_uri": "http://localhost:1"}
    browser.get(f"{world.origin}/oauth2/authorize", params=asked)
    assert "as it was sent" not in browser.get(f"{world.origin}/error?error=invalid_request&client_id=x").text
