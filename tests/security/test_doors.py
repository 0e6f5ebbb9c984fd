"""A sign-in goes on by the door that it came in by: what a client may do at one it may not do at the other."""

from __future__ import annotations

import re

from asking import not_authorized, refusal
from operations.test_mfa import signed_in, with_mfa
from operations.test_sign_in import respond
from world import Browser, World, query_in

SPENT = not_authorized("Invalid session for the user.")


def test_a_sign_in_on_the_pages_yields_no_tokens_of_the_api(world: World, browser: Browser) -> None:
    """Their scope would be one that this client may not have, by a flow that it may not use."""
    pool = with_mfa(world, "ON", "email")
    pool.user()
    flows = {"ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"], "AllowedOAuthScopes": ["openid"]}
    client = pool.client(**flows)
    page = browser.sign_in(client, scope="openid")
    found = re.search(r'name="session" value="([^"]+)"', page.text)
    assert found, page.text
    code = pool.code_for("ada", "Authentication")
    given = {"session": found[1], "USERNAME": "ada", "EMAIL_OTP_CODE": code}
    assert refusal(respond, world=world, client=client, challenge="EMAIL_OTP", **given) == SPENT
    assert "code" in query_in(browser.post(page, authentication_code=code))


def test_nor_one_over_the_api_a_browser_s_session(world: World, browser: Browser) -> None:
    pool = with_mfa(world, "ON", "email")
    pool.user()
    client = pool.client()
    page = browser.sign_in(client)
    session = signed_in(world, client)["Session"]
    code = pool.code_for("ada", "Authentication")
    answer = browser.post(page, session=session, authentication_code=code)
    assert (answer.status_code, "Invalid session for the user." in answer.text) == (400, True)
