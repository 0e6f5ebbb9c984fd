"""Connections to hosts, kept open by urllib3, and one request on them.

A request that may have arrived is never sent again (a code works once), and no redirect is followed. `blocking` loads
this module at the first request: urllib3 takes longer to load than all of the client beside it.
"""

from __future__ import annotations

import os
import time
import urllib.request
from collections.abc import Mapping

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from halfday import __version__
from halfday.client import log
from halfday.client.errors import NetworkError
from halfday.client.transport.deadlines import in_time
from halfday.client.transport.thread_locks import ThreadLock
from halfday.client.transport.wire import Request, Response
from halfday.protocol.urls import Url

IDLE_S = 60.0
"""A connection that was idle for longer may be dead without notice: address translators forget connections."""
CONNECTIONS = 16
"""Connections kept open to one host, for as many threads."""
BODY_LIMIT_BYTES = 4 << 20
"""Key sets, tokens and credentials take kilobytes. A longer body is no answer to our requests."""

_of_another_process: list[object] = []
"""Pools of the parent process. A forked child does not even close them: a parent's thread may hold their locks."""


class Pools:
    """What a `Transport` keeps open. Safe to share between threads, and with processes that are forked."""

    def __init__(self, *, connect_timeout_s: float, read_timeout_s: float, whole_answers: bool) -> None:
        """As `Transport`."""
        log.begin()
        self._timeout = urllib3.Timeout(connect=connect_timeout_s, read=read_timeout_s)
        self._whole_answers = whole_answers
        self._lock = ThreadLock()
        self._proxies: dict[str, urllib3.ProxyManager] = {}
        self._open()

    def _open(self) -> None:
        """Makes new pools: older connections are not used again."""
        self._process, self._used_at = os.getpid(), time.monotonic()
        self._direct = urllib3.PoolManager(ca_certs=_ca_certs(), maxsize=CONNECTIONS)
        in_time(self._direct, whole_answers=self._whole_answers)
        self._proxies = {}

    def close(self) -> None:
        """Closes what is idle; a request under way keeps its connection. In a forked child the parent's are left."""
        with self._lock:
            if self._process != os.getpid():
                return
            for manager in (self._direct, *self._proxies.values()):
                manager.clear()

    def send(self, request: Request) -> Response:
        """One request, one answer, whatever its status. Raises NetworkError."""
        address, began = request.address, time.monotonic()
        told = request.method, address.netloc, address.path, request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        try:
            pool, target = self._pool(address)
            answer = pool.urlopen(
                request.method,
                target,
                headers={"User-Agent": f"halfday/{__version__}", **_host_header(address), **request.headers},
                body=request.body,
                timeout=self._timeout,
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
            )
            body = self._read(answer, address)
        except HTTPError as problem:
            failed = _network_error(address.netloc, problem)
            log.request_failed(*told, failed.kind, time.monotonic() - began)
            raise failed from problem
        log.request_answered(*told, answer.status, time.monotonic() - began)
        return Response(answer.status, {k.lower(): v for k, v in answer.headers.items()}, body)

    def _read(self, answer: urllib3.BaseHTTPResponse, address: Url) -> bytes:
        """The body. Raises NetworkError when it is longer than BODY_LIMIT_BYTES."""
        body = bytearray()
        try:
            while part := answer.read1(65_536):
                body += part
                if self._whole_answers:
                    continue
                if len(body) > BODY_LIMIT_BYTES:
                    sentence = f"{address.netloc} answered with more than {BODY_LIMIT_BYTES >> 20} MiB"
                    raise NetworkError(sentence, kind="strange_answer")
        except BaseException:
            answer.close()
            raise
        answer.release_conn()
        return bytes(body)

    def _pool(self, address: Url) -> tuple[urllib3.HTTPConnectionPool, str]:
        """Connections to exactly this host and port, and the request target. The URL is not parsed again."""
        proxied = self._proxy_manager(address)
        if proxied is None:
            return self._direct.connection_from_host(
                _host_to_reach(address), address.port, address.scheme
            ), address.target
        pool = proxied.connection_from_host(_host_to_reach(address), address.port, address.scheme)
        return pool, address.target if address.scheme == "https" else str(address)

    def _proxy_manager(self, address: Url) -> urllib3.ProxyManager | None:
        """The pool of the proxy that the environment names for this address; None without one, and for loopback."""
        with self._lock:
            if self._process != os.getpid():
                _of_another_process.append((self._direct, self._proxies))
                self._open()
            elif time.monotonic() - self._used_at > IDLE_S:
                self._open()
            self._used_at = time.monotonic()
        proxy = urllib.request.getproxies().get(address.scheme)
        if not proxy or address.is_loopback or urllib.request.proxy_bypass(address.host):
            return None
        if proxy not in self._proxies:
            manager = urllib3.ProxyManager(proxy, ca_certs=_ca_certs(), maxsize=CONNECTIONS)
            in_time(manager, whole_answers=self._whole_answers)
            self._proxies[proxy] = manager
        return self._proxies[proxy]


def _ca_certs() -> str | None:
    """None is the system's own certificates."""
    return os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")


def _host_to_reach(address: Url) -> str:
    """Names under .localhost are loopback (RFC 6761 §6.3); not every resolver knows."""
    if address.host.endswith(".localhost"):
        return "127.0.0.1"
    return f"[{address.host}]" if ":" in address.host else address.host


def _host_header(address: Url) -> Mapping[str, str]:
    """The Host header for a name that is reached by its address."""
    return {"Host": address.netloc} if address.host.endswith(".localhost") else {}


def _too_late(host: str) -> NetworkError:
    return NetworkError(f"{host} did not answer in time", kind="timeout")


def _network_error(host: str, problem: HTTPError) -> NetworkError:
    cause = problem.reason if isinstance(problem, MaxRetryError) and problem.reason else problem
    if isinstance(cause, NameResolutionError):
        return NetworkError(f"{host} has no address", kind="dns")
    if isinstance(cause, NewConnectionError):  # which is a ConnectTimeoutError too
        return NetworkError(f"nothing accepts connections at {host}", kind="refused")
    if isinstance(cause, (ConnectTimeoutError, ReadTimeoutError)):
        return _too_late(host)
    if isinstance(cause, ProxyError):
        return NetworkError(f"the proxy refused to reach {host}", kind="proxy")
    if isinstance(cause, SSLError):
        return NetworkError(f"the TLS connection to {host} failed: {cause}", kind="tls")
    return NetworkError(f"the connection to {host} broke: {cause}", kind="broken")
