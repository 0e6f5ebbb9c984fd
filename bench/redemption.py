"""How many authorization codes a second become tokens, beside the bound that RSA sets.

A redemption signs an ID token and an access token: two RSA-2048 signatures. One core can do no more redemptions than
half its signatures, whatever else is free of cost. Both are measured in this run, in turns, because the machines are
shared and noisy: read the ratio, not the numbers.
"""

from __future__ import annotations

import base64
import http.client
import re
import statistics
import threading
import time
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from bench.server import server_process

ROUNDS = 3
CODES = 600
SIGNATURES = 1500
CALLBACK = "http://localhost:8080"
CLIENT_ID, SECRET = "bench", "benchsecretbenchsecretbench"

SEED = f"""
[[user_pool]]
id = "us-east-1_Bench0001"
[[user_pool.client]]
id = "{CLIENT_ID}"
secret = "{SECRET}"
callback_urls = ["{CALLBACK}"]
flows = ["code"]
[[user_pool.user]]
username = "ada"
password = "Lovelace-1815"
attributes = {{ email = "ada@example.com", email_verified = "true" }}
"""


def run() -> None:
    """Prints redemptions a second at 1 and at 16 connections, the bound, and the share of it that was reached."""
    with server_process(SEED) as origin:
        host = urlsplit(origin).netloc
        person = Person(host)
        person.sign_in()
        results: dict[int, list[float]] = {1: [], 16: []}
        bounds: list[float] = []
        for _ in range(ROUNDS):
            bounds.append(signatures_a_second() / 2)
            for connections, rates in results.items():
                rates.append(redemptions_a_second(host, person.codes(CODES), connections))
    bound = statistics.median(bounds)
    print("code redemptions (POST /oauth2/token, Basic, ID + access + refresh token, SQLite on disk)")
    print(f"  bound: two RSA-2048 signatures each, one core   {bound:8.0f} /s")
    for connections, rates in results.items():
        rate = statistics.median(rates)
        plural = "s" if connections > 1 else " "
        rounds = ", ".join(f"{r:.0f}" for r in rates)
        share = f"{rate / bound:5.0%} of the bound   (rounds: {rounds})"
        print(f"  halfday serve, {connections:2d} connection{plural}                 {rate:8.0f} /s   {share}")


def signatures_a_second() -> float:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    key.sign(b"warm", PKCS1v15(), SHA256())
    started = time.perf_counter()
    for _ in range(SIGNATURES):
        key.sign(b"header.payload", PKCS1v15(), SHA256())
    return SIGNATURES / (time.perf_counter() - started)


def redemptions_a_second(host: str, codes: list[str], connections: int) -> float:
    """Every answer is looked at: anything but 200 ends the benchmark."""
    shares = [codes[i::connections] for i in range(connections)]
    failures: list[str] = []
    threads = [threading.Thread(target=_redeem_all, args=(host, share, failures)) for share in shares]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    if failures:
        raise RuntimeError(failures[0])
    return len(codes) / elapsed


def _redeem_all(host: str, codes: list[str], failures: list[str]) -> None:
    connection = http.client.HTTPConnection(host)
    basic = base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    form = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "redirect_uri": CALLBACK}
    for code in codes:
        connection.request("POST", "/oauth2/token", urlencode({**form, "code": code}), headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            failures.append(f"{answer.status} {body.decode()}")
            return


class Person:
    """Signs in once at the pages; after that /oauth2/authorize hands out a code at every visit."""

    def __init__(self, host: str) -> None:
        self._connection = http.client.HTTPConnection(host)
        self._cookies: dict[str, str] = {}
        self._query = urlencode({"response_type": "code", "client_id": CLIENT_ID, "redirect_uri": CALLBACK})

    def sign_in(self) -> None:
        _, page = self._visit("GET", f"/login?{self._query}")
        csrf = re.search(r'name="_csrf" value="([^"]+)"', page)
        if csrf is None:
            raise RuntimeError("there is no sign-in page")
        form = {"_csrf": csrf[1], "username": "ada", "password": "Lovelace-1815"}
        location, _ = self._visit("POST", f"/login?{self._query}", urlencode(form))
        if not location.startswith(CALLBACK):
            raise RuntimeError(f"the sign-in ended at {location}")

    def codes(self, count: int) -> list[str]:
        locations = (self._visit("GET", f"/oauth2/authorize?{self._query}")[0] for _ in range(count))
        return [dict(parse_qsl(urlsplit(location).query))["code"] for location in locations]

    def _visit(self, method: str, path: str, body: str | None = None) -> tuple[str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        for header in answer.headers.get_all("Set-Cookie", []):
            name, _, value = header.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.headers.get("Location", ""), answer.read().decode()
