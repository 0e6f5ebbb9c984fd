"""A single-page application in Chromium: amazon-cognito-identity-js and Amplify v6 call the API from another origin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page, sync_playwright

from operations.test_passkeys import VIRTUAL
from operations.test_user_auth import FLOWS
from real_clients.test_chromium import ARGUMENTS
from tools import find_chromium
from world import PASSWORD, Pool, World

pytestmark = pytest.mark.long

SIGN_IN = """({ ids, password }) => new Promise((resolve) => {
  const user = new identity.CognitoUser({ Username: "ada", Pool: new identity.CognitoUserPool(ids) })
  user.authenticateUser(new identity.AuthenticationDetails({ Username: "ada", Password: password }), {
    onSuccess: (session) => resolve(session.getAccessToken().getJwtToken()),
    onFailure: ({ code, message }) => resolve(`${code}: ${message}`),
  })
})"""
RENEW = """(ids) => new Promise((resolve, reject) => {
  const user = new identity.CognitoUserPool(ids).getCurrentUser()
  const told = (next) => (error, session) => error ? reject(error) : next(session)
  user.getSession(told((session) => user.refreshSession(
    session.getRefreshToken(), told((renewed) => resolve(renewed.getAccessToken().getJwtToken()))
  )))
})"""
CONFIGURE = "(Cognito) => Amplify.configure({ Auth: { Cognito } })"
DONE = {"isSignedIn": True, "nextStep": {"signInStep": "DONE"}}


@pytest.fixture
def page(callback: Any, bundle: Path) -> Iterator[Page]:
    """An application's page, of another host and port than Halfday's, on a machine that makes passkeys."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = browser.new_page()
        cdp = page.context.new_cdp_session(page)
        cdp.send("WebAuthn.enable")
        cdp.send("WebAuthn.addVirtualAuthenticator", {"options": VIRTUAL})
        page.goto(callback.url)
        page.add_script_tag(path=bundle)
        yield page
        browser.close()


@pytest.mark.parametrize("tracked", [False, True])
def test_identity_js_signs_in_and_renews(world: World, page: Page, tracked: bool) -> None:
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


def configure(page: Page, pool: Pool, client: dict[str, Any]) -> None:
    ids = {"userPoolId": pool.pool_id, "userPoolClientId": client["ClientId"]}
    page.evaluate(CONFIGURE, {**ids, "userPoolEndpoint": pool.world.origin})


def ask(page: Page, method: str, given: dict[str, Any] | None = None) -> Any:
    return page.evaluate(f"(given) => auth.{method}(given ?? undefined)", given)


def test_amplify_stays_signed_in_when_the_page_is_loaded_anew(
    world: World, page: Page, bundle: Path, pool: Pool
) -> None:
    pool.user()
    client = pool.client()
    configure(page, pool, client)
    with pytest.raises(Error, match=r"NotAuthorizedException: Incorrect username or password\."):
        ask(page, "signIn", {"username": "ada", "password": "Wrong-1815"})
    assert ask(page, "signIn", {"username": "ada", "password": PASSWORD}) == DONE
    page.reload()
    page.add_script_tag(path=bundle)
    configure(page, pool, client)
    assert ask(page, "fetchUserAttributes")["email"] == "ada@example.com"
    ask(page, "signOut", {"global": True})
    with pytest.raises(Error, match="UserUnAuthenticatedException"):
        ask(page, "getCurrentUser")


def test_amplify_makes_a_passkey_and_signs_in_with_it(world: World, page: Page) -> None:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    pool = world.pool(Policies=policies)
    parties = {"RelyingPartyId": "localhost", "UserVerification": "required"}
    world.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, WebAuthnConfiguration=parties)
    pool.user()
    configure(page, pool, pool.client(ExplicitAuthFlows=[*FLOWS, "ALLOW_USER_SRP_AUTH"]))
    ask(page, "signIn", {"username": "ada", "password": PASSWORD})
    ask(page, "associateWebAuthnCredential")
    [passkey] = ask(page, "listWebAuthnCredentials")["credentials"]
    assert (passkey["relyingPartyId"], passkey["authenticatorAttachment"]) == ("localhost", "platform")
    options = {"authFlowType": "USER_AUTH", "preferredChallenge": "WEB_AUTHN"}
    for chosen in (False, True):
        ask(page, "signOut")
        if chosen:
            told = ask(page, "signIn", {"username": "ada", "options": {"authFlowType": "USER_AUTH"}})
            assert "WEB_AUTHN" in told["nextStep"]["availableChallenges"]
            told = ask(page, "confirmSignIn", {"challengeResponse": "WEB_AUTHN"})
        else:
            told = ask(page, "signIn", {"username": "ada", "options": options})
        assert told == DONE
    ask(page, "deleteWebAuthnCredential", {"credentialId": passkey["credentialId"]})
    assert ask(page, "listWebAuthnCredentials")["credentials"] == []
