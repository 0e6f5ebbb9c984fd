"""Amplify's redirect and the AWS SDK for JavaScript in Chromium, unmodified and with AWS's own host names.

The browser has the flags that `halfday aws-names --chromium` prints. The pages are an application's at http://localhost.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect, sync_playwright

from real_clients.conftest import Callback
from real_clients.javascript import HERE, NODE, installed
from real_clients.programs_at_aws_names import CLIENT_ID, DOMAIN, IDENTITY_POOL, POOL_ID, Programs, document
from real_clients.test_chromium import ARGUMENTS
from tools import find_chromium
from world import PASSWORD, running

pytestmark = pytest.mark.long

BUCKET = "of-the-browser"
CONFIGURE = """({ callback, pool, client, identityPool, bucket }) => Amplify.configure({
  Auth: { Cognito: {
    userPoolId: pool, userPoolClientId: client, identityPoolId: identityPool,
    loginWith: { oauth: {
      domain: "shop.auth.us-east-1.amazoncognito.com", scopes: ["openid", "email", "aws.cognito.signin.user.admin"],
      redirectSignIn: [callback], redirectSignOut: [callback], responseType: "code",
    } },
  } },
  Storage: { S3: { bucket, region: "us-east-1" } },
})"""
UPLOAD = """async () => {
  await storage.uploadData({ path: "public/a b.txt", data: "body" }).result;
  const { items } = await storage.list({ path: "public/" });
  const { body } = await storage.downloadData({ path: "public/a b.txt" }).result;
  return [items.map((item) => item.path), await body.text()];
}"""
SDK = """async (signed) => {
  const client = new cognito.CognitoIdentityProviderClient({ region: "us-east-1", credentials: signed });
  const { UserPools } = await client.send(new cognito.ListUserPoolsCommand({ MaxResults: 10 }));
  return UserPools.map((pool) => pool.Id);
}"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, callback: Callback) -> Iterator[Programs]:
    home = tmp_path_factory.mktemp("home")
    with running(home / "data", document(callback.url), aws_names=0, issuer="aws", https=True) as world:
        s3 = world.boto3("s3")
        s3.create_bucket(Bucket=BUCKET)
        rule = {
            "AllowedOrigins": ["*"],
            "AllowedHeaders": ["*"],
            "AllowedMethods": ["GET", "PUT", "HEAD"],
            "ExposeHeaders": ["ETag"],
        }
        s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})
        yield Programs(world, home)


@pytest.fixture
def browser(programs: Programs, tmp_path: Path) -> Iterator[BrowserContext]:
    """Chromium with the printed flags, all but its profile, which is new for each test."""
    flags = [flag for flag in programs.told("chromium") if not flag.startswith("--user-data-dir=")]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=find_chromium(), args=[*ARGUMENTS, *flags]
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    installed()
    packed = tmp_path_factory.mktemp("bundle") / "sdk.js"
    esbuild = HERE / "node_modules" / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--log-level=error", f"--outfile={packed}"]
    subprocess.run([NODE, esbuild, HERE / "browser_sdk.mjs", *options], check=True, timeout=60)
    return packed


@pytest.fixture
def page(browser: BrowserContext, callback: Callback, bundle: Path) -> Page:
    page = browser.new_page()
    application(page, callback.url, bundle)
    return page


def application(page: Page, url: str | None, bundle: Path) -> None:
    """The single-page application is loaded, and knows its pool as AWS's console shows it."""
    if url is not None:
        page.goto(url)
    page.add_script_tag(path=bundle)
    known = {"pool": POOL_ID, "client": CLIENT_ID, "identityPool": IDENTITY_POOL, "bucket": BUCKET}
    page.evaluate(CONFIGURE, {"callback": page.url.partition("?")[0], **known})


