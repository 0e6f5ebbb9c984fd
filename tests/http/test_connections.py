"""Connections before a request is whole: what is endless, slow, half sent, silent, too many or not HTTP at all.

Deadlines are short here, and what is asserted is how it ends, never how quickly.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from botocore.config import Config

from halfday.server.connections import BoundedProtocol, Limits
from halfday.server.serving import Running, ServerThread
from halfday.server.settings import Settings
from sockets import read_answer
from world import Clock, World

SHORT = Limits(
    connections=30, first_byte_s=1.5, head_s=1.0, window_s=1.0, window_bytes=2000, keep_alive_s=30, linger_s=1.0
)
HEAD = b"GET /error HTTP/1.1\r\nHost: x\r\n"
TARGET = b"X-Amz-Target: AWSCognitoIdentityProviderService.ListUserPools\r\n"


@dataclass
class Peer:
    """A client that sends what it likes."""

    connection: socket.socket

    def send(self, *parts: bytes) -> Peer:
        with contextlib.suppress(ConnectionError):  # the server has had enough
            for part in parts:
                self.connection.sendall(part)
        return self

    def read(self) -> bytes:
        """Until the server closes, which it has to."""
        parts = []
        with contextlib.suppress(ConnectionError):
            while part := self.connection.recv(65536):
                parts.append(part)
        return b"".join(parts)

    def read_answer(self) -> bytes:
        return read_answer(self.connection)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("data")
    google = {"client_id": "app", "client_secret": "s3cret", "accounts": []}
    settings = Settings(port=0, google_port=0, data=data)
    with ServerThread(settings, {"stand_in_google": google}, limits=SHORT) as up:
        yield World(up, Clock(), data)


@pytest.fixture
def peers() -> Iterator[Callable[..., Peer]]:
    opened: list[socket.socket] = []

    def connect(origin: str, **options: int) -> Peer:
        parts = urlsplit(origin)
        connection = socket.socket()
        for name, value in options.items():
            connection.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
        connection.settimeout(20)
        connection.connect((parts.hostname, parts.port))
        opened.append(connection)
        return Peer(connection)

    yield connect
    for connection in opened:
        connection.close()


def presigned(world: World, operation: str, bucket: str) -> str:
    """Of a bucket that is made for it, the URL of its key `k`."""
    config = Config(signature_version="s3v4")
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    s3 = boto3.client("s3", endpoint_url=world.origin, region_name="us-east-1", config=config, **keys)
    s3.create_bucket(Bucket=bucket)
    return s3.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": "k"})


def drip(peer: Peer, drop: bytes) -> bytes:
    """What the server says to a drop each tenth of a second."""
    over = threading.Event()

    def on_and_on() -> None:
        while not over.wait(0.1):
            peer.send(drop)

    thread = threading.Thread(target=on_and_on)
    thread.start()
    try:
        return peer.read()
    finally:
        over.set()
        thread.join()


def origins(world: World) -> dict[str, str]:
    up: Running = world.running
    assert up.google
    assert up.management
    return {"main": up.origin, "google": up.google, "management": up.management}


MOST_SENT_BYTES = 64_000_000
"""More than is dropped after an answer, and two sockets hold."""
ENDLESS: dict[str, tuple[bytes, bytes, int]] = {
    "a URL": (b"GET /", b"a" * 1000, 414),
    "a query": (b"GET /error?", b"a=b&" * 250, 414),
    "a header": (HEAD + b"X: ", b"a" * 1000, 431),
    "a header's name": (HEAD, b"a" * 1000, 431),
    "headers": (HEAD, b"X-Some: thing\r\n" * 80, 431),
    "long headers": (HEAD, b"X-Some: " + b"a" * 4000 + b"\r\n", 431),
    "a method": (b"", b"A" * 1000, 400),
    "chunk extensions": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a=b;" * 250, 0),
    "trailers": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Some: thing\r\n" * 80, 0),
    "blank lines": (b"", b"\r\n" * 500, 400),
    "line feeds": (b"", b"\n" * 1000, 400),
}


@pytest.mark.parametrize("where", ["main", "google", "management"])
@pytest.mark.parametrize("what", ENDLESS)
def test_nothing_goes_on_without_end(short: World, peers: Callable[..., Peer], where: str, what: str) -> None:
    """Sent until the server has had enough. Of a body it may have answered already, and closes."""
    first, more, status = ENDLESS[what]
    peer = peers(origins(short)[where]).send(first)
    peer.connection.settimeout(0.001)
    sent, answer = 0, b""
    while sent < MOST_SENT_BYTES:
        try:
            sent += peer.connection.send(more)
            answer += peer.connection.recv(65536)
        except TimeoutError:
            continue
        except ConnectionError:
            break
        if status and answer:
            break
    assert sent < MOST_SENT_BYTES
    if status:
        assert answer.split()[1] == str(status).encode(), answer
        assert b"connection: close" in answer


CHUNK = b"fff0\r\n" + b"a" * 0xFFF0 + b"\r\n"
GOING_ON = {
    "after a refusal": (b"\x00", b"x" * 65_536),
    "chunks after an answer": (b"POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNK),
    "a body after its answer": (b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", CHUNK),
}


@pytest.fixture(scope="module")
def lingering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """It has time, so that only the bound of bytes can end a connection."""
    data = tmp_path_factory.mktemp("data")
    limits = Limits(linger_s=60, linger_bytes=1_000_000)
    with ServerThread(Settings(port=0, data=data), {}, limits=limits) as up:
        yield World(up, Clock(), data)


@pytest.mark.parametrize("what", GOING_ON)
def test_what_comes_after_the_last_words_is_not_read_for_ever(
    lingering: World, peers: Callable[..., Peer], what: str
) -> None:
    begun, more = GOING_ON[what]
    peer, sent = peers(lingering.origin, SO_SNDBUF=65_536).send(begun), 0
    with contextlib.suppress(ConnectionError):
        while sent < 100_000_000:
            sent += peer.connection.send(more)
    assert sent < 100_000_000


@pytest.mark.parametrize("count", [100, 101])
def test_a_hundred_headers_are_taken_and_no_more(short: World, peers: Callable[..., Peer], count: int) -> None:
    lines = b"".join(b"X-%d: y\r\n" % number for number in range(count - 2))
    answer = peers(short.origin).send(HEAD + b"Connection: close\r\n", lines, b"\r\n").read()
    assert answer.split()[1] == (b"400" if count == 100 else b"431"), "/error answers 400"


def test_what_fits_is_taken_whole_however_it_is_cut(short: World, peers: Callable[..., Peer]) -> None:
    padding = b"X-Long: " + b"a" * 60_000 + b"\r\n"
    request = HEAD + padding + b"Connection: close\r\n\r\n"
    for size in (1000, 7919, len(request)):
        pieces = [request[at : at + size] for at in range(0, len(request), size)]
        answer = peers(short.origin).send(*pieces).read()
        assert b"An error was encountered" in answer or b" 400 " in answer.partition(b"\r\n")[0]
        assert b"cannot be taken" not in answer


def test_blank_lines_between_requests_have_an_end(short: World, peers: Callable[..., Peer]) -> None:
    """Some are passed over (RFC 9112 §2.2), after which all begins anew."""
    some = b"\r\n" * 500
    answers = peers(short.origin).send((HEAD + b"\r\n" + some) * 5, some * 10).read()
    assert answers.count(b"HTTP/1.1 ") == 6
    assert b"too many blank lines" in answers.rpartition(b"HTTP/1.1 400 ")[2]


def test_silence_is_closed_without_a_word(short: World, peers: Callable[..., Peer]) -> None:
    assert peers(short.origin).read() == b""
    assert peers(short.origin).send(b"\r\n" * 10).read() == b"", "blank lines are silence"


@pytest.mark.parametrize("begun", [b"G", HEAD, HEAD + b"X-Half: a", b"POST / HTTP/1.1\r\nHost"])
def test_a_request_half_sent_gets_408(short: World, peers: Callable[..., Peer], begun: bytes) -> None:
    assert peers(short.origin).send(begun).read().startswith(b"HTTP/1.1 408 ")


def test_headers_that_drip_get_408_all_the_same(short: World, peers: Callable[..., Peer]) -> None:
    assert drip(peers(short.origin).send(HEAD), b"X: y\r\n").startswith(b"HTTP/1.1 408 ")


POST = b"POST / HTTP/1.1\r\nHost: x\r\n" + TARGET


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 1000\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"]
)
def test_a_body_half_sent_gets_408(short: World, peers: Callable[..., Peer], framing: bytes) -> None:
    assert peers(short.origin).send(POST + framing).read().startswith(b"HTTP/1.1 408 ")


def test_a_body_that_drips_gets_408(short: World, peers: Callable[..., Peer]) -> None:
    peer = peers(short.origin).send(POST + b"Content-Length: 100000\r\n\r\n")
    assert drip(peer, b"a").startswith(b"HTTP/1.1 408 ")


def test_an_upload_that_is_slow_and_goes_on_is_not_cut(short: World) -> None:
    """It takes several times as long as a body may be silent."""
    url = presigned(short, "put_object", "slow")

    def slowly() -> Iterator[bytes]:
        for _ in range(30):
            time.sleep(0.1)
            yield b"x" * 1000

    assert requests.put(url, data=slowly(), timeout=30).status_code == 200
    assert short.boto3("s3").get_object(Bucket="slow", Key="k")["ContentLength"] == 30_000


def test_an_answer_that_nobody_fetches_is_not_kept(short: World, peers: Callable[..., Peer]) -> None:
    url = urlsplit(presigned(short, "get_object", "large"))
    short.boto3("s3").put_object(Bucket="large", Key="k", Body=b"x" * 30_000_000)
    request = f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode()
    peer = peers(short.origin, SO_RCVBUF=4096).send(request)
    time.sleep(4)
    assert len(peer.read()) < 30_000_000


def test_an_answer_that_is_fetched_slowly_comes_whole(short: World, peers: Callable[..., Peer]) -> None:
    url = urlsplit(presigned(short, "get_object", "fetched"))
    short.boto3("s3").put_object(Bucket="fetched", Key="k", Body=b"x" * 9_000_000)
    request = f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n\r\n".encode()
    peer = peers(short.origin, SO_RCVBUF=4096).send(request)
    got = 0
    for _ in range(30):
        got += len(peer.connection.recv(100_000))
        time.sleep(0.1)
    assert got + len(peer.read()) > 9_000_000


NOT_HTTP: dict[str, tuple[bytes, int]] = {
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 400),
    "HTTP/2 at once": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /error\r\n\r\n", 505),
    "a later HTTP": (b"GET /error HTTP/3.0\r\n\r\n", 400),
    "a NUL in a header": (HEAD + b"X: a\x00b\r\n\r\n", 400),
    "a folded header": (HEAD + b"X: a\r\n b\r\n\r\n", 400),
    "a blank in a name": (HEAD + b"X : a\r\n\r\n", 400),
    "two lengths": (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    "a length and chunks": (POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a length too long for a number": (POST + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n", 400),
    "a chunk size that is none": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "a tunnel": (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400),
    "an invented method": (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "no path": (b"GET nothing HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "no ASCII": (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a bracket": (b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "no host": (b"GET /error HTTP/1.1\r\nAccept: */*\r\n\r\n", 400),
    "another host in the target": (b"GET http://evil.example/error HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
    "another port in the target": (b"GET http://127.0.0.1:81/error HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
    "a coding before the chunks": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "a coding in a header of its own": (
        HEAD + b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        501,
    ),
}


@pytest.mark.parametrize("what", NOT_HTTP)
def test_what_is_not_http_is_told_so(short: World, peers: Callable[..., Peer], what: str) -> None:
    said, status = NOT_HTTP[what]
    answer = peers(short.origin).send(said).read()
    assert answer.split()[1] == str(status).encode(), answer
    assert answer.count(b"HTTP/1.1 ") == 1 or status == 505


@pytest.mark.parametrize(
    "lines",
    [
        b"GET http://127.0.0.1/error HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"GET http://LocalHost:80/error HTTP/1.1\r\nHost: localhost\r\n",
        b"GET http://localhost:4242/error HTTP/1.1\r\nHost: localhost:4242\r\n",
        b"GET http://[::1]:4242/error HTTP/1.1\r\nHost: [::1]:4242\r\n",
        b"GET /error HTTP/1.0\r\n",
    ],
)
def test_a_target_with_its_host_and_an_old_request_without_one_are_answered(
    short: World, peers: Callable[..., Peer], lines: bytes
) -> None:
    answer = peers(short.origin).send(lines + b"Connection: close\r\n\r\n").read()
    assert b"<title>" in answer


@pytest.mark.parametrize("upgrade", [b"websocket", b"h2c", b"TLS/1.2"])
@pytest.mark.parametrize("body", [b"", b"a=b"])
def test_who_asks_for_another_protocol_is_answered_in_this_one(
    short: World, peers: Callable[..., Peer], upgrade: bytes, body: bytes
) -> None:
    """Java's client asks for h2c with every first request, bodies included."""
    lines = b"Connection: Upgrade\r\nUpgrade: " + upgrade + b"\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n"
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(body)
    request = b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n" + lines + form + body
    answer = peers(short.origin).send(request).read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'{"error":"invalid_request"}' in answer
    assert answer.count(b"HTTP/1.1 ") == 1


