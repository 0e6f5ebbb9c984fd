"""Two `halfday serve` on one data folder, through which people are linked and merged at once."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from ports import free_port
from units.test_two_servers import SEED, served, wait_for

POOL, DEVELOPER = "us-east-1:4a1fda70-0000-4242-8080-c0ffee000016", "login.example.com"
IDENTITY_POOL = f"""
[[identity_pool]]
id = "{POOL}"
guests = true
developer_provider = "{DEVELOPER}"
"""
USERS = [f"user-{number}" for number in range(6)]


def api(port: int) -> Any:
    dummy = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    settings = Config(retries={"max_attempts": 0}, max_pool_connections=8)
    return boto3.client("cognito-identity", endpoint_url=f"http://127.0.0.1:{port}", config=settings, **dummy)


def test_who_is_merged_through_two_processes_at_once_is_of_one_identity(tmp_path: Path) -> None:
    (tmp_path / "seed.toml").write_text(SEED + IDENTITY_POOL)
    ports, management = (free_port(), free_port()), (free_port(), free_port())
    url = f"http://localhost:{ports[0]}"
    with served(tmp_path, ports[0], management[0], url), served(tmp_path, ports[1], management[1], url):
        for port in ports:
            wait_for(port)
        servers, source = [api(port) for port in ports], random.Random(14)
        guest = servers[0].get_id(IdentityPoolId=POOL)["IdentityId"]
        steps = [merge(*source.sample(USERS, 2)) for _ in range(30)] + [vouch(user) for user in USERS * 2]
        steps += [vouch(user, IdentityId=guest) for user in USERS]
        source.shuffle(steps)
        with ThreadPoolExecutor(8) as threads:
            codes = Counter(threads.map(lambda one: result(servers[one[0] % 2], one[1]), enumerate(steps)))
        assert set(codes) <= KNOWN, codes
        check(servers)
        first = USERS[0]
        for user in USERS[1:]:
            result(servers[0], merge(user, first))
        assert {owner(server, user) for server in servers for user in USERS} == {owner(servers[1], first)}
        check(servers)


KNOWN = {
    "",
    "ResourceNotFoundException",
    "InvalidParameterException",
    "NotAuthorizedException",
    "DeveloperUserAlreadyRegisteredException",
}
"""Answers: somebody was not there yet, was of the same identity, or the guest was somebody's by then."""

Step = tuple[str, dict[str, Any]]


def merge(source: str, destination: str) -> Step:
    named = {"SourceUserIdentifier": source, "DestinationUserIdentifier": destination}
    return "merge_developer_identities", {"DeveloperProviderName": DEVELOPER, **named}


def vouch(user: str, **given: Any) -> Step:
    return "get_open_id_token_for_developer_identity", {"Logins": {DEVELOPER: user}, **given}


def result(server: Any, step: Step) -> str:
    """The code of a refusal, or nothing."""
    operation, given = step
    try:
        getattr(server, operation)(IdentityPoolId=POOL, **given)
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    return ""


def owner(server: Any, user: str) -> str:
    answer = server.lookup_developer_identity(IdentityPoolId=POOL, DeveloperUserIdentifier=user)
    return str(answer["IdentityId"])


def check(servers: list[Any]) -> None:
    """Both say the same, and every user is of the identity that says so."""
    listed = [server.list_identities(IdentityPoolId=POOL, MaxResults=60)["Identities"] for server in servers]
    assert listed[0] == listed[1]
    said = {}
    for one in listed[0]:
        if DEVELOPER in one.get("Logins", ()):
            given = {"IdentityPoolId": POOL, "IdentityId": one["IdentityId"]}
            for user in servers[0].lookup_developer_identity(**given)["DeveloperUserIdentifierList"]:
                assert said.setdefault(user, one["IdentityId"]) == one["IdentityId"], user
    assert said == {user: owner(servers[1], user) for user in USERS}
