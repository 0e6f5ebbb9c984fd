"""Websockets have the session, the refusals and the rotation of pages, and only pages of ours open them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from lines import on_a_line
from web_applications import Application, Site, Visitor, served

ROTATES = {"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}}
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]
OURS = "of our own"


@contextmanager
def opened(visitor: Visitor, *, origin: str | None = OURS, path: str = "/socket") -> Iterator[ClientConnection]:
    """As a browser opens it: with the page's origin and the visitor's cookies, which it takes from the answer."""
    home = visitor.application.origin
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    headers = {"Cookie": cookies, **({} if origin is None else {"Origin": home if origin is OURS else origin})}
    with connect(home.replace("http://", "ws://") + path, additional_headers=headers, proxy=None) as socket:
        for line in socket.response.headers.get_all("Set-Cookie") if socket.response else []:
            name, _, value = line.partition(";")[0].partition("=")
            visitor.put({**visitor.cookies, name: value})
        yield socket


def refused(visitor: Visitor, **given: Any) -> Any:
    """The answer instead of a websocket."""
    with pytest.raises(InvalidStatus) as answer, opened(visitor, **given):
        pass
    return answer.value.response


@pytest.fixture
def visitor(any_application: Application) -> Visitor:
    visitor = any_application.visitor()
    visitor.sign_in()
    return visitor


def test_whoever_is_signed_in_opens_a_websocket(visitor: Visitor) -> None:
    with opened(visitor) as socket:
        assert len(str(socket.recv())) == 36
    with opened(visitor, origin=None) as socket:
        assert socket.recv()


def test_whoever_is_not_signed_in_is_answered_401_and_no_crash(any_application: Application) -> None:
    answer = refused(any_application.visitor())
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://localhost", "http://sub.localhost:1"])
def test_a_page_of_another_site_opens_no_websocket_with_a_visitors_cookies(visitor: Visitor, origin: str) -> None:
    assert refused(visitor, origin=origin).status_code == 403
    assert visitor.get("/").status_code == 200


def test_tokens_renewed_for_a_websocket_reach_the_cookie(site: Site) -> None:
    with served(site, "starlette", client={**ROTATES, "ExplicitAuthFlows": FLOWS}) as application:
        visitor = application.visitor()
        visitor.sign_in()
        before = visitor.cookies
        site.world.clock.advance(3700)
        with opened(visitor) as socket:
            socket.recv()
        assert visitor.cookies != before
        client = site.client
    known = {"client_id": client["ClientId"], "client_secret": client["ClientSecret"]}
    with served(site, "starlette", **known) as another_process:
        later = Visitor(another_process)
        later.put(visitor.cookies)
        site.world.clock.advance(3700)
        assert later.get("/").status_code == 200


def test_tokens_renewed_while_a_websocket_is_open_are_not_forgotten(site: Site) -> None:
    """Its headers are gone: no cookie can be set any more. The next page tells the browser, however late it comes."""
    with served(site, "starlette", client={**ROTATES, "ExplicitAuthFlows": FLOWS}) as application:
        visitor = application.visitor()
        visitor.sign_in()
        before = visitor.cookies
        with opened(visitor) as socket:
            socket.recv()
            socket.send("renew")
            assert socket.recv() == "renew"
        assert visitor.cookies == before
        site.world.clock.advance(3 * 3600)
        assert visitor.get("/").status_code == 200
        assert visitor.cookies != before


def test_cognito_out_of_reach_refuses_no_websocket(site: Site) -> None:
    with (
        on_a_line(site.world.origin) as line,
        served(site, "starlette", domain=line.origin, endpoint_url=site.world.origin) as application,
    ):
        visitor = application.visitor()
        visitor.sign_in()
        site.world.clock.advance(3700)
        line.cut()
        answer = refused(visitor)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        line.mend()
        with opened(visitor) as socket:
            assert socket.recv()


def test_a_websocket_for_tokens_is_answered_as_any_api(site: Site, any_application: Application) -> None:
    answer = refused(any_application.visitor(), path="/socket/api", origin="https://anywhere.example")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
