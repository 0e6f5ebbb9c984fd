"""What is brought to a web application with ill will: cookie values and names, states, ways back, origins, requests."""

from __future__ import annotations

import random
from collections.abc import Iterator


def hostile_values() -> Iterator[tuple[str, str]]:
    """(label, value). Non-ASCII goes over the wire as UTF-8, surrogates as the bytes that they escape."""
    numbers = (
        "0",
        "1",
        "2",
        "9",
        "0012000000",
        "99999999999999999999",
        "9" * 5_000,
        "-1",
        "1e9",
        "²",
        "١",
        "0x1",
        "1_0",
        "+1",
    )
    for number in numbers:
        for rest in ("", ".", ".x", ".AAAA", "." + "A" * 80, "." + "A" * 3_000, ".é", "." + "." * 50):
            yield f"{number[:20]}{rest[:12]} ({len(number + rest)})", number + rest
    yield from {
        "nothing": "",
        "a blank": " ",
        "quotes": '"' * 100,
        "half a quote": '"1.AAAA',
        "escapes of a quoted value": '"\\001\\377\\000"',
        "60 kB": "A" * 60_000,
        "dots": "." * 5_000,
        "digits": "1" * 7_000,
        "bytes that are no text": "\udcff\udcfe\udc80" * 20,
        "a tab": "\t",
        "percent signs": "%" * 500,
        "JSON": '{"sub":"ada"}',
        "a pickle": "gASVBQAAAAAAAABLAS4=",
        "base64 of zeros": "AAAA" * 200,
        "two values": "1.AAAA, 2.BBBB",
        "a JWT": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.",
    }.items()


def altered(value: str, number: int) -> Iterator[tuple[str, str]]:
    """A good value, changed in one place, cut, lengthened."""
    chance = random.Random(len(value))
    for _ in range(number):
        place = chance.randrange(len(value))
        other = chance.choice([letter for letter in "AbC019-_." if letter != value[place]])
        yield f"changed at {place} of {len(value)}", value[:place] + other + value[place + 1 :]
    for length in (1, len(value) // 2, len(value) - 1):
        yield f"cut to {length}", value[:length]
    yield "twice", value + value
    yield "a letter longer", value + "A"
    yield "a zero before", "0" + value
    yield "in capitals", value.upper()
    yield "backwards", value[::-1]


def misspelt(name: str) -> Iterator[tuple[str, bytes]]:
    """Names that are not the cookie's own, and that somebody trims or decodes to it."""
    plain = name.encode()
    for blank in (
        b"\x0b",
        b"\x0c",
        b"\x1c",
        b"\x1d",
        b"\x1e",
        b"\x1f",
        b"\x85",
        b"\xa0",
        b"\xc2\xa0",
        b"\xe2\x80\x80",
        b"\xe3\x80\x80",
        b"\0",
    ):
        yield f"{blank!r} before", blank + plain
        yield f"{blank!r} after", plain + blank
    yield "in capitals", plain.upper()
    yield "with an escape", b"%" + f"{plain[0]:02x}".encode() + plain[1:]
    yield "in quotes", b'"' + plain + b'"'
    yield "with __Host-", b"__Host-" + plain
    yield "with a dollar", b"$" + plain
    yield "after a cookie without a name", b"=" + plain
    yield "within another value", b"a=b," + plain


STATES = (
    ("made up", "code=CODE&state=made-up"),
    ("missing", "code=CODE"),
    ("empty", "code=CODE&state="),
    ("twice", "code=CODE&state=a&state=b"),
    ("of 50,000", "code=CODE&state=" + "s" * 50_000),
    ("with NUL", "code=CODE&state=%00"),
    ("of no text", "code=CODE&state=%ff%fe"),
    ("as a list", "code=CODE&state[]=a"),
    ("and no code", "state=a"),
    ("and nothing", ""),
    ("and two codes", "code=CODE&code=CODE&state=a"),
    ("with a dot", "code=CODE&state=."),
    ("as digits", "code=CODE&state=" + "9" * 5_000),
)

WAYS_BACK = (
    *(
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%09/evil.example",
    ),
    *(
        "/%5cevil.example",
        "/%2f%2fevil.example",
        "%2f%2fevil.example",
        "/%0d%0aLocation:%20http://evil.example",
        "javascript:alert(1)",
    ),
    *(
        "http:evil.example",
        "https:%5c%5cevil.example",
        "/.//evil.example",
        "/..//evil.example",
        "%20//evil.example",
        "/%E2%80%A8/evil",
    ),
    *(
        "/login?next=//evil.example",
        "/callback",
        "/logout",
        "data:text/html,x",
        "@evil.example",
        "/@evil.example",
        "/%00//evil",
    ),
    "/" + "a" * 4_000,
)

FOREIGN_ORIGINS: tuple[dict[str, str | None], ...] = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": None, "Sec-Fetch-Site": "cross-site"},
    {"Origin": None, "Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost"},
    {"Origin": "http://localhost:1"},
    {"Origin": "https://localhost"},
    {"Origin": "http://["},
    {"Origin": "http://localhost@evil.example"},
    {"Origin": "file://"},
    {"Origin": "x" * 5_000},
)


def scripts() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(label, text as it stands in the query, what must not come back)."""
    yield "a script", "%3Cscript%3Ealert(1)%3C/script%3E", ("<script>alert",)
    yield "an attribute", "%22%20onload=%22alert(1)", ('" onload="alert',)
    yield "a terminal's escape", "%1b[2J%1b]0;title%07", ("\x1b", "\x07")
    yield "a template", "%7B%7B7*191%7D%7D", ("1337",)
    yield "line ends", "a%0d%0aSet-Cookie:%20a=b", ("\r\nSet-Cookie",)
    yield "60 kB", "e" * 60_000, ("e" * 5_000,)


CLOSE = "\r\nHost: localhost\r\nConnection: close\r\n"
_WEBSOCKET = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nOrigin: https://evil.example\r\n"
)
_WEBSOCKET_KEY = f"Sec-WebSocket-Key: {'A' * 22}==\r\n"
_TARGETS = "http://[ http://[/login //login /login/ /LOGIN /%6cogin /login%00 /callback%2f * /%ff".split()


def raw_requests() -> Iterator[tuple[str, bytes]]:
    """(label, bytes): upgrades, odd targets and methods, forms without a browser."""
    for path in ("/", "/maybe", "/login", "/callback", "/logout", "/api", "/nowhere"):
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{_WEBSOCKET}{_WEBSOCKET_KEY}\r\n"
        yield f"a websocket to {path}", head.encode()
    for target in _TARGETS:
        yield f"{target!r}", f"GET {target} HTTP/1.1{CLOSE}\r\n".encode()
    yield "an odd method", f"GÉT / HTTP/1.1{CLOSE}\r\n".encode()
    yield "no host", b"GET /login HTTP/1.0\r\n\r\n"
    yield "an odd host", b"GET /login HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n"
    yield "a foreign host", b"GET /login HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    yield "a sign-out without an origin", f"POST /logout HTTP/1.1{CLOSE}Content-Length: 0\r\n\r\n".encode()
    large = f"POST /logout HTTP/1.1{CLOSE}Content-Length: 300000\r\n\r\n".encode()
    yield "a large form to sign out", large + b"a=1&" * 75_000