def test_amplify_signs_in_with_redirect_and_out_again(page: Page, callback: Callback, bundle: Path) -> None:
    with pytest.raises(Error, match="UserUnAuthenticatedException"):
        page.evaluate("() => auth.getCurrentUser()")
    page.evaluate("() => { auth.signInWithRedirect() }")
    page.wait_for_url(f"{DOMAIN}/login?**")
    page.locator("input[name=username]:visible").first.fill("ada")
    page.locator("input[name=password]:visible").first.fill(PASSWORD)
    page.locator("input[name=password]:visible").first.press("Enter")
    page.wait_for_url(f"{callback.url}?code=**")
    application(page, None, bundle)
    page.wait_for_function("() => auth.getCurrentUser().then((user) => user.username === 'ada', () => false)")
    assert page.evaluate("() => auth.fetchUserAttributes()")["email"] == "ada@example.com"
    session = page.evaluate("async () => (await auth.fetchAuthSession()).credentials.accessKeyId")
    assert session.startswith("ASIA")
    assert page.evaluate(UPLOAD) == [["public/a b.txt"], "body"]
    with page.expect_navigation():
        page.evaluate("() => { auth.signOut() }")
    assert page.url == callback.url
    application(page, None, bundle)
    with pytest.raises(Error, match="UserUnAuthenticatedException"):
        page.evaluate("() => auth.getCurrentUser()")


def test_amplify_signs_in_by_its_own_form(page: Page) -> None:
    done = page.evaluate("(password) => auth.signIn({ username: 'ada', password })", PASSWORD)
    assert done["isSignedIn"]
    assert page.evaluate("() => auth.getCurrentUser()")["username"] == "ada"


def test_the_aws_sdk_on_a_page_of_this_machine_calls_aws_s_names(page: Page, sdk: Path) -> None:
    page.add_script_tag(path=sdk)
    dummy = {"accessKeyId": "test", "secretAccessKey": "test"}
    assert page.evaluate(SDK, dummy) == [POOL_ID]


def test_a_page_elsewhere_gains_nothing_by_the_browser_s_proxy(
    browser: BrowserContext, programs: Programs, sdk: Path
) -> None:
    """Dummy keys are for tools and for pages of this machine. A page of AWS's names is neither: S3 holds what people
    put there."""
    elsewhere = {"https://evil.example/": "<title>evil</title>"}
    page = browser.new_page()
    page.route("https://evil.example/**", lambda route: route.fulfill(body=elsewhere["https://evil.example/"]))
    dummy = {"accessKeyId": "test", "secretAccessKey": "test"}
    for url in ("https://evil.example/", f"{DOMAIN}/error"):
        page.goto(url)
        if not url.startswith(DOMAIN):
            page.add_script_tag(path=sdk)
            with pytest.raises(Error, match="security token included in the request is invalid"):
                page.evaluate(SDK, dummy)
        origin = programs.world.running.aws_names
        assert page.evaluate("(proxy) => fetch(proxy).then(() => 'read', () => 'refused')", origin) == "refused"


def test_the_printed_certificates_are_taken_and_no_other_site_goes_by_the_proxy(
    browser: BrowserContext, programs: Programs, callback: Callback
) -> None:
    page = browser.new_page()
    port = programs.world.origin.rpartition(":")[2]
    for url in (
        f"https://localhost:{port}/",
        f"https://127.0.0.1:{port}/",
        f"https://shop.auth.localhost:{port}/error",
    ):
        page.goto(url)
        assert page.url == url
    page.goto(f"http://localhost:{port}/")
    assert page.url == f"https://localhost:{port}/", "a page that is opened by http is sent on"
    page.goto(callback.url)
    expect(page.locator("body")).to_contain_text("arrived")
    with pytest.raises(Error, match=r"ERR_NAME_NOT_RESOLVED|ERR_INTERNET_DISCONNECTED"):
        page.goto("https://no-such-host.invalid/")


def test_without_the_flags_the_browser_takes_neither(callback: Callback, programs: Programs, tmp_path: Path) -> None:
    with sync_playwright() as playwright:
        plain = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        page = plain.new_page()
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            page.goto(programs.world.origin)
        plain.close()
