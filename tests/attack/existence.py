"""Does the time, or a word, of an answer tell who exists? `python tests/attack/existence.py [--pairs 500]`

A server of its own, as a process, with a mail server that takes 300 ms for each mail. At each entrance one request for
somebody and one for nobody, in random order, so many times. Printed is the AUC: how often an attacker is right who
calls the slower (or the faster) of the two somebody; 0.5 is a coin. More than 0.6, or an answer that differs, fails.

It talks to 127.0.0.1 only, and ends by itself: some ten requests a pair.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

MOST_AUC = 0.6
USES_OF_A_NAME = 4
"""So often a name is used at an entrance: fewer than lock it out, or than its limit an hour."""
MAIL_TAKES_S = 0.3
CALLBACK = "http://localhost:8080"
PASSWORD = "Lovelace-1815"
POOLS = {"names": {}, "addresses": {"UsernameAttributes": ["email"]}}

Body = tuple[int, str]


@dataclass
class Target:
    """The server, a keep-alive connection to it, and a pool with an app client that hides who exists."""

    connection: http.client.HTTPConnection
    pool_id: str = ""
    client_id: str = ""
    addresses: bool = False

    def api(self, operation: str, **given: Any) -> Body:
        headers = {
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/"
            f"{time.strftime('%Y%m%d', time.gmtime())}/us-east-1/cognito-idp/aws4_request, "
            "SignedHeaders=host, Signature=00",
        }
        return self.send("POST", "/", json.dumps(given), headers)

    def send(self, method: str, path: str, body: str, headers: dict[str, str]) -> Body:
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode()

    def name(self, who: str) -> str:
        return f"{who}@example.com" if self.addresses else who

    def has_code(self, who: str) -> bool | None:
        """Whether this name is offered the e-mail code beside a password; None where it is offered no password."""
        offered = json.loads(_choice(self, self.name(who))[1])["AvailableChallenges"]
        return "EMAIL_OTP" in offered if "PASSWORD" in offered else None

    def new_user(self, who: str, *, confirmed: bool, with_address: bool = True) -> None:
        named = {"UserPoolId": self.pool_id, "Username": self.name(who)}
        email = {"Name": "email", "Value": f"{who}@example.com"}
        if not confirmed:
            given = {"ClientId": self.client_id, "Username": self.name(who), "Password": PASSWORD}
            _good(self.api("SignUp", **given, UserAttributes=[email]))
            return
        attributes = [email, {"Name": "email_verified", "Value": "true"}] if with_address else []
        given = {"TemporaryPassword": PASSWORD, "MessageAction": "SUPPRESS"}
        _good(self.api("AdminCreateUser", **named, UserAttributes=attributes, **given))
        _good(self.api("AdminSetUserPassword", **named, Password=PASSWORD, Permanent=True))


@dataclass
class Entrance:
    """`prepare` is not timed; what it returns is handed to `ask`, which is."""

    name: str
    ask: Callable[[Target, str, Any], Body]
    prepare: Callable[[Target, str], Any] = lambda target, name: None
    confirmed: bool = True
    sends_mail: bool = False
    with_address: bool = True


@dataclass
class Seen:
    """Times in seconds, and the answers' forms, of somebody and of nobody."""

    times: dict[bool, list[float]] = field(default_factory=lambda: {True: [], False: []})
    forms: dict[bool, set[str]] = field(default_factory=lambda: {True: set(), False: set()})

    @property
    def auc(self) -> float:
        """Of the Mann–Whitney U; whichever of the two is the slower."""
        ranked = sorted((time_s, somebody) for somebody in (True, False) for time_s in self.times[somebody])
        ranks = sum(rank for rank, (_, somebody) in enumerate(ranked, 1) if somebody)
        count, other = len(self.times[True]), len(self.times[False])
        share = (ranks - count * (count + 1) / 2) / (count * other)
        return max(share, 1 - share)

    def median_ms(self, somebody: bool) -> float:
        return statistics.median(self.times[somebody]) * 1000


def _by_password(target: Target, name: str, _: Any) -> Body:
    parameters = {"USERNAME": name, "PASSWORD": "Wr0ng-Password"}
    return target.api(
        "InitiateAuth", ClientId=target.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )


def _start_srp(target: Target, name: str, _: Any = None) -> Body:
    parameters = {"USERNAME": name, "SRP_A": f"{random.getrandbits(3000):x}"}
    return target.api("InitiateAuth", ClientId=target.client_id, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)


def _challenge_of_srp(target: Target, name: str) -> Any:
    return json.loads(_start_srp(target, name)[1])["ChallengeParameters"]


def _finish_srp(target: Target, name: str, challenge: Any) -> Body:
    responses = {
        "USERNAME": name,
        "PASSWORD_CLAIM_SECRET_BLOCK": challenge["SECRET_BLOCK"],
        "PASSWORD_CLAIM_SIGNATURE": "AAAA",
        "TIMESTAMP": time.strftime("%a %b %-d %H:%M:%S UTC %Y", time.gmtime()),
    }
    given = {"ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": responses}
    return target.api("RespondToAuthChallenge", ClientId=target.client_id, **given)


