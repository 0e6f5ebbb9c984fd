"""The container-credentials endpoint: who is let in, and what SDKs hear."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from botocore.credentials import ContainerProvider
from botocore.exceptions import CredentialRetrievalError
from botocore.utils import ContainerMetadataFetcher

from halfday.client.credentials.container_endpoint import ContainerEndpoint
from halfday.client.errors import NetworkError, SignInNeeded
from halfday.protocol.credentials import Credentials

ENDS_AT = 4_000_000_000
GOOD = Credentials("ASIAEXAMPLE", "secret", "token", ENDS_AT)

Ask = Callable[..., tuple[int, dict[str, str]]]


class Source:
    """What the endpoint hands out, or raises."""

    def __init__(self) -> None:
        self.problem: Exception | None = None

    def __call__(self) -> Credentials:
        if self.problem:
            raise self.problem
        return GOOD


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def endpoint(source: Source) -> Iterator[ContainerEndpoint]:
    with ContainerEndpoint(source) as endpoint:
        yield endpoint


@pytest.fixture
def ask(endpoint: ContainerEndpoint) -> Ask:
    told = endpoint.environment()
    parts = urlsplit(told["AWS_CONTAINER_CREDENTIALS_FULL_URI"])

    def ask(method: str = "GET", path: str = parts.path, **headers: str) -> tuple[int, dict[str, str]]:
        known = {"Authorization": told["AWS_CONTAINER_AUTHORIZATION_TOKEN"]}
        connection = http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=20)
        connection.request(method, path, headers={**known, **headers})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, json.loads(body) if body else {}

    return ask


def provider(endpoint: ContainerEndpoint) -> ContainerProvider:
    return ContainerProvider(endpoint.environment(), ContainerMetadataFetcher(sleep=lambda seconds: None))


def test_botocore_takes_what_it_answers(endpoint: ContainerEndpoint) -> None:
    credentials = provider(endpoint).load()
    found = credentials.get_frozen_credentials()
    assert (found.access_key, found.secret_key, found.token) == ("ASIAEXAMPLE", "secret", "token")
    assert credentials._expiry_time == datetime.fromtimestamp(ENDS_AT, UTC)


@pytest.mark.parametrize(
    "how",
    [
        {"Authorization": "another"},
        {"Authorization": ""},
        {"path": "/"},
        {"path": "/credentials"},
        {"Host": "attacker.example:80"},
        {"Host": "localhost"},
    ],
)
def test_who_lacks_a_part_of_the_address_hears_no_secret(ask: Ask, how: dict[str, str]) -> None:
    assert ask()[0] == 200
    status, members = ask(**how)
    assert status in (401, 403)
    assert members.keys() == {"code", "message"}


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_there_is_nothing_to_do_but_get(ask: Ask, method: str) -> None:
    assert ask(method)[0] == 405


def test_every_endpoint_has_a_path_and_a_token_of_its_own(endpoint: ContainerEndpoint, source: Source) -> None:
    with ContainerEndpoint(source) as another:
        first, second = endpoint.environment(), another.environment()
    assert urlsplit(first["AWS_CONTAINER_CREDENTIALS_FULL_URI"]).hostname == "127.0.0.1"
    assert first["AWS_CONTAINER_AUTHORIZATION_TOKEN"] != second["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    assert (
        urlsplit(first["AWS_CONTAINER_CREDENTIALS_FULL_URI"]).path
        != urlsplit(second["AWS_CONTAINER_CREDENTIALS_FULL_URI"]).path
    )


def test_the_sdk_s_error_says_what_to_do(endpoint: ContainerEndpoint, source: Source, ask: Ask) -> None:
    source.problem = SignInNeeded("the session has ended", hint="run halfday login")
    with pytest.raises(CredentialRetrievalError, match=r"SignInNeeded.*run halfday login"):
        provider(endpoint).load()
    source.problem = NetworkError("nothing accepts connections at 127.0.0.1:1", kind="refused")
    assert ask()[0] == 503
    source.problem = ZeroDivisionError("secret")
    status, members = ask()
    assert (status, "secret" in members["message"]) == (500, False)
