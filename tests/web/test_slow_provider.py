"""One slow provider stops nobody but those who have to wait for it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from halfday.web.http_messages import Rejection
from halfday.web.threads import Threads
from lines import Line, on_a_line
from web_applications import Application, Site, Visitor, served

VISITORS = 24
AT_ONCE = 8
"""More threads than an event loop has of its own on a small machine. Sessions in files may share a lock."""
PATIENCE_S = 8.0
"""Far below the time after which a provider is given up, and far above that of any answer."""


@dataclass
class Slow:
    application: Application
    line: Line
    cookies: list[dict[str, str]]
    fresh: Visitor
    token: str


@pytest.fixture
def client(site: Site) -> dict[str, Any]:
    return {"GenerateSecret": False}


def get(application: Application, path: str, cookies: dict[str, str], **headers: str) -> requests.Response:
    url = f"{application.origin}{path}"
    headers = {"Accept": "text/html", **headers}
    return requests.get(url, cookies=cookies, headers=headers, allow_redirects=False, timeout=30)


@pytest.fixture(params=["cookie", "store"])
def slow(site: Site, client: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Slow]:
    """VISITORS with old tokens, one with new ones, an API whose keys are at hand; and then the provider hangs."""
    with on_a_line(site.world.origin) as line:
        options = {"domain": line.origin, "endpoint_url": site.world.origin, "client": client}
        with served(site, "starlette", keeping=request.param, **options) as application:
            cookies = []
            for _ in range(VISITORS):
                visitor = application.visitor()
                visitor.sign_in()
                cookies.append(visitor.cookies)
            site.world.clock.advance(3700)
            fresh = application.visitor()
            fresh.sign_in()
            token = site.pool.tokens(site.client)["AccessToken"]
            get(application, "/api", {}, Authorization=f"Bearer {token}")
            line.stop()
            yield Slow(application, line, cookies, fresh, token)


def test_a_provider_that_hangs_stops_only_those_whose_tokens_are_old(slow: Slow) -> None:
    answers: list[int] = []

    def visit(cookies: dict[str, str]) -> None:
        answers.append(get(slow.application, "/maybe", cookies).status_code)

    threads = [threading.Thread(target=visit, args=(cookies,), daemon=True) for cookies in slow.cookies]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 20
    while slow.line.waiting < AT_ONCE and time.monotonic() < until:
        time.sleep(0.02)
    assert slow.line.waiting >= AT_ONCE, "the provider is asked by many at once"
    with ThreadPoolExecutor(8) as others:
        asked = [
            others.submit(get, slow.application, path, cookies, **headers)
            for path, cookies, headers in [
                ("/plain", {}, {}),
                ("/plain", slow.cookies[0], {}),
                ("/maybe", {}, {}),
                ("/", slow.fresh.cookies, {}),
                ("/maybe", slow.fresh.cookies, {}),
                ("/login", {}, {}),
                ("/api", {}, {"Authorization": f"Bearer {slow.token}"}),
                ("/api", {}, {}),
            ]
        ]
        found = [each.result(timeout=PATIENCE_S).status_code for each in asked]
    assert found == [200, 200, 200, 200, 200, 303, 403, 401]
    assert answers == [], "they wait all the while"
    slow.line.mend()
    for thread in threads:
        thread.join(30)
    assert answers == [200] * VISITORS


@pytest.mark.parametrize("slow", ["cookie"], indirect=True)
def test_many_requests_of_one_visitor_hold_one_thread(slow: Slow) -> None:
    """Twenty of the same visitor's wait for one renewal, and another visitor's is begun meanwhile."""
    with ThreadPoolExecutor(24) as threads:
        same = [threads.submit(get, slow.application, "/maybe", slow.cookies[0]) for _ in range(20)]
        until = time.monotonic() + 20
        while slow.line.waiting < 1 and time.monotonic() < until:
            time.sleep(0.02)
        another = threads.submit(get, slow.application, "/maybe", slow.cookies[1])
        while slow.line.waiting < 2 and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.2)
        assert slow.line.waiting == 2, "and not one of the twenty's besides"
        slow.line.mend()
        assert {each.result(timeout=30).status_code for each in [*same, another]} == {200}


def test_more_than_can_wait_are_told_to_come_again() -> None:
    """Whoever waits for what is not there holds a place, and places are counted."""
    goes_on = threading.Event()

    async def crowd() -> list[object]:
        threads = Threads("test", threads=2, waiting=3)
        asked = [asyncio.create_task(threads.run(goes_on.wait)) for _ in range(9)]
        await asyncio.sleep(0)
        goes_on.set()
        found = await asyncio.gather(*asked, return_exceptions=True)
        found.append(await threads.run(lambda: True))
        return found

    found = asyncio.run(crowd())
    turned_away = [each.answer.status for each in found if isinstance(each, Rejection)]
    assert turned_away == [503] * 4
    assert found.count(True) == 6, "and then there is room again"