def _by_code(target: Target, name: str, _: Any = None) -> Body:
    parameters = {"USERNAME": name, "PREFERRED_CHALLENGE": "EMAIL_OTP"}
    return target.api("InitiateAuth", ClientId=target.client_id, AuthFlow="USER_AUTH", AuthParameters=parameters)


def _session_of_code(target: Target, name: str) -> Any:
    return json.loads(_by_code(target, name)[1])["Session"]


def _wrong_code(target: Target, name: str, session: Any) -> Body:
    given = {"ChallengeName": "EMAIL_OTP", "Session": session}
    responses = {"USERNAME": name, "EMAIL_OTP_CODE": "x"}
    return target.api("RespondToAuthChallenge", ClientId=target.client_id, **given, ChallengeResponses=responses)


def _choice(target: Target, name: str, _: Any = None) -> Body:
    given = {"ClientId": target.client_id, "AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": name}}
    return target.api("InitiateAuth", **given)


def _forgot(target: Target, name: str, _: Any = None) -> Body:
    return target.api("ForgotPassword", ClientId=target.client_id, Username=name)


def _confirm_forgot(target: Target, name: str, _: Any) -> Body:
    given = {"Username": name, "ConfirmationCode": "x", "Password": PASSWORD}
    return target.api("ConfirmForgotPassword", ClientId=target.client_id, **given)


def _resend(target: Target, name: str, _: Any) -> Body:
    return target.api("ResendConfirmationCode", ClientId=target.client_id, Username=name)


def _confirm(target: Target, name: str, _: Any) -> Body:
    return target.api("ConfirmSignUp", ClientId=target.client_id, Username=name, ConfirmationCode="x")


def _login_page(target: Target, _name: str) -> Any:
    asked = {"response_type": "code", "client_id": target.client_id, "redirect_uri": CALLBACK}
    path = f"/login?{urlencode(asked)}"
    target.connection.request("GET", path)
    answer = target.connection.getresponse()
    cookies = "; ".join(value.partition(";")[0] for value in answer.headers.get_all("Set-Cookie") or [])
    found = re.search(r'name="_csrf" value="([^"]+)"', answer.read().decode())
    assert found, "the sign-in page has changed"
    return path, cookies, found[1]


def _by_page(target: Target, name: str, page: Any) -> Body:
    path, cookies, csrf = page
    form = urlencode({"_csrf": csrf, "username": name, "password": "Wr0ng-Password"})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}
    return target.send("POST", path, form, headers)


ENTRANCES = (
    Entrance("password", _by_password),
    Entrance("SRP, begun", _start_srp),
    Entrance("SRP, answered", _finish_srp, _challenge_of_srp),
    Entrance("EMAIL_OTP by choice", _by_code, sends_mail=True),
    Entrance("the choice", _choice),
    Entrance("the choice, without a code", _choice, with_address=False),
    Entrance("EMAIL_OTP by choice, without one", _by_code, with_address=False),
    Entrance("EMAIL_OTP, wrong code", _wrong_code, _session_of_code),
    Entrance("ForgotPassword", _forgot, sends_mail=True),
    Entrance("ConfirmForgotPassword", _confirm_forgot),
    Entrance("ConfirmForgotPassword, asked", _confirm_forgot, lambda target, name: _forgot(target, name)),
    Entrance("ResendConfirmationCode", _resend, confirmed=False, sends_mail=True),
    Entrance("ResendConfirmationCode, confirmed", _resend),
    Entrance("ConfirmSignUp", _confirm, confirmed=False),
    Entrance("ConfirmSignUp, confirmed", _confirm),
    Entrance("sign-in page", _by_page, _login_page),
)


def entrances(kind: str) -> list[Entrance]:
    """In a pool of addresses everybody has one."""
    return [each for each in ENTRANCES if each.with_address or kind != "addresses"]


