"""Whatever of ours listens on loopback is reached by every user and every page of the machine, and keeps answering."""

from __future__ import annotations

import contextlib
import errno
import http.client
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halfday.client.browser.handover import Handover
from halfday.client.browser.loopback import Listener
from halfday.client.credentials.container_endpoint import ContainerEndpoint
from halfday.client.transport.loopback_server import MOST, LoopbackServer
from halfday.protocol.credentials import Credentials

KEYS = Credentials("ASIAEXAMPLE", "secret", "token", 4_000_000_000)
IDLE = 200
HOSTILE = [
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"G\xc9T / HTTP/1.1\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\n\r\n",
    b"GET http://[/?state=x HTTP/1.1\r\n\r\n",
    b"GET //[ HTTP/1.1\r\n\r\n",
    b"GET http://localhost:99999/ HTTP/1.1\r\n\r\n",
    b"GET * HTTP/1.1\r\n\r\n",
    b"GET \xff\xfe?\xff=\xff HTTP/1.1\r\n\r\n",
    b"GET /?state=%ff%fe%00 HTTP/1.1\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/x\r\n\r\n",
    b"GET / HTTP/1.1 extra\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \xff\r\nAuthorization: \xff\r\n\r\n",
    b"GET / HTTP/1.1\r\n : \r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    b"GET /" + b"y" * 70_000 + b" HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"CONNECT localhost:1 HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x00" * 100,
]

Place = tuple[str, int]


@contextlib.contextmanager
def handover() -> Iterator[Place]:
    with Handover("https://console.example/") as found:
        yield "127.0.0.1", found._server.server_port


@contextlib.contextmanager
def container() -> Iterator[Place]:
    with ContainerEndpoint(lambda: KEYS) as found:
        yield "127.0.0.1", found._server.server_port


@contextlib.contextmanager
def listener() -> Iterator[Place]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = Listener(f"http://127.0.0.1:{port}/", "the-state", lambda url: None)
    try:
        yield "127.0.0.1", port
    finally:
        found.close()


@pytest.fixture(params=[handover, container, listener], ids=lambda made: made.__name__)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with request.param() as place:
        yield place


def say(place: Place, said: bytes) -> bytes:
    """What comes back until the other side closes."""
    with socket.create_connection(place, timeout=20) as connection:
        received = b""
        with contextlib.suppress(ConnectionError):
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            while more := connection.recv(65_536):
                received += more
        return received


def status_of(place: Place) -> int:
    connection = http.client.HTTPConnection(*place, timeout=20)
    connection.request("GET", "/favicon.ico")
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("said", HOSTILE, ids=lambda said: repr(said[:24]))
def test_nothing_that_is_said_makes_a_traceback(place: Place, said: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    say(place, said)
    assert status_of(place) in (401, 404)
    assert capfd.readouterr().err == ""


parts = st.sampled_from(
    [b"GET ", b"G\xc9T ", b"http://[", b"/", b"?", b"state=", b" HTTP/1.1", b"\r\n", b"Host: ", b"%"]
)


@given(said=st.lists(parts | st.binary(max_size=4), max_size=12).map(b"".join))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_at_all_make_a_traceback(place: Place, capfd: pytest.CaptureFixture[str], said: bytes) -> None:
    say(place, said)
    assert capfd.readouterr().err == ""


def wait_until(found: Callable[[], bool]) -> bool:
    ends_at = time.monotonic() + 20
    while not found() and time.monotonic() < ends_at:
        time.sleep(0.02)
    return found()


def handling() -> int:
    """How many threads answer a connection. Others of this process come and go as they like: key pairs, executors."""
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


def test_idle_connections_cost_a_bounded_number_of_threads_and_keep_nobody_out(place: Place) -> None:
    before = handling()
    idle = [socket.create_connection(place, timeout=20) for _ in range(IDLE)]
    try:
        assert status_of(place) in (401, 404)
        assert wait_until(lambda: before < handling() <= before + MOST)
    finally:
        for one in idle:
            one.close()
    assert wait_until(lambda: handling() <= before)


def test_who_never_comes_to_the_end_is_left_at_the_deadline(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header every moment is no silence: the deadline is that of the whole head."""
    monkeypatch.setattr(LoopbackServer, "head_timeout_s", 0.5)
    with socket.create_connection(place, timeout=20) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\n")

        def is_left() -> bool:
            try:
                slow.sendall(b"X: y\r\n")
            except OSError:
                return True
            return False

        assert wait_until(is_left)
    assert status_of(place) in (401, 404)


def test_a_request_that_is_heard_is_not_given_up_for_later_ones() -> None:
    """The credentials are on their way when the others come."""
    asked, may_answer = threading.Event(), threading.Event()

    def slow() -> Credentials:
        asked.set()
        assert may_answer.wait(20)
        return KEYS

    answers = []
    with ContainerEndpoint(slow) as endpoint:
        told = endpoint.environment()
        found = re.fullmatch(r"http://([\d.]+):(\d+)(/.+)", told["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
        assert found
        place = found[1], int(found[2])

        def ask() -> None:
            connection = http.client.HTTPConnection(*place, timeout=20)
            connection.request("GET", found[3], headers={"Authorization": told["AWS_CONTAINER_AUTHORIZATION_TOKEN"]})
            answers.append(connection.getresponse().status)

        asking = threading.Thread(target=ask)
        asking.start()
        assert asked.wait(20)
        idle = [socket.create_connection(place, timeout=20) for _ in range(2 * MOST)]
        may_answer.set()
        asking.join(20)
        for one in idle:
            one.close()
    assert answers == [200]


def test_running_out_of_descriptors_does_not_burn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection waits in the system's queue; asking for it again and again would take a whole core."""
    tries = []

    class Out(socket.socket):
        def accept(self) -> tuple[socket.socket, object]:
            tries.append(time.monotonic())
            raise OSError(errno.EMFILE, "too many open files")

    with Handover("https://console.example/") as found:
        server = found._server
        real = server.socket
        broken = Out(fileno=socket.dup(real.fileno()))
        server.socket = broken
        with socket.create_connection(("127.0.0.1", server.server_port)):
            time.sleep(0.5)
        server.socket = real
        broken.close()
    assert 1 <= len(tries) <= 20


def test_a_browser_that_leaves_does_not_hold_up_the_sign_in() -> None:
    came = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = Listener(f"http://127.0.0.1:{port}/", "the-state", lambda url: came.set())
    with socket.create_connection(("127.0.0.1", port)) as browser:
        browser.sendall(b"GET /?state=the-state&code=x HTTP/1.1\r\n\r\n")
        assert came.wait(20)
    finishing = threading.Thread(target=found.finish, args=("x" * 2_000_000,))
    finishing.start()
    finishing.join(20)
    assert not finishing.is_alive()
    found.close()


def test_only_the_path_that_was_registered_takes_the_code() -> None:
    taken: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = Listener(f"http://127.0.0.1:{port}/cb", "the-state", taken.append)
    for target in ("http://evil.example/cb", "//evil.example/cb", "/cb/", "/CB", "/cb;x"):
        answer = say(("127.0.0.1", port), f"GET {target}?state=the-state&code=x HTTP/1.1\r\n\r\n".encode())
        assert b" 404 " in answer.split(b"\r\n")[0]
    found.close()
    assert taken == []
