"""Runs a server until it is stopped: binds sockets, applies the seed file, starts stand-in Google and management too.

`serve` is for the command line, `ServerThread` for programs that run a server inside themselves: `halfday try`, tests.
Dependencies are built in `compose`; requests are answered in `http`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TextIO
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp

from halfday.protocol.endpoints import Domain
from halfday.server import event_loops, seed, seed_file
from halfday.server import reachability as reach
from halfday.server.compose import make_functions, make_management, make_server, make_services
from halfday.server.connections import (
    Accepting,
    BoundedProtocol,
    Connections,
    Limits,
    leave_alone_what_is_there,
    part_large_blocks,
    raise_descriptor_limit,
)
from halfday.server.domain.failures import without_words
from halfday.server.flows.outgoing_mail import deliver_forever
from halfday.server.http.answers import SafeAnswers
from halfday.server.key_pairs import KeyPairs
from halfday.server.services import Services
from halfday.server.settings import SettingRefused, Settings
from halfday.server.storage.data_folder import alone, serving
from halfday.server.storage.errors import Busy

PURGE_EVERY_S = 60
SMALL_BODY_BYTES = 64 * 1024
"""The limit on bodies for servers that take only forms."""

log = logging.getLogger("halfday.serving")

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Running:
    """A started server and its addresses. `google` is the stand-in's issuer, if the seed file declares one.

    `management` is the address at which sent codes are read (http/management), if the settings enable it.
    """

    services: Services
    origin: str
    google: str | None
    management: str | None


async def serve(
    settings: Settings,
    document: Document | None = None,
    *,
    started: Callable[[Running], None],
    stop: asyncio.Event | None = None,
    clock: Callable[[], float] = time.time,
    terminal: TextIO | None = None,
    strict_about_ourselves: bool = False,
    limits: Limits | None = None,
    key_pairs: KeyPairs | None = None,
) -> None:
    """Runs until a signal or `stop`. Messages to people are shown on `terminal`, if there is one.

    `key_pairs`: those that were begun while the server was loaded; by default none.

    Raises SettingRefused, SeedRefused and WrongMasterKey before it answers the first request.
    """
    document, limits = document or {}, limits or Limits()
    seed_file.check(document)
    if threading.current_thread() is threading.main_thread():  # else the process belongs to another program
        raise_descriptor_limit(limits)
        leave_alone_what_is_there()
        part_large_blocks()
    with contextlib.ExitStack() as stack:
        sockets = _Sockets.bind(stack, settings, google="stand_in_google" in document)
        services = make_services(settings, origin=_origin(settings.host, sockets.own), clock=clock, terminal=terminal)
        services.strict_about_ourselves = strict_about_ourselves
        services.key_pairs = key_pairs or services.key_pairs
        services.functions = make_functions(services, document)
        try:
            stack.enter_context(serving(settings.data, services.origin))
            await services.store.check_master_key()
            await _serve(services, document, sockets, Connections(limits), started, stop)
        finally:
            services.key_pairs.close()
            await services.functions.close()
            await services.http.aclose()
            await services.store.close()


async def _serve(
    services: Services,
    document: Document,
    sockets: _Sockets,
    connections: Connections,
    started: Callable[[Running], None],
    stop: asyncio.Event | None,
) -> None:
    asyncio.get_running_loop().set_exception_handler(_log_unexpected)
    settings = services.settings
    google = _origin(settings.host, sockets.google) if sockets.google else None
    management = _origin(settings.management_host, sockets.management) if sockets.management else None
    async with alone(settings.data):
        await seed.apply(services, document, google_issuer=google or "")
    servers = [_Server(make_server(services), sockets.own, connections)]
    if sockets.google and google:
        app = _google(services, document, google)
        servers.append(_Server(app, sockets.google, connections, body_bytes=SMALL_BODY_BYTES))
    if sockets.management:
        app = make_management(services)
        servers.append(_Server(app, sockets.management, connections, body_bytes=SMALL_BODY_BYTES))
    running = Running(services, services.origin, google, management)
    await _run(
        servers,
        [_purge_forever(services), deliver_forever(services), connections.watch()],
        lambda: started(running),
        stop,
    )


class ServerThread:
    """A server in a separate thread. `__enter__` returns when it has started, and raises what the start raised."""

    def __init__(self, settings: Settings, document: Document | None = None, **options: Any) -> None:
        self._settings, self._document, self._options = settings, document, options
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._main, name="halfday-server", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._problem: BaseException | None = None
        self.running: Running | None = None

    def __enter__(self) -> Running:
        self._thread.start()
        self._up.wait()
        if self.running is None:
            self._thread.join()
            raise self._problem or RuntimeError("the server stopped before it had started")
        return self.running

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=10)

    def _main(self) -> None:
        try:
            event_loops.run(self._serve())
        except BaseException as problem:
            self._problem = problem
        finally:
            self._up.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await serve(self._settings, self._document, started=self._started, stop=self._stop, **self._options)

    def _started(self, running: Running) -> None:
        self.running = running
        self._up.set()


class _Server(uvicorn.Server):
    """One of several servers of a process. The process handles signals, not each server."""

    def __init__(
        self, app: ASGIApp, bound: socket.socket, connections: Connections, *, body_bytes: int | None = None
    ) -> None:
        config = uvicorn.Config(
            SafeAnswers(app),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,  # http/requests/proxies reads them, from the proxies that the settings trust
            timeout_graceful_shutdown=3,
            timeout_keep_alive=connections.limits.keep_alive_s,
            http="httptools",
            ws="none",
        )
        super().__init__(config)
        self._bound, self._connections, self._body_bytes = bound, connections, body_bytes
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts `Accepting` in place of asyncio's server, because it limits the number of connections."""
        await self.lifespan.startup()
        self.servers = [Accepting(self._bound, self._make_protocol, self._connections)]  # type: ignore[list-item]
        self.started = True
        self.up.set()

    def _make_protocol(self) -> asyncio.Protocol:
        state = self.lifespan.state
        return BoundedProtocol(
            self.config, self.server_state, state, connections=self._connections, body_bytes=self._body_bytes
        )

    async def run_on_socket(self) -> None:
        await self.serve(sockets=[self._bound])

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _run(
    servers: list[_Server],
    beside: Sequence[Coroutine[Any, Any, None]],
    started: Callable[[], None],
    stop: asyncio.Event | None,
) -> None:
    """Runs the servers until `stop`, a signal, or the end of one. `beside` are tasks to run meanwhile."""
    ending = stop or asyncio.Event()
    with _signals(ending):
        tasks = [asyncio.create_task(server.run_on_socket()) for server in servers]
        background = [asyncio.create_task(work) for work in beside]
        await asyncio.gather(*(server.up.wait() for server in servers))
        started()
        await asyncio.wait([asyncio.create_task(ending.wait()), *tasks], return_when=asyncio.FIRST_COMPLETED)
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks)
        for work in background:
            work.cancel()
        await asyncio.gather(*background, return_exceptions=True)


