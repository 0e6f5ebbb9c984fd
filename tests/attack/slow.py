"""Slow, half-sent and endless requests: others are served meanwhile, and each of them ends, answered or closed.

What is half sent gets 408 or 431 (or another refusal), or is closed at the deadline; processor, log and memory are
bounded; when descriptors end the server waits instead of turning.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable

from attack.child import Server, serving
from attack.report import Report, megabytes
from attack.scale import sized
from attack.slow_bodies import hoard
from attack.slow_crowds import STILL_OPEN, Crowd, hang, never_read, pour, together
from attack.targets import Target, s3_headers, set_up
from attack.wire import Client, exchange, statuses

DEADLINE_S = 85.0
"""By then every connection that makes no progress has ended."""
FLOOD_S = 15.0
MOST_TAKEN_BYTES = 100_000_000
"""Of one request that has no end: three times what is read after an answer, for what the system holds."""
MOST_GROWTH_BYTES = 40_000_000
MOST_LOG_BYTES = 2_000_000
MOST_PROCESSOR = 0.5
NEWCOMER_S = 5.0
GROWTH = 1.2
MOST_HELD = 15
"""Fewer than those who never read; newcomers and the server's own come and go."""
HEAD = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.1\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n"
TARGET = b"X-Amz-Target: AWSCognitoIdentityProviderService.SignUp\r\n"

