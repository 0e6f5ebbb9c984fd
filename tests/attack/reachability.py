"""Who can reach this server: what is for this machine alone is not for the world, whatever address is listened on.

Dummy keys, the list of pools, sent codes, the address and the scheme of the caller: asked for as a proxy would pass it
on, as a web page would, under names of other machines, and behind a public URL.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

from attack.child import Server, serving
from attack.report import Report
from attack.wire import TARGETS, Client, dummy_signature, exchange, statuses

POOL_NAME = "a-pool-that-only-this-machine-may-see"
OWN_HOSTS = ("127.0.0.1", "localhost", "[::1]", "127.8.9.1", "halfday.localhost", "LOCALHOST")
FOREIGN_HOSTS = (
    *(
        "evil",
        "evil.local",
        "evil.internal",
        "evil.example",
        "evil.lan",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
    ),
    *("127.0.0.1.nip.io", "10.0.0.1", "192.168.1.1", "8.8.8.8", "[::ffff:8.8.8.8]", "[2001:db8::1]", "notlocalhost"),
    *(
        "localhost@evil.example",
        "evil.example#localhost",
        "evil.example:80@localhost",
        "",
        "evil.example.",
        "localhost.local",
    ),
    *("amazonaws.com.evil.example", "bucket.s3-website.us-east-1.amazonaws.com", "ec2-1-2-3-4.compute.amazonaws.com"),
    *("xn--lcalhost-54a", "ⓛocalhost", "127.1.evil", "0x7f000001.evil", "localhost,evil.example", "evil\tlocalhost"),
)
FOREIGN_ORIGINS = (
    *("https://evil.example", "null", "http://evil", "chrome-extension://abcdefghijklmnop", "moz-extension://0-0-0"),
    *("safari-web-extension://x", "file://", "http://localhost.evil.example", "http://evil.localhost.example", ""),
    *(
        "http://127.0.0.1.nip.io",
        "http://localhost@evil.example",
        "app://obsidian.md",
        "capacitor://evil",
        "tauri://evil",
    ),
    *("vscode-webview://x", "http://10.0.0.1", "data:", "about:blank", "http://localhost, http://evil.example"),
)
BY_A_PROXY = (
    *(
        "X-Forwarded-For: 203.0.113.9",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: id.example.com",
        "X-Real-IP: 203.0.113.9",
    ),
    *("Forwarded: for=203.0.113.9", "Via: 1.1 proxy", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Server: proxy"),
    *(
        "X-Forwarded-Port: 443",
        "X-Client-IP: 203.0.113.9",
        "True-Client-IP: 203.0.113.9",
        "CF-Connecting-IP: 203.0.113.9",
    ),
    *("X_Forwarded_For: 203.0.113.9", "x-forwarded-for: ", "X-Forwarded-For:", "X-Original-Forwarded-For: 203.0.113.9"),
)


def run() -> Report:
    report = Report("reachability")
    with ExitStack() as stack:
        usual = stack.enter_context(serving("--upstream", "none"))
        _make_pool(usual)
        _this_machine(report, usual)
        for label, lines in _from_elsewhere():
            _shut(report, usual, label, lines)
            _management_shut(report, usual, label, lines)
    public = ("--public-url", "https://id.example.com")
    with serving("--upstream", "none", *public) as behind_a_proxy:
        for label, lines in [
            ("plain", ["Host: 127.0.0.1"]),
            ("by its name", ["Host: id.example.com"]),
            *_from_elsewhere(),
        ]:
            _shut(report, behind_a_proxy, f"public URL, {label}", lines)
        _told(report, behind_a_proxy, "https://id.example.com")
        log = behind_a_proxy.log_text()
        report.hold("RELAXED" not in log, "behind a public URL the start-up line says RELAXED")
    with serving("--upstream", "none", "--host", "0.0.0.0") as everywhere:
        _shut(report, everywhere, "listening everywhere", ["Host: 127.0.0.1"])
        _told(report, everywhere, "0.0.0.0")
    with serving("--upstream", "none", "--signatures", "relaxed") as relaxed:
        for label, lines in _from_elsewhere():
            if label.startswith("origin"):
                _shut(report, relaxed, f"relaxed, {label}", lines, index=False)
    _scheme_is_not_believed(report)
    return report


def _this_machine(report: Report, server: Server) -> None:
    """What is open has to stay open: else everything below would pass for the wrong reason."""
    for host in OWN_HOSTS:
        report.count("good callers")
        found = _list_pools(server, [f"Host: {host}:{server.port}"])
        report.hold(POOL_NAME in found, f"this machine as {host} is not served: {found[:200]}")


def _from_elsewhere() -> Iterator[tuple[str, list[str]]]:
    """(label, header lines) of requests that do not come from a tool of this machine, or may not."""
    for host in FOREIGN_HOSTS:
        yield f"host {host!r}", [f"Host: {host}"]
        yield f"host {host!r} and a port", [f"Host: {host}:80"]
    for origin in FOREIGN_ORIGINS:
        yield f"origin {origin!r}", ["Host: 127.0.0.1", f"Origin: {origin}"]
    for line in BY_A_PROXY:
        yield f"forwarded, {line}", ["Host: 127.0.0.1", line]
    yield "two hosts", ["Host: 127.0.0.1", "Host: evil.example"]
    yield "two hosts, the other way", ["Host: evil.example", "Host: 127.0.0.1"]
    yield "two origins", ["Host: 127.0.0.1", "Origin: http://127.0.0.1", "Origin: https://evil.example"]


def _shut(report: Report, server: Server, label: str, lines: list[str], *, index: bool = True) -> None:
    """Neither dummy keys nor the page at / give anything away. Another site's page may ask for it and not read it."""
    report.count("callers from elsewhere")
    found = _list_pools(server, lines)
    report.hold(POOL_NAME not in found and '"UserPools"' not in found, f"{label}: dummy keys list the pools")
    if index:
        page = _ask(server.port, "GET", "/", lines, b"")
        unread = label.startswith("origin") and "access-control-allow-origin" not in page.lower()
        report.hold(unread or POOL_NAME not in page, f"{label}: the page at / lists the pools")
    made = _call(server, "CreateUserPool", {"PoolName": "made-from-elsewhere"}, lines)
    report.hold('"UserPool"' not in made, f"{label}: dummy keys make a pool")
    for found_here in (found, made):
        status = (statuses(found_here.encode(errors="replace")) or [0])[0]
        report.hold(status not in (0, 500, 502), f"{label}: answered {status}")


