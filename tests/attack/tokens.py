"""Forged and altered tokens at every door that takes one: none is let in, and the good one still is."""

from __future__ import annotations

import json
from collections.abc import Iterator

import requests

from attack.doors import CLIENT, POOL, Doors, LetsIn, doors, keys_of
from attack.forging import Forger, decode
from attack.report import Report
from attack.scale import sized
from world import CALLBACK, Browser

LATER_S = 3600 + 1200
OF_EVERY_POOL = ("GetUser", "userInfo")
"""A good token of another pool is good there too: it stands for somebody else, of whom alone anything is told."""


def run() -> Report:
    report = Report("tokens")
    flips = sized(210, 600)
    with doors() as house:
        good = _sign_in(house)
        access, identity = house.for_access_tokens(), house.for_id_tokens()
        _control(report, "before", {**_each(access, good["access_token"]), **_each(identity, good["id_token"])})
        others = _of_the_other_pool(house)
        _try(report, house, access, good["access_token"], others["AccessToken"], flips)
        _try(report, house, identity, good["id_token"], others["IdToken"], flips)
        _misplaced(report, house, good, others)
        _control(report, "after", {**_each(access, good["access_token"]), **_each(identity, good["id_token"])})
        _revoked(report, house)
        house.world.clock.advance(LATER_S)
        for name, lets_in in {**access, **identity}.items():
            token = good["access_token"] if name in access else good["id_token"]
            _shut(report, f"{name}: expired", lets_in, token)
    return report


def _sign_in(house: Doors) -> dict[str, str]:
    """Tokens of a whole code grant, which userInfo takes."""
    fields = {"grant_type": "authorization_code", "client_id": CLIENT["ClientId"], "redirect_uri": CALLBACK}
    fields["code"] = Browser(house.world.origin).code(CLIENT, scope="openid email aws.cognito.signin.user.admin")
    tokens: dict[str, str] = requests.post(f"{house.world.origin}/oauth2/token", data=fields, timeout=20).json()
    return tokens


def _of_the_other_pool(house: Doors) -> dict[str, str]:
    tokens: dict[str, str] = house.other.tokens(house.people.client)
    return tokens


def _each(doors: dict[str, LetsIn], token: str) -> dict[str, tuple[LetsIn, str]]:
    return {name: (lets_in, token) for name, lets_in in doors.items()}


def _control(report: Report, when: str, known: dict[str, tuple[LetsIn, str]]) -> None:
    for name, (lets_in, token) in known.items():
        report.count("good tokens tried")
        report.hold(lets_in(token), f"{name}: the good token is refused {when} the attack")


def _try(report: Report, house: Doors, at: dict[str, LetsIn], good: str, other: str, flips: int) -> None:
    forger = Forger(good, keys_of(house.world, POOL), other)
    for label, token in forger.all(flips):
        for name, lets_in in at.items():
            if token == other and name in OF_EVERY_POOL:
                _stands_for_its_own(report, house, name, token)
                continue
            _shut(report, f"{name}: {label}", lets_in, token)


def _shut(report: Report, label: str, lets_in: LetsIn, token: str) -> None:
    report.count("forged tokens")
    try:
        report.hold(not lets_in(token), f"{label}: let in")
    except Exception as problem:
        report.broke(f"{label}: {type(problem).__name__}: {problem}")


def _stands_for_its_own(report: Report, house: Doors, door: str, token: str) -> None:
    report.count("good tokens of another pool")
    told, own = house.told_of(door, token), json.loads(decode(token.split(".")[1]))["sub"]
    report.hold(told in ("", own), f"{door}: another pool's token tells of {told}, who is not {own}")


def _misplaced(report: Report, house: Doors, good: dict[str, str], others: dict[str, str]) -> None:
    """Good tokens where another kind, client or pool is wanted."""
    for name, token in _tokens_of_another_kind(good, others):
        for door, lets_in in house.for_access_tokens().items():
            if name == "another pool's access" and door in OF_EVERY_POOL:
                _stands_for_its_own(report, house, door, token)
            elif name != "access":
                _shut(report, f"{door}: {name} token", lets_in, token)
        for door, lets_in in house.for_id_tokens().items():
            if name != "id":
                _shut(report, f"{door}: {name} token", lets_in, token)


def _tokens_of_another_kind(good: dict[str, str], others: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield "access", good["access_token"]
    yield "id", good["id_token"]
    yield "refresh", good["refresh_token"]
    yield "another pool's access", others["AccessToken"]
    yield "another pool's id", others["IdToken"]
    yield "another pool's refresh", others["RefreshToken"]
    yield "bytes of an access", json.dumps(good["access_token"])


def _revoked(report: Report, house: Doors) -> None:
    """After a sign-out everywhere, where the server is asked."""
    good = _sign_in(house)
    report.hold(house.get_user(good["access_token"]), "GetUser: the good token is refused")
    house.world.idp.global_sign_out(AccessToken=good["access_token"])
    _shut(report, "GetUser: signed out", house.get_user, good["access_token"])
    _shut(report, "userInfo: signed out", house.user_info, good["access_token"])


if __name__ == "__main__":
    print(run())
