"""Bytes whose length can be told in two ways, and headers that only the gateway may write."""

from __future__ import annotations

from collections.abc import Iterator

HIDDEN = "/api/hidden"
IDENTITY = {"X-User": "context.authorizer.claims.sub", "X-Email": "context.authorizer.claims.email"}
FORGED = "mallory-was-here"


def lengths(token: str) -> Iterator[tuple[str, bytes, int]]:
    """(label, bytes, how many requests there are). The hidden one carries a good token, so that it would be served."""
    hidden = f"GET {HIDDEN} HTTP/1.1\r\nHost: a\r\nAuthorization: {token}\r\nX: ".encode()
    head = f"POST /api/first HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {token}\r\n".encode()
    chunked = b"0\r\n\r\n" + hidden
    size = str(len(chunked)).encode()
    for label, lines in _conflicting(size).items():
        yield label, head + lines + b"\r\n" + chunked, 1
    plain = str(len(hidden)).encode()
    for label, lines in _odd_lengths(plain).items():
        yield label, head + lines + b"\r\n" + hidden, 1
    for label, chunk in _odd_chunks(hidden).items():
        yield label, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk, 1
    for label, first in _odd_lines(token).items():
        yield label, first + hidden + b"\r\n\r\n", 1
    get = head.replace(b"POST", b"GET")
    yield "a GET with a body", get + b"Content-Length: " + plain + b"\r\n\r\n" + hidden, 1
    yield (
        "an upgrade",
        head + b"Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: " + plain + b"\r\n\r\n" + hidden,
        1,
    )
    yield (
        "an upgrade to h2c",
        get
        + b"Upgrade: h2c\r\nHTTP2-Settings: AA\r\nConnection: Upgrade\r\nContent-Length: "
        + plain
        + b"\r\n\r\n"
        + hidden,
        1,
    )
    yield "an expectation", head + b"Expect: 100-continue\r\nContent-Length: " + plain + b"\r\n\r\n" + hidden, 1
    yield "HTTP/2's preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + hidden, 1


def _conflicting(size: bytes) -> dict[str, bytes]:
    """Two ways to tell the length: whichever is believed, somebody else believes the other."""
    length, chunked = b"Content-Length: " + size + b"\r\n", b"Transfer-Encoding: chunked\r\n"
    return {
        "length, then chunked": length + chunked,
        "chunked, then length": chunked + length,
        "chunked after a tab": length + b"Transfer-Encoding:\tchunked\r\n",
        "chunked after a vertical tab": length + b"Transfer-Encoding: \x0bchunked\r\n",
        "chunked in quotes": length + b'Transfer-Encoding: "chunked"\r\n',
        "chunked in capitals": length + b"TRANSFER-ENCODING: CHUNKED\r\n",
        "chunked with a comma": length + b"Transfer-Encoding: chunked,\r\n",
        "chunked twice": length + b"Transfer-Encoding: chunked, chunked\r\n",
        "chunked, then identity": length + b"Transfer-Encoding: chunked, identity\r\n",
        "identity, then chunked": length + b"Transfer-Encoding: identity\r\n" + chunked,
        "an unknown coding": length + b"Transfer-Encoding: xchunked\r\n",
        "a blank before the colon": length + b"Transfer-Encoding : chunked\r\n",
        "an underscore": length + b"Transfer_Encoding: chunked\r\n",
        "folded": length + b"X: y\r\n Transfer-Encoding: chunked\r\n",
        "a folded value": length + b"Transfer-Encoding:\r\n chunked\r\n",
        "after a bare line feed": length + b"X: y\nTransfer-Encoding: chunked\r\n",
        "after a bare return": length + b"X: y\rTransfer-Encoding: chunked\r\n",
        "a NUL within": length + b"Transfer-Encoding: chu\0nked\r\n",
        "two lengths": length + b"Content-Length: 0\r\n",
        "two lengths, the other way": b"Content-Length: 0\r\n" + length,
        "a list of lengths": b"Content-Length: 0, " + size + b"\r\n",
        "named in Connection": length + b"Connection: Content-Length\r\n" + chunked,
    }


