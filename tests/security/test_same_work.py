"""The same statements run for nobody as for somebody, where a client hides who exists: time has nothing to tell.

What is compared is the work, not the time: that is measured by tests/attack/existence.py.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import requests

from databases import trace
from halfday.protocol.srp import ClientStart
from operations.test_recovery import forget, recover
from operations.test_sign_in import answer_srp, initiate, respond
from operations.test_sign_up import confirm, resend
from operations.test_user_auth import begin
from page_forms import open_page, press
from ports import free_port
from security.choosing import BY_ALL, BY_PASSWORD, in_which_nobody_is_offered
from security.test_unknown_users import (
    STATES,
    Client,
    State,
    choosing_pool,
    confirmed,
    nobody,
    unconfirmed,
    without_address,
)
from world import Browser, Pool, World, running

MAIL = "eve@example.com"
_VALUE = re.compile(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b|\bNULL\b")
_BEHIND = re.compile(
    r"(SELECT|DELETE|UPDATE) .*outgoing_messages|WHERE expires_at <=|deleted_pools|configuration_version"
)
"""What runs beside the requests: the queue of e-mail, and what has expired. What has changed of all configuration is
asked for once a turn of the event loop, and again after any write, the queue's too.
"""


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """E-mail leaves by a queue here: its mail server is away."""
    url = f"smtp://127.0.0.1:{free_port()}"
    with running(tmp_path_factory.mktemp("data"), smtp_url=url, smtp_from="pool@example.com") as up:
        yield up


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """What the server asks of its database meanwhile, without the values."""
    seen: list[str] = []
    traced(world, lambda sql: seen.append(_VALUE.sub("?", sql)))
    try:
        yield seen
    finally:
        traced(world, None)
        seen[:] = [sql for sql in seen if not _BEHIND.search(sql)]


def traced(world: World, seen: Callable[[str], object] | None) -> None:
    """In the server's own thread: SQLite would wait for a statement that waits for this thread's interpreter lock."""
    database, done = world.running.services.store._database, threading.Event()

    def trace_and_tell() -> None:
        trace(database, seen)
        done.set()

    assert world.server is not None
    assert world.server._loop is not None
    world.server._loop.call_soon_threadsafe(trace_and_tell)
    assert done.wait(10)


Ask = Callable[[], object]


def password(world: World, pool: Pool, client: Client, name: str) -> Ask:
    return lambda: initiate(world, client, USERNAME=name, PASSWORD="wrong")


def srp_begun(world: World, pool: Pool, client: Client, name: str) -> Ask:
    srp_a = ClientStart(os.urandom(32)).public
    return lambda: initiate(world, client, "USER_SRP_AUTH", USERNAME=name, SRP_A=srp_a)


def srp_answered(world: World, pool: Pool, client: Client, name: str) -> Ask:
    start = ClientStart(os.urandom(32))
    asked = initiate(world, client, "USER_SRP_AUTH", USERNAME=name, SRP_A=start.public)
    answer = {**answer_srp(pool, start, asked, "wrong"), "USERNAME": name}
    return lambda: respond(world, client, "PASSWORD_VERIFIER", **answer)


def code_begun(world: World, pool: Pool, client: Client, name: str) -> Ask:
    return lambda: begin(world, client, name, PREFERRED_CHALLENGE="EMAIL_OTP")


def code_answered(world: World, pool: Pool, client: Client, name: str) -> Ask:
    asked = begin(world, client, name, PREFERRED_CHALLENGE="EMAIL_OTP")
    if asked["ChallengeName"] == "SELECT_CHALLENGE":  # who is not offered a code asks for it all the same
        return lambda: respond(world, client, "SELECT_CHALLENGE", asked["Session"], USERNAME=name, ANSWER="EMAIL_OTP")
    return lambda: respond(world, client, "EMAIL_OTP", asked["Session"], USERNAME=name, EMAIL_OTP_CODE="1")


def choice(world: World, pool: Pool, client: Client, name: str) -> Ask:
    return lambda: begin(world, client, name)


def forgot(world: World, pool: Pool, client: Client, name: str) -> Ask:
    return lambda: forget(world, client, name)


def forgot_again(world: World, pool: Pool, client: Client, name: str) -> Ask:
    forget(world, client, name)
    return lambda: forget(world, client, name)


def confirm_forgot(world: World, pool: Pool, client: Client, name: str) -> Ask:
    return lambda: recover(world, client, "x", username=name)


def confirm_forgot_asked(world: World, pool: Pool, client: Client, name: str) -> Ask:
    forget(world, client, name)
    return lambda: recover(world, client, "x", username=name)


def resent(world: World, pool: Pool, client: Client, name: str) -> Ask:
    return lambda: resend(world, client, name)


def confirm_sign_up(world: World, pool: Pool, client: Client, name: str) -> Ask:
    return lambda: confirm(world, client, "x", name)


def link(world: World, pool: Pool, client: Client, name: str) -> Ask:
    """The page is in the style of the host's domain, which is held once any page was seen there, as for `page`."""
    Browser(world.origin).session.get(f"{world.origin}/login?client_id={client['ClientId']}&response_type=code")
    query = {"client_id": client["ClientId"], "user_name": name, "confirmation_code": "x"}
    open_page(Browser(world.origin), "/login", client)  # what the pages look like is held
    return lambda: requests.get(f"{world.origin}/confirmUser", params=query, timeout=10)


