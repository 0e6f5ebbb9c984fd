"""The web adapters' table: the same hostile cookies, states, ways back, origins and tokens at all three frameworks.

Nobody is signed in by them, nobody is sent elsewhere, nothing answers 500, and nothing takes long.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from attack.doors import keys_of
from attack.forging import Forger
from attack.report import Report
from attack.scale import sized
from attack.web_forged import Trap, addressed_to, odd_issuers, trap
from attack.web_hostile import (
    FOREIGN_ORIGINS,
    STATES,
    WAYS_BACK,
    altered,
    hostile_values,
    misspelt,
    raw_requests,
    scripts,
)
from attack.wire import exchange, statuses
from web_applications import MAKERS, Application, Site, Visitor, served
from world import Pool, running

SLOW_S = 2.0
HEADERS_END = 8_000
"""Bytes: servers may refuse longer request lines with 414 and longer headers with 431, before the application."""
"""The slow answers that were found took eleven seconds."""
SCOPE = "orders/read"


def run() -> Report:
    report = Report("web adapters")
    with (
        TemporaryDirectory(prefix="halfday-attack-") as folder,
        running(Path(folder) / "server") as world,
        trap() as bait,
    ):
        pool = world.pool()
        for name in ("ada", "mallory"):
            pool.user(name)
        for framework in MAKERS:
            for keeping in ("cookie", "store"):
                site = Site(world, pool, Path(folder) / f"{framework}-{keeping}")
                site.folder.mkdir()
                with served(site, framework, keeping=keeping) as application:
                    _Table(report, framework, keeping, application, pool, bait).all()
    return report


class _Table:
    def __init__(
        self, report: Report, framework: str, keeping: str, application: Application, pool: Pool, bait: Trap
    ) -> None:
        self.report, self.name, self.keeping = report, f"{framework}, {keeping}", keeping
        self.application, self.pool, self.bait = application, pool, bait
        self.port = int(application.origin.rpartition(":")[2])
        self.good = application.visitor()

    def all(self) -> None:
        self.good.sign_in()
        self.report.hold(self._signed_in(self.good), f"{self.name}: a good sign-in does not sign in")
        attacks = [self._cookies, self._names, self._states, self._many_at_once]
        if self.keeping == "cookie":  # how sessions are kept has no part in these
            attacks += [self._ways_back, self._sign_outs, self._errors, self._tokens, self._raw]
        for attack in attacks:
            attack()
        self.report.hold(self._signed_in(self.good), f"{self.name}: the good visitor is not signed in any more")

    def _cookies(self) -> None:
        """The session's and the begun sign-in's cookies, made up, cut, changed, exchanged."""
        good = self.good.cookies
        begun = self._begun()
        values = list(hostile_values()) + [one for value in good.values() for one in altered(value, sized(24, 200))]
        values += [(f"the value of {name}", value) for name, value in begun.items()]
        for name in [*good, *begun]:
            for label, value in values:
                if value != good.get(name):
                    self._nobody(f"{name} is {label}", f"{name}={value}".encode("utf-8", "surrogateescape"))
        together = "; ".join(f"{name}={value}" for name, value in good.items())
        for label, value in hostile_values():
            line = f"{next(iter(good))}={value}; {together}".encode("utf-8", "surrogateescape")
            self._answers(f"{label} beside the good cookies", line)

    def _names(self) -> None:
        """A cookie that another site could plant is none of ours, however a framework trims its name."""
        for name, value in self.good.cookies.items():
            for label, spelt in misspelt(name):
                self._nobody(f"the good cookie named {label}", spelt + b"=" + value.encode())

    def _states(self) -> None:
        for label, query in STATES:
            visitor = self.application.visitor()
            address = visitor.return_address()
            code = address.partition("code=")[2].partition("&")[0]
            self._refused(visitor, f"state {label}", f"/callback?{query.replace('CODE', code)}")
        other = self.application.visitor()
        stolen = other.return_address(username="mallory")
        victim = self.application.visitor()
        victim.begin()
        self._refused(victim, "another browser's way back", stolen.replace(self.application.origin, ""))
        again = self.application.visitor()
        address = again.return_address().replace(self.application.origin, "")
        cookies = again.cookies
        again.get(address)
        twice = self.application.visitor()
        twice.put(cookies)
        self._refused(twice, "a way back taken twice", address)

    def _ways_back(self) -> None:
        for path in WAYS_BACK:
            self.report.count("ways back")
            visitor = self.application.visitor()
            answer = visitor.come_back(visitor.return_address(f"/login?next={path}"))
            where = answer.headers.get("Location", "")
            elsewhere = not where.startswith("/") or where.startswith(("//", "/\\")) or "\\" in where or "\t" in where
            self.report.hold(not elsewhere, f"{self.name}: next={path} leads to {where}")

    def _sign_outs(self) -> None:
        for origin in FOREIGN_ORIGINS:
            self.report.count("sign-outs from elsewhere")
            answer = self.good.sign_out(**origin)  # type: ignore[arg-type]
            self.report.hold(
                answer.status_code in (400, 403), f"{self.name}: sign-out by {origin}: {answer.status_code}"
            )
        self.report.count("sign-outs from elsewhere")
        got = self.good.get("/logout")
        self.report.hold(got.status_code not in (200, 302, 303), f"{self.name}: a GET signs out: {got.status_code}")
        self.report.hold(self._signed_in(self.good), f"{self.name}: somebody else signed the visitor out")

    def _errors(self) -> None:
        """What an error says of itself is not repeated as it came."""
        for label, text, marks in scripts():
            self.report.count("errors that carry scripts")
            visitor = self.application.visitor()
            state = visitor.begin().partition("state=")[2].partition("&")[0]
            answer = visitor.get(f"/callback?error={text}&error_description={text}&state={state}")
            refused = answer.status_code in (400, 401, 403, *_too_long(2 * len(text), 414))
            self.report.hold(refused, f"{self.name}: error {label}: {answer.status_code}")
            for mark in marks:
                self.report.hold(mark not in answer.text, f"{self.name}: error {label} comes back as it was")

    def _tokens(self) -> None:
        """At /api, which wants a scope that nobody has here: 401 or 403, and no key is fetched elsewhere."""
        tokens = self.pool.tokens(self.application.site.client | self._open_client())
        other = self.application.site.world.pool()
        other.user()
        foreign = other.tokens(other.client())["AccessToken"]
        forger = Forger(tokens["AccessToken"], keys_of(self.pool.world, self.pool.pool_id), foreign)
        forged = [*forger.all(sized(30, 300)), *addressed_to(forger, self.bait.origin), *odd_issuers(forger)]
        for label, token in forged:
            for path in ("/api", "/api/staff"):
                self._token(path, label, token)
        self.report.hold(
            not self.bait.asked, f"{self.name}: keys were fetched where the token says: {self.bait.asked[:3]}"
        )
        self.bait.asked.clear()

    def _open_client(self) -> dict[str, str]:
        client = self.pool.client(GenerateSecret=False)
        return {"ClientId": client["ClientId"]}

    def _token(self, path: str, label: str, token: str) -> None:
        self.report.count("forged bearer tokens")
        line = f"Authorization: Bearer {token}".encode()
        status, _ = self._ask(path, [line], label)
        refused = status in (400, 401, 403, *_too_long(len(line), 431))
        self.report.hold(refused, f"{self.name}: bearer, {label}, at {path}: answered {status}")

    def _raw(self) -> None:
        for label, sent in raw_requests():
            self.report.count("raw requests")
            found = statuses(exchange(("127.0.0.1", self.port), sent, wait_s=SLOW_S))
            self.report.hold(500 not in found, f"{self.name}: {label}: answered {found}")

    def _many_at_once(self) -> None:
        """Twelve tabs that were opened before anybody was signed in: each comes back."""
        visitor = self.application.visitor()
        addresses = [visitor.return_address() for _ in range(12)]
        came = [visitor.come_back(address).status_code for address in addresses]
        self.report.count("sign-ins begun at once", len(came))
        self.report.hold(all(status in (302, 303) for status in came), f"{self.name}: of twelve tabs: {came}")
        self.report.hold(self._signed_in(visitor), f"{self.name}: after twelve tabs nobody is signed in")

    def _begun(self) -> dict[str, str]:
        visitor = self.application.visitor()
        visitor.begin()
        return visitor.cookies

    def _signed_in(self, visitor: Visitor) -> bool:
        answer = visitor.get("/")
        return answer.status_code == 200 and "ada@example.com" in answer.text

    def _refused(self, visitor: Visitor, label: str, path: str) -> None:
        self.report.count("hostile ways back from the sign-in")
        with self._in_time(label):
            answer = visitor.get(path)
        self.report.hold(400 <= answer.status_code < 500, f"{self.name}: {label}: answered {answer.status_code}")
        self.report.hold(not self._signed_in(visitor), f"{self.name}: {label}: somebody is signed in")

    def _nobody(self, label: str, cookie: bytes) -> None:
        status, heard = self._answers(label, cookie)
        self.report.hold(b"ada@example.com" not in heard, f"{self.name}: {label}: somebody is signed in")
        refused = status in (302, 303, 400, 401, *_too_long(len(cookie), 431))
        self.report.hold(refused, f"{self.name}: {label}: answered {status}")

    def _answers(self, label: str, cookie: bytes) -> tuple[int, bytes]:
        self.report.count("hostile cookies")
        status, heard = self._ask("/", [b"Accept: text/html", b"Cookie: " + cookie], label)
        self.report.hold(status < 500, f"{self.name}: {label}: answered {status}")
        return status, heard

    def _ask(self, path: str, lines: list[bytes], label: str) -> tuple[int, bytes]:
        head = [f"GET {path} HTTP/1.1".encode(), f"Host: localhost:{self.port}".encode(), *lines, b"Connection: close"]
        with self._in_time(label):
            heard = exchange(("127.0.0.1", self.port), b"\r\n".join(head) + b"\r\n\r\n", wait_s=30)
        return (statuses(heard.replace(b"HTTP/1.0 ", b"HTTP/1.1 ")) or [0])[0], heard

    @contextmanager
    def _in_time(self, label: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        took = time.monotonic() - started
        self.report.hold(took < SLOW_S, f"{self.name}: {label}: took {took:.1f} s")


def _too_long(length: int, status: int) -> tuple[int, ...]:
    return (status,) if length > HEADERS_END else ()


if __name__ == "__main__":
    print(run())
