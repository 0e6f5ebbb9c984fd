"""How many authorization codes a second become tokens, beside the bound that RSA sets.

A redemption signs an ID token and an access token: two RSA-2048 signatures. One core can do no more redemptions than
half its signatures, whatever else is free of cost. Both are measured in turns, round by round. No rival is asked: they
have no sign-in page that gives out codes without a browser, or no token endpoint.
"""

from __future__ import annotations

import os
import statistics
from urllib.parse import urlencode, urlsplit

from bench.bounds import pinned, signatures_a_second
from bench.hosted_pages import CALLBACK, FORM, Person, basic
from bench.results import Figure, Goal, Measured
from bench.rivals import SERVER_CORE
from bench.server import server_process
from bench.sockets import ask_all, request_bytes

ROUNDS = int(os.environ.get("HALFDAY_BENCH_ROUNDS", "4"))
SECONDS = float(os.environ.get("HALFDAY_BENCH_SECONDS", "1"))
CODES = int(400 * SECONDS)
CONNECTIONS = (1, 16)
WANTED = 0.65
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


def run() -> Measured:
    """Redemptions a second at 1 and at 16 connections, the bound, and the share of it that was reached."""
    rates: dict[int, list[float]] = {number: [] for number in CONNECTIONS}
    bounds: list[float] = []
    with pinned(), server_process(SEED, core=SERVER_CORE) as origin:
        person = Person(urlsplit(origin).netloc, CLIENT_ID)
        person.sign_in()
        for _ in range(ROUNDS):
            with pinned(SERVER_CORE):
                bounds.append(signatures_a_second() / 2)
            for connections in CONNECTIONS:
                rates[connections].append(redemptions_a_second(origin, person.codes(CODES), connections))
    return _measured(rates, bounds)


def redemptions_a_second(origin: str, codes: list[str], connections: int) -> float:
    """Every answer is looked at: anything but 200 ends the benchmark."""
    headers = {"Authorization": basic(CLIENT_ID, SECRET), "Content-Type": FORM}
    form = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "redirect_uri": CALLBACK}
    host = urlsplit(origin).netloc
    requests = [
        request_bytes(host, "POST", "/oauth2/token", headers, urlencode({**form, "code": code})) for code in codes
    ]
    _, took_s = ask_all(origin, requests, connections=connections)
    return len(codes) / took_s


def _measured(rates: dict[int, list[float]], bounds: list[float]) -> Measured:
    figures = [
        Figure("code redemption", "Halfday", str(number), statistics.median(found), "/s", found)
        for number, found in rates.items()
    ]
    figures += [
        Figure("code redemption", "bound", str(number), statistics.median(bounds), "/s", bounds) for number in rates
    ]
    shares = {
        number: statistics.median(rate / bound for rate, bound in zip(found, bounds, strict=True))
        for number, found in rates.items()
    }
    goals = [Goal("code redemption", "the signature bound", WANTED, {"16": shares[16]}, "%")]
    return Measured(figures, goals, (), ROUNDS, SECONDS)