def page(world: World, pool: Pool, client: Client, name: str) -> Ask:
    browser = Browser(world.origin)
    shown = browser.session.get(world.origin + browser.authorize(client).headers["Location"])
    return lambda: browser.post(shown, username=name, password="wrong")


def page_forgot(world: World, pool: Pool, client: Client, name: str) -> Ask:
    browser = Browser(world.origin)
    shown = open_page(browser, "/forgotPassword", client)
    return lambda: press(browser, shown, username=name)


def page_resend(world: World, pool: Pool, client: Client, name: str) -> Ask:
    browser = Browser(world.origin)
    shown = open_page(browser, "/confirm", client)
    return lambda: press(browser, shown, "resend", username=name, verification_code="")


def page_choice(world: World, pool: Pool, client: Client, name: str) -> Ask:
    browser = Browser(world.origin)
    shown = open_page(browser, "/login", client)
    return lambda: press(browser, shown, "otherWays", username=name)


def page_code_again(world: World, pool: Pool, client: Client, name: str) -> Ask:
    browser = Browser(world.origin)
    shown = press(browser, open_page(browser, "/login", client), "otherWays", username=name)
    shown = press(browser, shown, factor="EMAIL_OTP") if 'value="EMAIL_OTP"' in shown.text else shown
    if "authentication_code" not in shown.text:  # who is not offered a code
        return lambda: press(browser, shown, factor="EMAIL_OTP", password="x")
    return lambda: press(browser, shown, "resend")


ENTRANCES = [
    password,
    srp_begun,
    srp_answered,
    code_begun,
    code_answered,
    choice,
    forgot,
    forgot_again,
    confirm_forgot,
    confirm_forgot_asked,
    resent,
    confirm_sign_up,
    link,
    page,
    page_forgot,
    page_resend,
    page_choice,
    page_code_again,
]
POOLS: dict[str, dict[str, Any]] = {
    "names": {},
    "addresses": {"UsernameAttributes": ["email"]},
    "aliases": {"AliasAttributes": ["email"]},
    "watched": {"UserPoolTier": "PLUS", "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}},
}


def work(
    world: World,
    settings: dict[str, Any],
    state: State,
    entrance: Callable[..., Ask],
    name: str,
    choices: Sequence[str] = BY_ALL,
) -> list[str]:
    """What the server does in a pool in which nobody of this name is offered `choices`."""
    pool, client = in_which_nobody_is_offered(
        choices, [name], lambda: choosing_pool(world, AutoVerifiedAttributes=["email"], **settings)
    )
    state(pool, client)
    ask = entrance(world, pool, client, name)
    hold_configuration(world, pool, client)
    with statements(world) as seen, suppress(world.idp.exceptions.ClientError):
        ask()
    return seen


def hold_configuration(world: World, pool: Pool, client: Client) -> None:
    """However soon the pool's keys were made, and whichever request asked for the host first."""
    world.idp.describe_user_pool(UserPoolId=pool.pool_id)
    requests.post(f"{world.origin}/oauth2/token", data={"client_id": client["ClientId"]}, timeout=10)


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("state", [state for state in STATES if state is not nobody])
def test_the_same_statements_run_whoever_there_is(world: World, state: State, entrance: Callable[..., Ask]) -> None:
    choices = BY_PASSWORD if state is without_address else BY_ALL
    somebody = work(world, {}, state, entrance, "eve", choices)
    assert somebody == work(world, {}, nobody, entrance, "eve", choices)
    refused_at_once = state is without_address and entrance in (code_answered, page_code_again)  # session and person
    assert len(somebody) > (1 if refused_at_once else 3), "this is what the server asks, beside client and pool"


def in_addresses(pool: Pool, client: Client) -> None:
    pool.user(MAIL)


@pytest.mark.long
@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize(
    ("kind", "name"), [("addresses", MAIL), ("aliases", MAIL), ("names", "Eve"), ("watched", "eve")]
)
def test_nor_does_the_kind_of_pool_make_a_difference(
    world: World, kind: str, name: str, entrance: Callable[..., Ask]
) -> None:
    signing_up = entrance in (resent, confirm_sign_up, link) and kind in ("names", "watched")
    state = in_addresses if kind == "addresses" else (unconfirmed if signing_up else confirmed)
    assert work(world, POOLS[kind], state, entrance, name) == work(world, POOLS[kind], nobody, entrance, name)