def test_requests_sent_ahead_are_all_answered_in_their_order(short: World, peers: Callable[..., Peer]) -> None:
    """A thousand at once, which is far more than is queued."""
    request = b"GET /error?error=%d HTTP/1.1\r\nHost: x\r\n\r\n"
    requests_sent = b"".join(request % number for number in range(1000))
    peer = peers(short.origin)
    sending = threading.Thread(target=peer.send, args=(requests_sent + HEAD + b"Connection: close\r\n\r\n",))
    sending.start()
    answers = peer.read()
    sending.join()
    assert answers.count(b"HTTP/1.1 400 ") == 1001


def test_what_is_wrong_after_what_is_right_is_refused_in_its_turn(short: World, peers: Callable[..., Peer]) -> None:
    wrong = {"no HTTP": b"\x00\x01", "a body that ends": POST + b"Content-Length: 1000\r\n\r\nabc"}
    for rest in wrong.values():
        answers = peers(short.origin).send((HEAD + b"\r\n") * 3 + rest).read()
        assert answers.count(b"HTTP/1.1 ") == 4
        assert answers.rpartition(b"HTTP/1.1 ")[2].split()[0] in (b"400", b"408")


def test_a_peer_that_has_closed_its_half_is_answered(short: World, peers: Callable[..., Peer]) -> None:
    peer = peers(short.origin).send(HEAD + b"\r\n")
    peer.connection.shutdown(socket.SHUT_WR)
    assert peer.read().startswith(b"HTTP/1.1 400 ")


