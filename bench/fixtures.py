"""What a test pays for a pool of its own: our fixtures beside moto's mock_aws, in turns, in one process.

Both make a pool, an app client and a person with a password, and sign them in. moto patches boto3 and answers within
the call, without a socket, a password hash or a signature that anybody could check. Ours asks a server in a thread,
which takes turns with the test for the interpreter, and deletes the pool at the end. A boto3 client takes milliseconds
by itself: with mock_aws each test makes one, with ours the run has one.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.results import Figure, Goal, Measured

ROUNDS = int(os.environ.get("HALFDAY_BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("HALFDAY_BENCH_SECONDS", "1"))
TESTS = max(10, int(40 * SECONDS))
OURS, THEIRS, THEIRS_WITH_ONE = "halfday.testing", "moto's mock_aws", "moto's mock_aws, one client for all"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
KEYS = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}


def run() -> Measured:
    import boto3
    from moto import mock_aws

    from halfday.testing import Server

    def theirs() -> None:
        with mock_aws():
            _five_calls(boto3.client("cognito-idp", **KEYS))

    with mock_aws():
        one = boto3.client("cognito-idp", **KEYS)

    def theirs_with_one() -> None:
        with mock_aws():
            _five_calls(one)

    with Server() as server:
        idp = server.idp

        def ours() -> None:
            idp.delete_user_pool(UserPoolId=_five_calls(idp))

        kinds: dict[str, Callable[[], None]] = {OURS: ours, THEIRS: theirs, THEIRS_WITH_ONE: theirs_with_one}
        took: dict[str, list[float]] = {name: [] for name in kinds}
        for test in kinds.values():
            for _ in range(3):
                test()
        for _ in range(ROUNDS):
            for name, found in _in_turns(kinds).items():
                took[name].append(found)
    figures = [
        Figure("a test with a pool of its own", name, "1", statistics.median(found), "ms", found)
        for name, found in took.items()
    ]
    beside = statistics.median(mine / other for mine, other in zip(took[OURS], took[THEIRS], strict=True))
    goal = Goal("a test with a pool of its own", THEIRS, 1.0, {"": beside}, "×", at_most=True)
    return Measured(figures, [goal], (), ROUNDS, SECONDS)


def _in_turns(kinds: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Milliseconds of the middle test of each kind."""
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(TESTS):
        for name, test in kinds.items():
            started = time.perf_counter()
            test()
            times[name].append((time.perf_counter() - started) * 1e3)
    return {name: statistics.median(found) for name, found in times.items()}


def _five_calls(idp: Any) -> str:
    pool_id: str = idp.create_user_pool(PoolName="mine")["UserPool"]["Id"]
    client = idp.create_user_pool_client(UserPoolId=pool_id, ClientName="web", ExplicitAuthFlows=FLOWS)
    client_id = client["UserPoolClient"]["ClientId"]
    named = {"UserPoolId": pool_id, "Username": "ada"}
    idp.admin_create_user(**named, MessageAction="SUPPRESS")
    idp.admin_set_user_password(**named, Password="Lovelace-1815", Permanent=True)
    proof = {"USERNAME": "ada", "PASSWORD": "Lovelace-1815"}
    answer = idp.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=proof)
    if not answer["AuthenticationResult"]["IdToken"]:
        raise AssertionError("nobody was signed in")
    return pool_id
