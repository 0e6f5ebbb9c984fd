"""Amplify Storage in Chromium: a page signs in, and reaches S3 with what the identity pool gives it.

It is configured as for AWS. Only the browser knows that S3's names are on this machine, behind a proxy that ends TLS:
Amplify 6.22.1 calls S3 by https alone, its `dangerouslyConnectToHttpEndpointForTesting` refuses itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, Page, sync_playwright

from halfday.server import demo
from real_clients.test_chromium import ARGUMENTS
from tls_front import tls_before
from tools import find_chromium

pytestmark = pytest.mark.long

S3_NAMES = "*.s3.us-east-1.amazonaws.com"

SIGN_IN = """async ({ cognito, bucket, username, password }) => {
  Amplify.configure({ Auth: { Cognito: cognito }, Storage: { S3: { bucket, region: "us-east-1" } } })
  await auth.signIn({ username, password })
}"""
UPLOAD = """async ({ name, size, text }) => {
  const data = size ? new Blob([new Uint8Array(size).fill(97)]) : text
  const path = ({ identityId }) => `home/${identityId}/${name}`
  const done = await storage.uploadData({ path, data, options: { contentType: "text/plain" } }).result
  return { path: done.path, eTag: done.eTag }
}"""
READ = """async (path) => {
  const { body } = await storage.downloadData({ path }).result
  const { url } = await storage.getUrl({ path })
  const properties = await storage.getProperties({ path })
  const [text, again] = [await body.text(), await (await fetch(url)).text()]
  return { text: text.slice(0, 40), same: text === again, size: properties.size, type: properties.contentType }
}"""
LIST = """async () => {
  const { items } = await storage.list({ path: ({ identityId }) => `home/${identityId}/` })
  return items.map(({ path, size }) => [path.split("/").at(-1), size])
}"""
REMOVE = "(path) => storage.remove({ path })"
INTRUDE = """async () => {
  const told = ({ name, message }) => `${name}: ${message}`
  const tried = [
    storage.uploadData({ path: "home/somebody-else/x", data: "x" }).result,
    storage.downloadData({ path: "home/somebody-else/x" }).result,
  ]
  return Promise.all(tried.map((one) => one.then(() => "done", told)))
}"""


@pytest.fixture(scope="module")
def opened(up: Any, bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """An application's page, where somebody has signed in."""
    with (
        tls_before(up.origin, tmp_path_factory.mktemp("front"), tells=False) as front,
        sync_playwright() as playwright,
    ):
        mapped = f"--host-resolver-rules=MAP {S3_NAMES} {urlsplit(front.url).netloc}"
        arguments = [*ARGUMENTS, mapped, "--ignore-certificate-errors"]
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        page = browser.new_page()
        page.goto(up.callback.url)
        page.add_script_tag(path=bundle)
        cognito = {
            "userPoolId": demo.POOL_ID,
            "userPoolClientId": demo.PUBLIC_CLIENT_ID,
            "userPoolEndpoint": up.origin,
            "identityPoolId": demo.IDENTITY_POOL_ID,
            "identityPoolEndpoint": up.origin,
        }
        person = {"username": demo.USERNAME, "password": demo.PASSWORD}
        page.evaluate(SIGN_IN, {"cognito": cognito, "bucket": demo.BUCKET, **person})
        yield page
        browser.close()


@pytest.fixture
def page(up: Any, opened: Page) -> Iterator[Page]:
    """Each test begins with a bucket that has no CORS rules."""
    yield opened
    up.world.boto3("s3").delete_bucket_cors(Bucket=demo.BUCKET)


def rules(up: Any, **given: Any) -> None:
    first = {"AllowedMethods": ["GET", "HEAD", "PUT", "POST", "DELETE"], "AllowedHeaders": ["*"], **given}
    up.world.boto3("s3").put_bucket_cors(Bucket=demo.BUCKET, CORSConfiguration={"CORSRules": [first]})


def play(page: Page) -> None:
    """One's own folder from the first file to the last."""
    small = page.evaluate(UPLOAD, {"name": "a b+é.txt", "text": "analytical engine"})
    assert small["eTag"]
    told = page.evaluate(READ, small["path"])
    assert told == {"text": "analytical engine", "same": True, "size": 17, "type": "text/plain"}
    assert page.evaluate(LIST) == [["a b+é.txt", 17]]
    page.evaluate(REMOVE, small["path"])
    assert page.evaluate(LIST) == []


def test_a_page_of_this_machine_uses_a_bucket_without_rules(page: Page) -> None:
    play(page)


def test_a_page_uses_a_bucket_whose_rules_let_it(up: Any, page: Page) -> None:
    rules(up, AllowedOrigins=[page.evaluate("location.origin")], ExposeHeaders=["ETag"])
    play(page)


def test_a_large_file_is_uploaded_in_parts(up: Any, page: Page) -> None:
    """Amplify reads each part's ETag: a rule that does not expose it is a rule too few, as on AWS."""
    rules(up, AllowedOrigins=["*"], ExposeHeaders=["ETag"])
    size = 5 * 1024 * 1024 + 1
    large = page.evaluate(UPLOAD, {"name": "large", "size": size})
    assert page.evaluate(READ, large["path"]) == {"text": "a" * 40, "same": True, "size": size, "type": "text/plain"}
    page.evaluate(REMOVE, large["path"])
    rules(up, AllowedOrigins=["*"])
    with pytest.raises(Error):
        page.evaluate(UPLOAD, {"name": "large", "size": size})


def test_a_denied_page_is_told_why(page: Page) -> None:
    """Without CORS headers on the refusal it would be told of a network error."""
    for answer in page.evaluate(INTRUDE):
        assert answer.startswith("AccessDenied: ")
        assert "is not authorized to perform: s3:" in answer


def test_a_page_that_no_rule_fits_reaches_nothing(up: Any, page: Page) -> None:
    rules(up, AllowedOrigins=["https://another.example"], ExposeHeaders=["ETag"])
    with pytest.raises(Error, match="Network"):
        page.evaluate(UPLOAD, {"name": "x", "text": "x"})
    listed = up.world.boto3("s3").list_objects_v2(Bucket=demo.BUCKET, Prefix="home/").get("Contents", [])
    assert not any(each["Key"].endswith("/x") for each in listed)
