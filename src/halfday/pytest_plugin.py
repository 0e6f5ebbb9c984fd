"""Fixtures for pytest, known as soon as Halfday is installed. Nothing is loaded or started before a test asks.

cognito_server   a server for the run (with xdist: for each worker), ephemeral, on a free port
cognito_pool     a user pool of the test's own, gone after it
cognito_client   an app client of that pool
cognito_user     makes people: cognito_user("ada", email=…, groups=("admin",))
sign_in          their tokens: sign_in(user), sign_in(user, client)
codes            what was sent: codes("ada@example.com")
triggers         which functions were invoked: triggers(pool_id=…)
frozen_time      the server's clock, standing still: frozen_time.forward(3600); put back after the test
cognito_clock    the same, running
cognito_boto3    boto3 clients of the server: cognito_boto3("cognito-idp")
aws_endpoints    AWS_ENDPOINT_URL_… and dummy keys in the environment, put back after the test

In pytest's configuration, `halfday_seed` is the path of a halfday.toml, and `halfday_process = true` runs the server in
a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from halfday.testing import AppClient, Codes, Pool, Server, ServerClock, Tokens, User


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("halfday_seed", "the seed file of cognito_server: a halfday.toml", type="string", default="")
    parser.addini("halfday_process", "run cognito_server in a process of its own", type="bool", default=False)


@pytest.fixture(scope="session")
def cognito_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server for all tests of this process: `.origin`, `.idp`, `.boto3(service)`, `.pool(…)`, `.reset()`."""
    from halfday.testing import Server

    seed = request.config.getini("halfday_seed")
    path = request.config.rootpath / seed if seed else None
    with Server(path, process=request.config.getini("halfday_process")) as server:
        yield server


@pytest.fixture
def cognito_pool(cognito_server: Server) -> Iterator[Pool]:
    """A user pool of this test's own, gone after it: `.pool_id`, `.issuer`, `.user(…)`, `.client(…)`, `.server`."""
    pool = cognito_server.pool()
    yield pool
    pool.delete()


@pytest.fixture
def cognito_client(cognito_pool: Pool) -> AppClient:
    """An app client of `cognito_pool` with every flow and no secret: `.client_id`."""
    return cognito_pool.default_client


@pytest.fixture
def cognito_user(cognito_pool: Pool) -> Callable[..., User]:
    """Makes confirmed people: `cognito_user("ada", email=…, groups="admin")` has `.username`, `.password`, `.sub`."""
    return cognito_pool.user


@pytest.fixture
def sign_in() -> Callable[..., Tokens]:
    """Tokens by password: `sign_in(user)`, `sign_in(user, client)`. LookupError where a challenge comes instead."""

    def signed_in(user: User, client: AppClient | None = None) -> Tokens:
        return user.sign_in(client)

    return signed_in


@pytest.fixture
def codes(cognito_server: Server) -> Codes:
    """The newest code that a person was sent, waited for: `codes("ada@example.com")`. Also `.message(…)`, `.all()`."""
    cognito_server.codes.clear()
    return cognito_server.codes


@pytest.fixture
def triggers(cognito_server: Server) -> Callable[..., list[dict[str, Any]]]:
    """Which functions were invoked, newest first: `triggers(pool_id=…, trigger_source=…, arn=…, outcome=…)`."""
    return cognito_server.triggers


@pytest.fixture
def cognito_clock(cognito_server: Server) -> Iterator[ServerClock]:
    """The server's clock: `.now()`, `.forward(seconds)`, `.freeze()`, `.release()`. Put back after the test."""
    yield cognito_server.clock
    cognito_server.clock.release()


@pytest.fixture
def frozen_time(cognito_clock: ServerClock) -> ServerClock:
    """`cognito_clock`, standing still."""
    cognito_clock.freeze()
    return cognito_clock


@pytest.fixture
def cognito_boto3(cognito_server: Server) -> Callable[..., Any]:
    """boto3 clients of the server: `cognito_boto3("cognito-idp")`."""
    return cognito_server.boto3


@pytest.fixture
def aws_endpoints(cognito_server: Server) -> Iterator[dict[str, str]]:
    """AWS_ENDPOINT_URL_… for Cognito, STS and IAM, dummy keys and a Region, put back after the test."""
    from halfday.testing import aws_environment

    with aws_environment(cognito_server.environment):
        yield cognito_server.environment