def measure(target: Target, entrance: Entrance, pairs: int) -> Seen:
    seen, count = Seen(), -(-pairs // USES_OF_A_NAME)
    names = {somebody: [_nobody(target, entrance) for _ in range(count)] for somebody in (True, False)}
    for who in names[True]:
        target.new_user(who, confirmed=entrance.confirmed, with_address=entrance.with_address)
    time.sleep(1)  # what was sent to them is on its way
    for number in range(pairs + 10):
        for somebody in random.sample((True, False), 2):
            name = target.name(names[somebody][number % count])
            prepared = entrance.prepare(target, name)
            begun = time.perf_counter()
            answer = entrance.ask(target, name, prepared)
            taken_s = time.perf_counter() - begun
            if number >= 10:  # the first are for the server's caches
                seen.times[somebody].append(taken_s)
                seen.forms[somebody].add(_form(answer, name))
    return seen


def _nobody(target: Target, entrance: Entrance) -> str:
    """A name of nobody who is offered what the people of this entrance are: what nobody lacks is drawn by name."""
    while True:
        name = "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=12))
        if target.has_code(name) is entrance.with_address:
            return name


def _form(answer: Body, name: str) -> str:
    """The answer without what differs from one to the next: lengths are kept."""
    status, text = answer
    text = text.replace(name, "NAME")
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID", text)
    text = re.sub(r"\b\w\*\*\*@\w\*\*\*", "ADDRESS", text)
    text = re.sub(r'"(SALT|SRP_B)":"[0-9a-f]+"', r'"\1":"HEX"', text)
    return f"{status} {re.sub(r'[A-Za-z0-9+/=_.-]{40,}', lambda found: f'<{len(found[0])}>', text)}"


@contextlib.contextmanager
def target(folder: Path, *, mail: str = "slow") -> Iterator[Target]:
    """`mail` is slow, or down: then nothing listens where it should leave."""
    sink = subprocess.Popen([sys.executable, __file__, "--sink"], stdout=subprocess.PIPE, text=True)
    log = folder / "log"
    command = [sys.executable, "-m", "halfday.cli", "serve", "--port", "0", "--data", str(folder / "data")]
    try:
        assert sink.stdout
        port = sink.stdout.readline().strip()
        environment = {
            **os.environ,
            "HALFDAY_SERVER_SMTP_URL": f"smtp://127.0.0.1:{port if mail == 'slow' else _nowhere()}",
            "HALFDAY_SERVER_SMTP_FROM": "existence@example.com",
            "HALFDAY_SERVER_UPSTREAM": "none",
            "HALFDAY_SERVER_MANAGEMENT_PORT": "off",
        }
        with log.open("wb") as stderr, subprocess.Popen(command, cwd=folder, stderr=stderr, env=environment) as server:
            try:
                yield Target(_connected(log))
            finally:
                server.terminate()
    finally:
        sink.kill()
        sink.wait()


def _nowhere() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _connected(log: Path) -> http.client.HTTPConnection:
    end = time.monotonic() + 30
    while "Ctrl-C stops it." not in log.read_text():
        if time.monotonic() > end:
            raise SystemExit(f"the server did not come up:\n{log.read_text()}")
        time.sleep(0.1)
    found = re.search(r"is up on (http://\S+)", log.read_text())
    assert found
    return http.client.HTTPConnection(urlsplit(found[1]).netloc, timeout=30)


def set_up(target: Target, **given: Any) -> None:
    """A pool in which people sign in by passwords and codes, and an app client that hides who exists."""
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = _good(
        target.api("CreateUserPool", PoolName="p", Policies=policies, AutoVerifiedAttributes=["email"], **given)
    )
    target.pool_id, target.addresses = pool["UserPool"]["Id"], bool(given)
    client = _good(
        target.api(
            "CreateUserPoolClient",
            UserPoolId=target.pool_id,
            ClientName="c",
            PreventUserExistenceErrors="ENABLED",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"],
            CallbackURLs=[CALLBACK],
            AllowedOAuthFlows=["code"],
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthScopes=["openid"],
            SupportedIdentityProviders=["COGNITO"],
        )
    )
    target.client_id = client["UserPoolClient"]["ClientId"]


def _good(answer: Body) -> Any:
    if answer[0] != 200:
        raise SystemExit(f"setting up failed: {answer}")
    return json.loads(answer[1])


def sink() -> None:
    """A mail server that takes its time."""
    import asyncio

    from aiosmtpd.smtp import SMTP

    class Slow:
        async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:
            await asyncio.sleep(MAIL_TAKES_S)
            return "250 OK"

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(Slow()), "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.sleep(3600)

    asyncio.run(serve())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--only", default="", help="entrances whose name holds this")
    parser.add_argument("--pool", choices=[*POOLS, "both"], default="both", help="how the pool names its users")
    parser.add_argument("--mail", choices=["slow", "down"], default="slow", help="the way on which mail leaves")
    parser.add_argument("--sink", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.sink:
        sink()
        return 0
    failed = 0
    with tempfile.TemporaryDirectory() as folder, target(Path(folder), mail=chosen.mail) as reached:
        for kind in POOLS if chosen.pool == "both" else [chosen.pool]:
            set_up(reached, **POOLS[kind])
            for entrance in (one for one in entrances(kind) if chosen.only in one.name):
                seen = measure(reached, entrance, chosen.pairs)
                failed += not _report(kind, entrance, seen)
    print(f"{failed} entrances tell who exists" if failed else "no entrance tells who exists")
    return 1 if failed else 0


def _report(kind: str, entrance: Entrance, seen: Seen) -> bool:
    same = seen.forms[True] == seen.forms[False]
    good = same and seen.auc <= MOST_AUC
    times = f"{seen.median_ms(True):8.3f} ms somebody {seen.median_ms(False):8.3f} ms nobody"
    words = "" if same else "   ANSWERS DIFFER"
    print(f"{'ok  ' if good else 'FAIL'} {kind:9} {entrance.name:34} AUC {seen.auc:.3f} {times}{words}", flush=True)
    if not same:
        for somebody in (True, False):
            print(f"     {'somebody' if somebody else 'nobody'}: {sorted(seen.forms[somebody])[:3]}")
    return good


if __name__ == "__main__":
    sys.exit(main())
