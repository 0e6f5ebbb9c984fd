"""amazon-cognito-identity-js in a real browser: a page of another origin calls the API (CORS)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from real_clients.javascript import HERE, installed
from real_clients.test_chromium import ARGUMENTS
from tools import find_chromium
from world import PASSWORD, World

LIBRARY = HERE / "node_modules" / "amazon-cognito-identity-js" / "dist" / "amazon-cognito-identity.min.js"
SIGN_IN = """({ ids, password }) => new Promise((resolve) => {
  const { AuthenticationDetails, CognitoUser, CognitoUserPool } = AmazonCognitoIdentity
  const user = new CognitoUser({ Username: "ada", Pool: new CognitoUserPool(ids) })
  user.authenticateUser(new AuthenticationDetails({ Username: "ada", Password: password }), {
    onSuccess: (session) => resolve(session.getAccessToken().getJwtToken()),
    onFailure: ({ code, message }) => resolve(`${code}: ${message}`),
  })
})"""
RENEW = """(ids) => new Promise((resolve, reject) => {
  const user = new AmazonCognitoIdentity.CognitoUserPool(ids).getCurrentUser()
  const told = (next) => (error, session) => error ? reject(error) : next(session)
  user.getSession(told((session) => user.refreshSession(
    session.getRefreshToken(), told((renewed) => resolve(renewed.getAccessToken().getJwtToken()))
  )))
})"""


@pytest.fixture
def page(callback: Any) -> Iterator[Page]:
    """An application's page: of another host and port than Halfday's."""
    installed()
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = browser.new_page()
        page.goto(callback.url)
        page.add_script_tag(path=LIBRARY)
        yield page
        browser.close()


@pytest.mark.parametrize("tracked", [False, True])
def test_a_page_of_another_origin_signs_in_and_renews(world: World, page: Page, tracked: bool) -> None:
    """Where no devices are tracked the library renews with a DEVICE_KEY of null: so localStorage calls nothing."""
    devices = {"DeviceConfiguration": {"DeviceOnlyRememberedOnUserPrompt": False}} if tracked else {}
    pool = world.pool(**devices)
    pool.user()
    ids = {"UserPoolId": pool.pool_id, "ClientId": pool.client()["ClientId"], "endpoint": world.origin}
    refused = page.evaluate(SIGN_IN, {"ids": ids, "password": "Wrong-1815"})
    assert refused == "NotAuthorizedException: Incorrect username or password."
    for _ in range(2):
        first = page.evaluate(SIGN_IN, {"ids": ids, "password": PASSWORD})
        renewed = page.evaluate(RENEW, ids)
        assert world.idp.get_user(AccessToken=renewed)["Username"] == "ada"
        assert renewed != first
    known = world.idp.admin_list_devices(UserPoolId=pool.pool_id, Username="ada")["Devices"] if tracked else []
    assert len(known) == tracked, "the second sign-in was by the device that is known"