def _management_shut(report: Report, server: Server, label: str, lines: list[str]) -> None:
    """Sent codes are not told."""
    report.count("callers of management from elsewhere")
    found = _ask(server.management_port, "GET", "/messages", lines, b"")
    report.hold('"messages"' not in found, f"{label}: management tells what was sent")


def _list_pools(server: Server, lines: list[str]) -> str:
    return _call(server, "ListUserPools", {"MaxResults": 60}, lines)


def _call(server: Server, operation: str, members: dict[str, object], lines: list[str]) -> str:
    signed = [f"{name}: {value}" for name, value in dummy_signature("cognito-idp").items()]
    target = [f"X-Amz-Target: {TARGETS['cognito-idp']}.{operation}", "Content-Type: application/x-amz-json-1.1"]
    return _ask(server.port, "POST", "/", [*lines, *signed, *target], json.dumps(members).encode())


def _ask(port: int, method: str, path: str, lines: list[str], body: bytes) -> str:
    head = [f"{method} {path} HTTP/1.1", *lines, f"Content-Length: {len(body)}", "Connection: close"]
    sent = "\r\n".join(head).encode() + b"\r\n\r\n" + body
    return exchange(("127.0.0.1", port), sent, wait_s=20).decode(errors="replace")


def _make_pool(server: Server) -> None:
    client = Client(server.address)
    client.idp("CreateUserPool", PoolName=POOL_NAME)
    client.close()


def _told(report: Report, server: Server, why: str) -> None:
    """The start says that others can reach the server, and why."""
    report.hold(why in server.log_text(), f"the start does not say {why}: {server.log_text()[:300]}")


def _scheme_is_not_believed(report: Report) -> None:
    """A setting that is not there, or refused, is told by the process itself."""
    for options in (
        ("--trusted-proxy", "everybody"),
        ("--trusted-proxy", "10.0.0.0/99"),
        ("--public-url", "id.example.com"),
    ):
        report.count("settings that must be refused")
        try:
            with serving("--upstream", "none", *options):
                report.broke(f"{' '.join(options)}: the server starts")
        except (RuntimeError, subprocess.SubprocessError):
            continue


if __name__ == "__main__":
    print(run())
