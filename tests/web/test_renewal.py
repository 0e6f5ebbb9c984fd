"""Many requests of one browser at once, with refresh tokens that rotate: one renewal, and nobody falls out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from halfday.client.oauth import authorization
from web_applications import Application, Site, served

ROTATES = {"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}}
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]


@pytest.fixture
def renewals(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The refresh tokens that were sent."""
    sent: list[str] = []
    refresh = authorization.refresh

    def noted(settings: Any, refresh_token: str) -> Any:
        sent.append(refresh_token)
        return refresh(settings, refresh_token)

    monkeypatch.setattr(authorization, "refresh", noted)
    return sent


@pytest.mark.parametrize("keeping", ["cookie", "store"])
def test_twenty_requests_at_once_make_one_renewal(
    site: Site, framework: str, keeping: str, renewals: list[str]
) -> None:
    client = {**ROTATES, "ExplicitAuthFlows": FLOWS}
    with served(site, framework, keeping=keeping, client=client) as application:
        visitor = application.visitor()
        visitor.sign_in()
        old = visitor.cookies
        for _ in range(3):
            site.world.clock.advance(3700)
            renewals.clear()
            with ThreadPoolExecutor(20) as threads:
                answers = list(threads.map(ask, [application] * 20, [old] * 20))
            assert [answer.status_code for answer in answers] == [200] * 20
            assert len(renewals) == 1
            for answer in answers:
                visitor.session.cookies.update(answer.cookies)
            old = visitor.cookies


def ask(application: Application, cookies: dict[str, str]) -> requests.Response:
    headers = {"Accept": "text/html"}
    url = f"{application.origin}/"
    return requests.get(url, cookies=cookies, headers=headers, allow_redirects=False, timeout=30)


def test_two_processes_with_one_store_renew_once(site: Site, renewals: list[str]) -> None:
    """Two applications over one folder: their locks are files, as between processes."""
    client = {**ROTATES, "ExplicitAuthFlows": FLOWS}
    with served(site, "starlette", keeping="store", client=client) as one:
        known = {"client_id": site.client["ClientId"], "client_secret": site.client["ClientSecret"]}
        visitor = one.visitor()
        visitor.sign_in()
        with served(site, "flask", keeping="store", **known) as other:
            site.world.clock.advance(3700)
            with ThreadPoolExecutor(16) as threads:
                answers = list(threads.map(lambda n: ask((one, other)[n % 2], visitor.cookies), range(16)))
    assert [answer.status_code for answer in answers] == [200] * 16
    assert len(renewals) == 1


def test_a_refresh_token_that_rotated_is_revoked_at_the_sign_out(site: Site, renewals: list[str]) -> None:
    client = {**ROTATES, "ExplicitAuthFlows": FLOWS}
    with served(site, "starlette", client=client) as application:
        visitor = application.visitor()
        visitor.sign_in()
        before = visitor.cookies
        site.world.clock.advance(3700)
        assert visitor.get("/").status_code == 200
        visitor.sign_out()
        visitor.put(before)
        assert visitor.get("/").status_code == 303
    assert len(renewals) == 1