def test_a_trailer_is_no_header(short: World, peers: Callable[..., Peer]) -> None:
    """It comes after all that is decided by headers: here a form's type, without which it is none."""
    chunked = b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\na=b\r\n0\r\n"
    trailer = b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    head = b"POST /oauth2/revoke HTTP/1.1\r\nHost: x\r\n"
    answer = peers(short.origin).send(head + chunked + trailer).read()
    assert b'{"error":"invalid_request"}' in answer


def test_who_asks_before_sending_a_body_is_answered_and_the_connection_is_not_confused(
    short: World, peers: Callable[..., Peer]
) -> None:
    expect = b"Expect: 100-continue\r\nContent-Length: 3\r\n"
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"
    peer = peers(short.origin).send(b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n" + form + expect + b"\r\n")
    assert peer.connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert b'{"error":' in peer.send(b"a=b").read_answer()
    refused = peers(short.origin).send(b"POST /nothing HTTP/1.1\r\nHost: x\r\n" + expect + b"\r\n")
    answer = refused.read()
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"connection: close" in answer


def test_a_body_that_is_not_wanted_is_dropped_and_its_answer_arrives(short: World) -> None:
    body = b"a" * 20_000_000
    answer = requests.post(f"{short.origin}/nothing/here", data=body, timeout=20)
    assert answer.status_code == 404


def test_a_server_of_small_forms_takes_no_large_body(short: World, peers: Callable[..., Peer]) -> None:
    head = b"POST /token HTTP/1.1\r\nHost: localhost\r\n"
    declared = peers(origins(short)["google"]).send(head + b"Content-Length: 1000000\r\n\r\n").read()
    assert declared.startswith(b"HTTP/1.1 413 ")
    chunk = b"ffff\r\n" + b"a" * 0xFFFF + b"\r\n"
    undeclared = peers(origins(short)["google"]).send(head + b"Transfer-Encoding: chunked\r\n\r\n", chunk, chunk, chunk)
    assert undeclared.read().startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("path", [b"/import", b"/clock", b"/messages"])
def test_management_takes_no_body_beyond_its_documents(short: World, peers: Callable[..., Peer], path: bytes) -> None:
    head = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n"
    assert peers(origins(short)["management"]).send(head).read()[:13] in (b"HTTP/1.1 413 ", b"HTTP/1.1 405 ")


def test_silent_connections_keep_nobody_out_and_kept_ones_stay(short: World, peers: Callable[..., Peer]) -> None:
    """Many times more than there is room for. A client's connection between two requests is not the one to give way."""
    kept = peers(short.origin).send(HEAD + b"\r\n")
    assert kept.read_answer().startswith(b"HTTP/1.1 400 ")
    for number in range(300):
        peers(short.origin)
        if number % 50 == 0:
            assert requests.get(f"{short.origin}/error", timeout=10).status_code == 400
    assert requests.get(f"{short.running.management}/messages", timeout=10).status_code == 200
    assert kept.send(HEAD + b"\r\n").read_answer().startswith(b"HTTP/1.1 400 ")


def test_a_silent_connection_is_a_descriptor_and_no_more(short: World, peers: Callable[..., Peer]) -> None:
    """So that thousands of them keep nobody waiting; what one says in the end is heard."""
    silent = [peers(short.origin) for _ in range(20)]
    assert requests.get(f"{short.origin}/error", timeout=10).status_code == 400
    protocols = [one for one in gc.get_objects() if issubclass(type(one), BoundedProtocol)]
    made = [one.transport for one in protocols if one.transport is not None and not one.transport.is_closing()]
    port = urlsplit(short.origin).port
    assert len([one for one in made if one.get_extra_info("sockname")[1] == port]) < 10
    assert silent[-1].send(HEAD + b"\r\n").read_answer().startswith(b"HTTP/1.1 400 ")
    silent[-2].connection.close()
    assert requests.get(f"{short.origin}/error", timeout=10).status_code == 400


def test_half_sent_requests_keep_nobody_out(short: World, peers: Callable[..., Peer]) -> None:
    for number in range(150):
        peers(short.origin).send(HEAD if number % 2 else POST + b"Content-Length: 1000\r\n\r\na")
        if number % 30 == 0:
            assert requests.get(f"{short.origin}/error", timeout=10).status_code == 400


def test_what_is_refused_is_one_line_a_minute_and_no_traceback(
    short: World, peers: Callable[..., Peer], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for number in range(200):
            peers(short.origin).send(b"\x00 secret-%d\r\n\r\n" % number).read()
        for number in range(20):  # gone with half of a body sent
            peers(short.origin).send(POST + b"Content-Length: 1000\r\n\r\nsecret-%d" % number).connection.close()
        assert requests.get(f"{short.origin}/error", timeout=10).status_code == 400
    assert len([record for record in caplog.records if record.name == "halfday.connections"]) <= 2
    assert [record for record in caplog.records if record.exc_info] == []
    assert "secret" not in caplog.text
    assert "asyncio" not in {record.name for record in caplog.records}


def open_descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors are counted in /proc")
def test_when_the_descriptors_end_others_are_served_and_the_log_stays_small(tmp_path: Path) -> None:
    """Three times as many silent connections as the process may have descriptors."""

    def few_descriptors() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))

    command = [sys.executable, "-m", "halfday.cli", "serve", "--port", "0", "--data", str(tmp_path / "data")]
    log = tmp_path / "log"
    with log.open("wb") as stream:
        child = subprocess.Popen(command, stdout=stream, stderr=stream, preexec_fn=few_descriptors)
    opened: list[socket.socket] = []
    try:
        origin = _origin_in(log)
        parts = urlsplit(origin)
        for _ in range(300):
            opened.append(socket.create_connection((parts.hostname, parts.port), timeout=10))
        for _ in range(10):
            assert requests.get(f"{origin}/error", timeout=20).status_code == 400
        assert open_descriptors(child.pid) <= 100
        used_before = _processor_s(child.pid)
        time.sleep(2)
        assert _processor_s(child.pid) - used_before < 1, "it is not busy with what it cannot do"
    finally:
        for connection in opened:
            connection.close()
        child.terminate()
        child.wait(20)
    assert log.stat().st_size < 20_000


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _origin_in(log: Path) -> str:
    for _ in range(600):
        for word in log.read_text().split():
            if word.startswith("http://"):
                return word
        time.sleep(0.05)
    raise AssertionError(log.read_text())
