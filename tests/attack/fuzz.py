"""Fuzz: calls made from the model over connections kept open. No 500, no dropped connection, no unreadable answer."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.parsers

from attack.child import Server, serving
from attack.model_fuzz import Call, Fuzzer, model
from attack.page_fuzz import PageFuzzer
from attack.report import Report, megabytes
from attack.scale import sized
from attack.targets import PASSWORD, Target, set_up
from attack.wire import UNHEARD, Answer, Client

LANES = 3
ROUND = 250
MOST_ANSWER = 65_536


def run() -> Report:
    report = Report("fuzz")
    calls = sized(20_000, 55_000)
    with serving("--console-messages", "off", "--upstream", "none") as server:
        before = server.resident_bytes()
        rounds = [(lane, number) for number in range(max(1, calls // LANES // ROUND)) for lane in range(LANES)]
        with ThreadPoolExecutor(LANES) as lanes:
            list(lanes.map(lambda one: _round(server, report, *one), rounds))
        report.measure("memory", f"{megabytes(before)} before, {megabytes(server.resident_bytes())} after")
        report.measure("log", megabytes(server.log_bytes()))
        report.measure("data folder", megabytes(server.data_bytes()))
        log = server.log_text()
        report.hold("Traceback" not in log, f"a traceback stands in the log: {log[log.find('Traceback') :][:600]}")
        report.hold(PASSWORD not in log, "a password stands in the log")
    return report


def _round(server: Server, report: Report, lane: int, number: int) -> None:
    """A pool of its own, which the calls may change or delete."""
    target = _target(server, lane, number)
    api, pages = (
        Fuzzer(lane * 1_000_000 + number, _known(target), _UNANSWERED),
        PageFuzzer(lane * 1_000_000 + number, target),
    )
    client = Client(server.address, timeout_s=60)
    for count in range(ROUND):
        if count % 10 == 9:
            _page(report, client, pages)
        else:
            call = api.call()
            if _call(report, client, call) == 501:
                _UNANSWERED.add((call.service, call.operation))
    client.close()


def _target(server: Server, lane: int, number: int) -> Target:
    with _GATE:
        return set_up(server, name=f"fuzz-{lane}-{number}")


_GATE = threading.Lock()
_UNANSWERED: set[tuple[str, str]] = set()


def _call(report: Report, client: Client, call: Call) -> int:
    """The status of the answer; 0 for none."""
    report.count("calls")
    label = f"{call.operation} {call.body[:160]!r}"
    try:
        answer = client.request("POST", "/", call.body, call.headers)
    except UNHEARD as problem:
        report.broke(f"{label}: no readable answer: {problem!r}")
        return 0
    _judge(report, label, answer)
    try:
        _read(call, answer)
    except Exception as problem:
        report.broke(f"{label}: boto3 cannot read the answer: {problem!r} {answer.body[:120]!r}")
    return answer.status


def _judge(report: Report, label: str, answer: Answer) -> None:
    report.count(f"answered {answer.status}")
    report.hold(answer.status not in (500, 502), f"{label}: {answer.status} {answer.body[:160]!r}")
    report.hold(len(answer.body) < MOST_ANSWER, f"{label}: an answer of {len(answer.body)} bytes")
    report.hold("x-injected" not in {name.lower() for name in answer.headers}, f"{label}: a header was injected")


def _read(call: Call, answer: Answer) -> Any:
    described = model(call.service).operation_model(call.operation)
    parser = botocore.parsers.create_parser(model(call.service).metadata["protocol"])
    given = {"status_code": answer.status, "headers": dict(answer.headers), "body": answer.body}
    parsed = parser.parse(given, described.output_shape)
    if answer.status >= 400 and not parsed["Error"]["Code"]:
        raise ValueError("the error has no code")
    return parsed


def _page(report: Report, client: Client, pages: PageFuzzer) -> None:
    report.count("calls")
    asked = pages.request()
    label = f"{asked.method} {asked.path[:100]} {asked.body[:80]!r}"
    try:
        _judge(report, label, client.request(asked.method, asked.path, asked.body, asked.headers))
    except UNHEARD as problem:
        report.broke(f"{label}: no readable answer: {problem!r}")


def _known(target: Target) -> dict[str, list[Any]]:
    """Values that exist, so that a call gets past the first check."""
    return {
        "UserPoolId": [target.pool_id],
        "ClientId": [target.client_id, "ALL"],
        "Username": ["ada", "ada", "nobody"],
        "AccessToken": [target.access_token],
        "IdentityPoolId": [target.identity_pool_id],
        "Password": [PASSWORD],
        "RoleName": ["role", "another"],
        "AuthFlow": ["USER_PASSWORD_AUTH", "USER_SRP_AUTH", "USER_AUTH", "REFRESH_TOKEN_AUTH"],
        "ResourceArn": [f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{target.pool_id}"],
        "GroupName": ["crew"],
        "ConfirmationCode": ["123456"],
    }


def tell_most_frequent(broken: list[str]) -> Counter[str]:
    """By operation: for whoever looks for the kind."""
    return Counter(sentence.partition(" ")[0] for sentence in broken)


if __name__ == "__main__":
    found = run()
    print(found)
    print(tell_most_frequent(found.broken).most_common(20))