ENDLESS = {
    "endless headers": (HEAD, b"X-Some-Header: some value of it\r\n" * 500),
    "an endless header": (HEAD + b"X-Long: ", b"x" * 16_384),
    "an endless header name": (HEAD, b"x" * 16_384),
    "an endless request line": (b"GET /", b"p" * 16_384),
    "an endless method": (b"", b"G" * 16_384),
    "endless blank lines": (b"", b"\r\n" * 8_192),
    "endless chunks": (CHUNKED + TARGET + b"\r\n", (b"4000\r\n" + b"x" * 16_384 + b"\r\n")),
    "endless tiny chunks": (CHUNKED + TARGET + b"\r\n", b"1\r\nx\r\n" * 2_000),
    "an endless chunk extension": (CHUNKED + TARGET + b"\r\n1;", b"a=b;" * 4_096),
    "an endless chunk size": (CHUNKED + TARGET + b"\r\n", b"0" * 16_384),
    "endless trailers": (CHUNKED + TARGET + b"\r\n0\r\n", b"X-Trailer: some value\r\n" * 700),
    "an endless body": (HEAD + TARGET + b"Content-Length: 99999999999\r\n\r\n", b"x" * 16_384),
    "an endless form": (
        b"POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"1000\r\n" + b"a=1&" * 1024 + b"\r\n",
    ),
}
DRIPPING = {
    "headers by the byte": (b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ", b"x"),
    "a header each half second": (b"GET / HTTP/1.1\r\nHost: a\r\n", b"X-Slow: x\r\n"),
    "a body by the byte": (HEAD + TARGET + b"Content-Length: 100000\r\n\r\n", b"x"),
    "chunks by the byte": (CHUNKED + TARGET + b"\r\n", b"1\r\nx\r\n"),
    "a chunk extension by the byte": (CHUNKED + TARGET + b"\r\n1;", b"x"),
    "trailers by the line": (CHUNKED + TARGET + b"\r\n0\r\n", b"X-T: x\r\n"),
    "blank lines": (b"", b"\r\n"),
}
HALF_SENT = {
    "half a request line": b"GET /log",
    "half the headers": HEAD + b"Content-Le",
    "headers without their end": HEAD + b"Content-Length: 5\r\n",
    "half a body": HEAD + TARGET + b'Content-Length: 500\r\n\r\n{"ClientId":',
    "half a chunk": CHUNKED + TARGET + b"\r\n10\r\nabc",
    "a body that is only expected": HEAD + TARGET + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
    "an unproven upload": b"PUT /hostile/k HTTP/1.1\r\nHost: a\r\nContent-Length: 200000000\r\nAuthorization: "
    b"AWS4-HMAC-SHA256 Credential=ASIANOBODY0000000000/20250101/us-east-1/s3/aws4_request, SignedHeaders=host, "
    b"Signature=00\r\nX-Amz-Date: 20250101T000000Z\r\n\r\nabc",
}


def run() -> Report:
    report = Report("slow")
    with serving("--console-messages", "off", "--upstream", "moto") as server:
        target = set_up(server)
        _put_large(server)
        _settle(server)
        _endless(target, report)
        _crowds(target, report)
        _pipelined(target, report)
        hoard(server, target.keys_path, report)
    with serving("--console-messages", "off", descriptors=256) as server:
        _descriptors(server, report)
    return report


def _settle(server: Server) -> None:
    """A thousand ordinary connections first, so that what is loaded once is not growth."""

    async def ordinary() -> None:
        request = b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        await hang(Crowd("ordinary"), server.address, 1000, request, time.monotonic() + 60)

    asyncio.run(ordinary())


def _endless(target: Target, report: Report) -> None:
    """One after the other, so that each one's memory is seen."""
    server = target.server
    for name, (start, more) in ENDLESS.items():
        crowd, before = Crowd(name), server.resident_bytes()
        server.forget_peak()
        until = time.monotonic() + FLOOD_S
        asyncio.run(pour(crowd, server.address, start, more, until, most=2 * MOST_TAKEN_BYTES))
        grown = server.peak_bytes() - before
        report.count("endless requests")
        report.measure(name, f"{crowd}; {megabytes(crowd.sent_bytes)} sent, memory +{megabytes(max(0, grown))}")
        report.hold(STILL_OPEN not in crowd.outcomes, f"{name}: not ended after {FLOOD_S:.0f} s")
        report.hold(crowd.sent_bytes < MOST_TAKEN_BYTES, f"{name}: {megabytes(crowd.sent_bytes)} were taken")
        report.hold(grown < MOST_GROWTH_BYTES, f"{name}: memory grew by {megabytes(grown)}")


def _crowds(target: Target, report: Report) -> None:
    """Everybody who waits, at once: their deadlines pass together."""
    server = target.server
    before, logged = server.resident_bytes(), server.log_bytes()
    crowds: list[Crowd] = []
    until = time.monotonic() + DEADLINE_S

    def crowd(name: str) -> Crowd:
        crowds.append(Crowd(name))
        return crowds[-1]

    async def all_at_once() -> None:
        work = _waiting(target, crowd, until)
        newcomers = await together(server.address, target.keys_path, work, lambda: _watch_server(server, report, until))
        report.count("newcomers served meanwhile", newcomers.served)
        report.measure("longest wait of a newcomer", f"{newcomers.longest_s * 1e3:.0f} ms")
        report.hold(not newcomers.unserved, f"newcomers were not served: {newcomers.unserved[:5]}")
        report.hold(newcomers.longest_s < NEWCOMER_S, f"a newcomer waited {newcomers.longest_s:.1f} s")

    asyncio.run(all_at_once())
    _tell_crowds(crowds, report)
    _tell_server(server, before, logged, report)


def _waiting(target: Target, crowd, until: float) -> list[Awaitable[None]]:  # type: ignore[no-untyped-def]
    address, half = target.server.address, sized(3000, 3000) // len(HALF_SENT)
    work: list[Awaitable[None]] = [hang(crowd("silent"), address, sized(5000, 5000), b"", until)]
    work += [hang(crowd(name), address, half, sent, until) for name, sent in HALF_SENT.items()]
    for name, (start, more) in DRIPPING.items():
        dripping = crowd(name)
        work += [pour(dripping, address, start, more, until, pause_s=0.5) for _ in range(20)]
    page = b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    work.append(hang(crowd("idle after an answer"), address, 100, page, until))
    signed = "".join(f"{name}: {value}\r\n" for name, value in s3_headers().items()).encode()
    download = b"GET /hostile/large HTTP/1.1\r\nHost: 127.0.0.1\r\n" + signed + b"\r\n"
    work.append(never_read(crowd("a download never read"), address, 20, download, until))
    work.append(never_read(crowd("pages never read"), address, 20, page * 500, until))
    return work


async def _watch_server(server: Server, report: Report, until: float) -> None:
    """The share of a processor that is used while thousands only wait, and what is held at the end.

    Its descriptors tell what the server holds: who reads nothing is not told that he was let go.
    """
    usual = server.open_descriptors()
    await asyncio.sleep(8)
    before, started = server.cpu_s(), time.monotonic()
    await asyncio.sleep(10)
    share = (server.cpu_s() - before) / (time.monotonic() - started)
    report.measure("processor while thousands wait", f"{share:.0%}")
    report.hold(share < MOST_PROCESSOR, f"{share:.0%} of a processor is used while everybody waits")
    await asyncio.sleep(until - 2 - time.monotonic())
    held = server.open_descriptors() - usual
    report.measure("connections held at the deadline", held)
    report.hold(held < MOST_HELD, f"{held} connections are held after {DEADLINE_S:.0f} s")


def _tell_crowds(crowds: list[Crowd], report: Report) -> None:
    for crowd in crowds:
        report.count("connections that make no progress", sum(crowd.outcomes.values()))
        report.measure(crowd.name, crowd)
        wrong = [outcome for outcome in crowd.outcomes if outcome[0] in "235" or outcome.startswith("not")]
        if crowd.name not in ("idle after an answer", "pages never read", "a download never read"):
            report.hold(not wrong or wrong == ["503"], f"{crowd.name}: ended with {wrong}")


def _tell_server(server: Server, before: int, logged: int, report: Report) -> None:
    time.sleep(2)
    after, log = server.resident_bytes(), server.log_bytes() - logged
    report.measure(
        "memory", f"{megabytes(before)} before, {megabytes(after)} after, peak {megabytes(server.peak_bytes())}"
    )
    report.hold(after <= before * GROWTH, f"memory grew from {megabytes(before)} to {megabytes(after)}")
    report.measure("log", megabytes(log))
    report.hold(log < MOST_LOG_BYTES, f"{megabytes(log)} of log")
    report.hold("Traceback" not in server.log_text(), "a traceback stands in the log")


def _put_large(server: Server) -> None:
    client = Client(server.address)
    client.request("PUT", "/hostile/large", b"x" * 8_000_000, s3_headers())
    client.close()


def _pipelined(target: Target, report: Report) -> None:
    """Whole requests in one go: every one is answered, in order, or the connection ends after a last answer."""
    number = 1000
    request = f"GET {target.keys_path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    last = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    heard = statuses(exchange(target.server.address, request * number + last, wait_s=30))
    report.count("pipelined requests", number + 1)
    report.measure("pipelined and answered", len(heard))
    report.hold(set(heard) == {200}, f"pipelined: answered {sorted(set(heard))}")
    report.hold(len(heard) == number + 1, f"pipelined: {len(heard)} of {number + 1} were answered")


def _descriptors(server: Server, report: Report) -> None:
    """A thousand connections at a server that may open 256 descriptors."""
    early = Client(server.address, timeout_s=20)
    early.request("GET", "/")
    logged = server.log_bytes()
    crowd, until = Crowd("more than there are descriptors"), time.monotonic() + 14

    async def siege() -> None:
        work = hang(crowd, server.address, 1000, b"", until)
        await together(server.address, "/", [work], lambda: _besieged(server, early, report))

    asyncio.run(siege())
    report.count("connections beyond the descriptors", sum(crowd.outcomes.values()))
    report.measure(crowd.name, crowd)
    grown = server.log_bytes() - logged
    report.measure("log without descriptors", f"{grown} bytes")
    report.hold(grown < 100_000, f"{grown} bytes of log while there are no descriptors")
    report.hold(_served_again(server), "nobody is served after the descriptors are free again")


async def _besieged(server: Server, early: Client, report: Report) -> None:
    await asyncio.sleep(3)
    before, started = server.cpu_s(), time.monotonic()
    await asyncio.sleep(8)
    share = (server.cpu_s() - before) / (time.monotonic() - started)
    report.measure("processor without descriptors", f"{share:.0%}")
    report.hold(share < MOST_PROCESSOR, f"{share:.0%} of a processor is used while there are no descriptors")
    try:
        answer = await asyncio.to_thread(early.request, "GET", "/")
        report.hold(answer.status == 200, f"who was there before is answered {answer.status}")
    except OSError as problem:
        report.broke(f"who was there before is not served: {problem!r}")


def _served_again(server: Server) -> bool:
    for _ in range(20):
        try:
            client = Client(server.address, timeout_s=2)
            return client.request("GET", "/").status == 200
        except OSError:
            time.sleep(0.5)
    return False


if __name__ == "__main__":
    print(run())