def _odd_lengths(plain: bytes) -> dict[str, bytes]:
    """Numbers that some read and some do not."""
    told = {
        "with a plus": b"+" + plain,
        "with zeros": b"000" + plain,
        "in hexadecimal": hex(int(plain)).encode(),
        "with an underscore": plain[:1] + b"_" + plain[1:],
        "with a blank": plain[:1] + b" " + plain[1:],
        "negative": b"-" + plain,
        "a float": plain + b".0",
        "an exponent": plain + b"e0",
        "of 30 digits": b"1" + b"0" * 30,
        "past 64 bits": str(2**64 + int(plain)).encode(),
        "nothing": b"",
        "in other digits": "".join(chr(0x0660 + digit - 48) for digit in plain).encode(),
    }
    lines = {f"a length {label}": b"Content-Length: " + value + b"\r\n" for label, value in told.items()}
    lines["a length under another name"] = b"Content_Length: " + plain + b"\r\n"
    lines["a length with a blank before the colon"] = b"Content-Length : " + plain + b"\r\n"
    return lines


def _odd_chunks(hidden: bytes) -> dict[str, bytes]:
    end = b"0\r\n\r\n"
    size = f"{len(hidden):x}".encode()
    return {
        "a chunk size with 0x": b"0x" + size + b"\r\n" + hidden + b"\r\n" + end,
        "a chunk size with a plus": b"+" + size + b"\r\n" + hidden + b"\r\n" + end,
        "a negative chunk size": b"-1\r\n" + hidden + b"\r\n" + end,
        "a chunk size past 64 bits": b"1" + b"0" * 15 + size + b"\r\n" + hidden + b"\r\n" + end,
        "a chunk size with a blank": b" " + size + b" \r\n" + hidden + b"\r\n" + end,
        "a chunk with a bare line feed": size + b"\n" + hidden + b"\r\n" + end,
        "a chunk with a bare return": size + b"\r" + hidden + b"\r\n" + end,
        "a chunk extension with a line feed": b"1;a=\nb\r\nx\r\n" + end,
        "a chunk longer than it says": b"1\r\nx" + hidden + b"\r\n" + end,
        "a chunk ended by something else": size + b"\r\n" + hidden + b"XX" + end,
        "a trailer that ends the request": b"0\r\nContent-Length: 0\r\n\r\n",
        "a last chunk of many zeros": b"0000000\r\nX: y\r\n\r\n",
        "no chunk size": b"\r\n" + hidden + end,
    }


def _odd_lines(token: str) -> dict[str, bytes]:
    """First lines that one reader ends where another goes on. The bytes after it are the body of nothing."""
    authorization = f"Authorization: {token}\r\n".encode()
    rest = b"Host: 127.0.0.1\r\n" + authorization + b"Content-Length: 99999\r\n\r\n"
    return {
        "bare line feeds": b"GET /api/first HTTP/1.1\nHost: a\nContent-Length: 99999\n\n",
        "an unknown version": b"POST /api/first HTTP/3.7\r\n" + rest,
        "a version of three digits": b"POST /api/first HTTP/1.10\r\n" + rest,
        "a blank more": b"POST  /api/first HTTP/1.1\r\n" + rest,
        "a tab": b"POST\t/api/first\tHTTP/1.1\r\n" + rest,
        "a word more": b"POST /api/first x HTTP/1.1\r\n" + rest,
        "HTTP/0.9": b"GET /api/first\r\n" + rest,
        "HTTP/1.0 with chunks": b"POST /api/first HTTP/1.0\r\n"
        + authorization
        + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "a blank before the first header": b"POST /api/first HTTP/1.1\r\n " + rest,
        "a header without a colon": b"POST /api/first HTTP/1.1\r\nHost\r\n" + rest,
        "a header without a name": b"POST /api/first HTTP/1.1\r\n: x\r\n" + rest,
    }


def forged_identities() -> Iterator[tuple[str, list[bytes]]]:
    """What the gateway says of a person, said by the caller."""
    for name in IDENTITY:
        for spelt in (
            name,
            name.lower(),
            name.upper(),
            name.replace("-", "_"),
            f"{name} ",
            f"{name}\t",
            f" {name}",
            f"HTTP_{name}",
        ):
            yield f"{spelt!r}", [f"{spelt}: {FORGED}".encode()]
        yield f"{name} twice", [f"{name}: a".encode(), f"{name}: {FORGED}".encode()]
        yield f"{name} folded", [b"X-Nothing: a", f" {name}: {FORGED}".encode()]
        yield f"{name} after a line feed", [f"X-Nothing: a\n{name}: {FORGED}".encode()]
        yield f"{name} after a return", [f"X-Nothing: a\r{name}: {FORGED}".encode()]
        yield f"{name} named in Connection", [f"Connection: {name}".encode()]
        yield (
            f"{name} named in Connection and said",
            [f"Connection: {name}, close".encode(), f"{name}: {FORGED}".encode()],
        )
        yield f"{name} in a trailer", [b"TE: trailers", f"Trailer: {name}".encode()]
