"""Whether a million users are served as fast as a thousand, and in as much memory: two servers, asked in turns.

The bound of every answer is the small pool's in the same round. Who is asked for differs with every request, and is
spread over the whole pool.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench.asked import PASSWORD, api
from bench.bounds import pinned
from bench.filling import email, fill, username
from bench.results import Figure, Goal, Measured
from bench.rivals import SERVER_CORE
from bench.server import Running, serving
from bench.sockets import Answer, ask_all, request_bytes
from halfday.protocol.encoding import b64url_decode, b64url_encode

SMALL, LARGE = 1_000, int(os.environ.get("HALFDAY_BENCH_USERS", "1000000"))
ROUNDS = int(os.environ.get("HALFDAY_BENCH_ROUNDS", "4"))
SECONDS = float(os.environ.get("HALFDAY_BENCH_SECONDS", "1"))
SIGNING_IN = 100
QUESTIONS = int(150 * SECONDS)
CONNECTIONS = 4
WANTED, WANTED_MEMORY = 1.3, 1.1
POOL_ID, CLIENT_ID = "us-east-1_Bench0001", "bench"

SEED = f"""
[[user_pool]]
id = "{POOL_ID}"
[[user_pool.client]]
id = "{CLIENT_ID}"
auth_flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
"""


@dataclass
class Served:
    size: int
    running: Running
    tokens: list[str] = field(default_factory=list)
    page_token: str = ""
    asked: int = 0

    def numbers(self, count: int) -> list[int]:
        """Users to ask for, others each time."""
        self.asked += count
        return [(self.asked + n) * 7919 % self.size for n in range(count)]


def run() -> Measured:
    """Milliseconds a request, large beside small, for each of the questions; and the memory of both at the end."""
    took: dict[str, dict[int, list[float]]] = {label: {SMALL: [], LARGE: []} for label in QUESTION}
    with pinned(), ExitStack() as stack:
        told: list[str] = []
        both = [_served(stack, size, told) for size in (SMALL, LARGE)]
        for number in range(ROUNDS + 1):
            for label, question in QUESTION.items():
                for served in both:
                    ms = question(served)
                    if number:
                        took[label][served.size].append(ms)
        memory = {served.size: served.running.memory_mb for served in both}
    return _measured(took, memory, told)


def _served(stack: ExitStack, size: int, told: list[str]) -> Served:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="halfday-bench-")))
    with serving(folder, SEED):
        pass
    started = time.perf_counter()
    fill(folder / "data", POOL_ID, size)
    told.append(f"{size:,} users were written in {time.perf_counter() - started:.0f} s.")
    served = Served(size, stack.enter_context(serving(folder, SEED, core=SERVER_CORE)))
    _ask(served, [_set_password(served, username(n)) for n in _signing_in(size)])
    signed_in, _ = _ask(served, [_sign_in(served, username(n)) for n in _signing_in(size)])
    served.tokens = [json.loads(answer.body)["AuthenticationResult"]["AccessToken"] for answer in signed_in]
    first_page, _ = _ask(served, [_page(served, None)])
    served.page_token = json.loads(first_page[0].body)["PaginationToken"]
    _check(served)
    return served


def _check(served: Served) -> None:
    """The last user is found, and a page from the middle is whole. Raises RuntimeError."""
    by_index, by_page = _by_email(served, served.size - 1), _page(served, _token_after(served, served.size // 2))
    found, _ = _ask(served, [by_index, by_page])
    lengths = [len(json.loads(answer.body)["Users"]) for answer in found]
    if lengths != [1, 60]:
        raise RuntimeError(f"the pool of {served.size:,} does not list as it was filled: {lengths}")


def _signing_in(size: int) -> range:
    return range(0, size, size // SIGNING_IN)


def _sign_ins(served: Served) -> float:
    return _ms(served, [_sign_in(served, username(number)) for number in _signing_in(served.size)])


def _get_user(served: Served) -> float:
    tokens = [served.tokens[number % len(served.tokens)] for number in range(QUESTIONS)]
    return _ms(served, [_request(served, "GetUser", {"AccessToken": token}) for token in tokens])


def _admin_get_user(served: Served) -> float:
    names = map(username, served.numbers(QUESTIONS))
    return _ms(served, [_request(served, "AdminGetUser", {"UserPoolId": POOL_ID, "Username": name}) for name in names])


def _by_index(served: Served) -> float:
    return _ms(served, [_by_email(served, number) for number in served.numbers(QUESTIONS)])


def _by_page(served: Served) -> float:
    """Pages of 60 from anywhere."""
    tokens = [_token_after(served, number) for number in served.numbers(QUESTIONS // 5)]
    return _ms(served, [_page(served, token) for token in tokens])


QUESTION: dict[str, Callable[[Served], float]] = {
    "sign-in": _sign_ins,
    "GetUser": _get_user,
    "AdminGetUser": _admin_get_user,
    "ListUsers by e-mail": _by_index,
    "ListUsers by page": _by_page,
}


def _ms(served: Served, requests: list[bytes]) -> float:
    _, took_s = _ask(served, requests)
    return took_s * 1e3 / len(requests)


def _ask(served: Served, requests: list[bytes]) -> tuple[list[Answer], float]:
    return ask_all(served.running.origin, requests, connections=CONNECTIONS)


def _sign_in(served: Served, name: str) -> bytes:
    parameters = {"USERNAME": name, "PASSWORD": PASSWORD}
    given = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": CLIENT_ID, "AuthParameters": parameters}
    return _request(served, "InitiateAuth", given)


def _set_password(served: Served, name: str) -> bytes:
    given = {"UserPoolId": POOL_ID, "Username": name, "Password": PASSWORD, "Permanent": True}
    return _request(served, "AdminSetUserPassword", given)


def _by_email(served: Served, number: int) -> bytes:
    return _request(served, "ListUsers", {"UserPoolId": POOL_ID, "Filter": f'email = "{email(number)}"'})


def _token_after(served: Served, number: int) -> str:
    """The token of the first page, as it would be if that user had been its last."""
    after = b64url_decode(served.page_token).decode()
    last = next(username(n) for n in range(100) if username(n) in after)
    return b64url_encode(after.replace(last, username(number)).encode())


def _page(served: Served, token: str | None) -> bytes:
    following = {"PaginationToken": token} if token else {}
    return _request(served, "ListUsers", {"UserPoolId": POOL_ID, "Limit": 60, **following})


def _request(served: Served, operation: str, given: Mapping[str, object]) -> bytes:
    """With a dummy signature, which a relaxed server does not check: signing is not what is measured here."""
    asked, now = api(operation, given), time.gmtime()
    scope = f"test/{time.strftime('%Y%m%d', now)}/us-east-1/cognito-idp/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    headers = {**asked.headers, "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", now)}
    if operation not in ("InitiateAuth", "GetUser"):
        headers["Authorization"] = signature
    return request_bytes(urlsplit(served.running.origin).netloc, "POST", "/", headers, asked.body)


def _measured(took: dict[str, dict[int, list[float]]], memory: dict[int, float], told: list[str]) -> Measured:
    figures = [
        Figure(label, "Halfday", f"{size:,} users", statistics.median(values), "ms", values)
        for label, found in took.items()
        for size, values in found.items()
    ]
    figures += [Figure("memory", "Halfday", f"{size:,} users", mb, "MB") for size, mb in memory.items()]
    goals = []
    for label, found in took.items():
        ratio = statistics.median(large / small for large, small in zip(found[LARGE], found[SMALL], strict=True))
        goals.append(_goal(label, WANTED, ratio))
    goals.append(_goal("memory", WANTED_MEMORY, memory[LARGE] / memory[SMALL]))
    return Measured(figures, goals, told, ROUNDS, SECONDS)


def _goal(label: str, wanted: float, ratio: float) -> Goal:
    return Goal(f"{label}, {LARGE:,} users", f"{SMALL:,} users", wanted, {"": ratio}, "×", at_most=True)
