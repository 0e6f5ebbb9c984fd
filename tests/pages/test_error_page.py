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
