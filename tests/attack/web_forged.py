"""Tokens that name whom to trust: issuers that lead to a server of the attacker's, and issuers that are none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from attack.forging import Forged, Forger, packed
from sockets import Handler, answering


@dataclass
class Trap:
    """`asked`: the paths that were fetched from it. It would give the attacker's keys to whoever asks."""

    origin: str = ""
    asked: list[str] = field(default_factory=list)


@contextmanager
def trap() -> Iterator[Trap]:
    bait = Trap()

    class Keys(Handler):
        def do_GET(self) -> None:
            bait.asked.append(self.path)
            self.answer(200, json.dumps({"keys": []}).encode())

    with answering(Keys) as origin:
        bait.origin = origin
        yield bait


def addressed_to(forger: Forger, origin: str) -> Forged:
    """Signed by the attacker, for a pool whose keys he serves."""
    pool = str(forger.claims["iss"]).rpartition("/")[2]
    host = origin.partition("//")[2]
    issuers = (
        *(f"{origin}/{pool}", f"{origin}", f"{origin}/us-east-1_Attacker1", f"{origin}/{pool}/../{pool}"),
        *(f"http://{host}/{pool}#", f"{forger.claims['iss']}@{host}/{pool}", f"http://cognito-idp@{host}/{pool}"),
        *(f"//{host}/{pool}", f"{forger.claims['iss']}/../../{host}", f"http://{host}\\@localhost/{pool}"),
    )
    for issuer in issuers:
        yield f"iss {issuer}", forger._by_own_rsa(forger.header, packed({**forger.claims, "iss": issuer}))
    for name in ("jku", "x5u"):
        header = {**forger.header, name: f"{origin}/keys.json", "kid": "own"}
        yield f"{name} of the attacker's", forger._by_own_rsa(header, forger.payload)


def odd_issuers(forger: Forger) -> Forged:
    for issuer in (
        "http://[",
        "",
        " ",
        "x" * 5_000,
        None,
        0,
        True,
        [],
        ["a"],
        {},
        {"a": 1},
        "\0",
        "http://\ud800/",
        "://",
        "/",
    ):
        yield f"iss {issuer!r}"[:60], forger._by_own_rsa(forger.header, packed({**forger.claims, "iss": issuer}))
    for name in ("exp", "iat", "nbf", "token_use", "client_id", "scope", "cognito:groups", "sub"):
        for value in ({}, [], "x", 10**400, -1, None, [[]], {"a": "b"}):
            claims = packed({**forger.claims, name: value})
            yield f"{name} {value!r}"[:60], forger._by_own_rsa(forger.header, claims)