@contextlib.contextmanager
def _signals(ending: asyncio.Event) -> Iterator[None]:
    """Sets `ending` on Ctrl-C and SIGTERM, if this is the main thread."""
    import signal

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ending.set)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _log_unexpected(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Logs an exception that nobody awaited, as asyncio would, but without the exception's message."""
    problem = context.get("exception")
    told = without_words(problem) if isinstance(problem, BaseException) else "there is no exception"
    log.error("a background task failed\n%s", told)


async def _purge_forever(services: Services) -> None:
    """Purges expired rows every PURGE_EVERY_S. A failed round is logged, and the next one runs."""
    while True:
        try:
            await services.store.purge(services.clock())
        except Busy as busy:
            log.warning("nothing was purged: %s", busy)
        except Exception as problem:
            log.error("nothing was purged\n%s", without_words(problem))
        await asyncio.sleep(PURGE_EVERY_S)


@dataclass(frozen=True)
class _Sockets:
    """The bound sockets. They are bound first, so that a server that cannot listen does not touch the data."""

    own: socket.socket
    google: socket.socket | None
    management: socket.socket | None

    @classmethod
    def bind(cls, stack: contextlib.ExitStack, settings: Settings, *, google: bool) -> _Sockets:
        """Binds the sockets that the settings want. `stack` closes them. Raises SettingRefused."""
        own = stack.enter_context(_bind(settings.host, settings.port, "port"))
        for_google = stack.enter_context(_bind(settings.host, settings.google_port, "google_port")) if google else None
        management = _bind_management(settings, own.getsockname()[1])
        return cls(own, for_google, management and stack.enter_context(management))


def _bind(host: str, port: int, setting: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only if the protocol is named; without it each answer takes 40 ms longer.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as problem:
        bound.close()
        raise SettingRefused(f"{setting}: cannot listen on {host}:{port}: {problem.strerror}") from problem
    bound.listen(Limits.backlog)
    return bound


def _bind_management(settings: Settings, own_port: int) -> socket.socket | None:
    """The socket for management, if the settings want one. On `auto`, a port in use is replaced by a free one."""
    host, port = settings.management_host, settings.management_port
    if port == "off" or (port == "auto" and reach.of_server(settings).public):
        return None
    if isinstance(port, int):
        return _bind(host, port, "management_port")
    if settings.port and own_port + 2 <= 65535:
        with contextlib.suppress(SettingRefused):
            return _bind(host, own_port + 2, "management_port")
    return _bind(host, 0, "management_port")


def _origin(host: str, bound: socket.socket) -> str:
    """The origin of a socket. For a socket that listens on all addresses it is loopback's; see also public_url."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{reached}:{bound.getsockname()[1]}"


def _google(services: Services, document: Document, issuer: str) -> ASGIApp:
    from halfday.server.stand_in import Account, stand_in_google

    table = document["stand_in_google"]
    return stand_in_google(
        issuer=issuer,
        client_id=table["client_id"],
        client_secret=table["client_secret"],
        accounts=[Account(**account) for account in table.get("accounts", ())],
        redirect_uris=[Domain(origin).idp_response for origin in _origins(services, document)],
        clock=services.clock,
        random=services.random,
    )


def _origins(services: Services, document: Document) -> list[str]:
    """The server's own origin, and PREFIX.localhost for each pool that declares a domain."""
    parts = urlsplit(services.origin)
    port = f":{parts.port}" if parts.port else ""
    prefixes = [pool["domain"] for pool in document.get("user_pool", ()) if "domain" in pool]
    return [services.origin, *(f"{parts.scheme}://{prefix}.localhost{port}" for prefix in prefixes)]
