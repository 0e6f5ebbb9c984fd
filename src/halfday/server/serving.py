"""Runs a server until it is stopped: binds sockets, applies the seed file, starts stand-ins and management too.

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
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

import uvicorn
from starlette.types import ASGIApp

from halfday.protocol.urls import is_loopback_address
from halfday.server import event_loops, seed, seed_file
from halfday.server.background import forget_hashes_forever, load_later, purge_forever
from halfday.server.bound_sockets import BoundSockets
from halfday.server.compose import (
    choose_upstream,
    find_road_of,
    make_functions,
    make_management,
    make_server,
    make_server_at_aws_hosts,
    make_services,
)
from halfday.server.connections import (
    Accepting,
    BoundedProtocol,
    Connections,
    FindRoad,
    Limits,
    Tls,
    Tunnel,
    leave_alone_what_is_there,
    part_large_blocks,
    raise_descriptor_limit,
)
from halfday.server.domain.failures import without_words
from halfday.server.encrypted import (
    PROXY_HOST,
    aws_certificates,
    custom_hosts,
    http_origin,
    objection_to_aws_host,
    own_certificates,
    own_origin,
    takes_plain_requests,
)
from halfday.server.flows.outgoing_mail import deliver_forever
from halfday.server.http.answers import SafeAnswers
from halfday.server.key_pairs import KeyPairs
from halfday.server.seed import stand_ins
from halfday.server.seed.stand_ins import RunningStandIn
from halfday.server.services import Beginning, Services
from halfday.server.settings import Settings
from halfday.server.storage.data_folder import alone, serving, with_a_folder
from halfday.server.usage import people

if TYPE_CHECKING:
    from halfday.server.certificates import Certificates

SMALL_BODY_BYTES = 64 * 1024
"""The limit on bodies for servers that take only forms."""

log = logging.getLogger("halfday.serving")

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Running:
    """A started server and its addresses. `port` is the one that it listens on.

    `stand_ins`: the issuer of each stand-in of the seed file, by its name. `management` is the address at which sent
    codes are read (http/management), if the settings enable it; `aws_names` that of the proxy for AWS's names.
    """

    services: Services
    origin: str
    port: int
    stand_ins: Mapping[str, str]
    management: str | None
    aws_names: str | None = None

    @property
    def google(self) -> str | None:
        return self.stand_ins.get(stand_ins.GOOGLE)


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
        settings = with_a_folder(settings, stack)
        sockets = BoundSockets.bind(stack, settings, stand_ins.declared(document, settings))
        services = make_services(settings, origin=own_origin(settings, sockets.own), clock=clock, terminal=terminal)
        services.strict_about_ourselves = strict_about_ourselves
        services.key_pairs = key_pairs or services.key_pairs
        services.functions = make_functions(services, document)
        services.upstream = choose_upstream(settings, document)
        services.declared_people = people(document)
        try:
            if not settings.ephemeral:
                stack.enter_context(serving(settings.data, services.origin))
                await services.store.check_master_key()
            await _serve(services, document, sockets, Connections(limits), started, stop)
        finally:
            services.key_pairs.close()
            await services.functions.close()
            if services.upstream is not None:
                await services.upstream.close()
            await services.http.aclose()
            await services.store.close()


async def _serve(
    services: Services,
    document: Document,
    sockets: BoundSockets,
    connections: Connections,
    started: Callable[[Running], None],
    stop: asyncio.Event | None,
) -> None:
    asyncio.get_running_loop().set_exception_handler(_log_unexpected)
    settings = services.settings
    running = [RunningStandIn(one, _origin(settings.host, bound)) for one, bound in sockets.stand_ins]
    management = _origin(settings.management_host, sockets.management) if sockets.management else None
    proxy = _origin(PROXY_HOST, sockets.aws_names) if sockets.aws_names else None
    own, at_aws = own_certificates(settings), aws_certificates(settings)
    services.stand_in_logins.update(
        {login: one.issuer for one in running if (login := stand_ins.LOGINS.get(one.declared.type))}
    )
    await _seed(services, document, running)
    plainly = partial(takes_plain_requests, settings)
    late = [make_server(services)]
    servers = [
        _Server(
            late[0],
            sockets.own,
            connections,
            find_road=find_road_of(services),
            certificates=own,
            takes_plain=plainly,
        )
    ]
    if sockets.aws_names and at_aws:
        late.append(make_server_at_aws_hosts(services))
        servers.append(_Proxy(late[-1], sockets.aws_names, connections, certificates=at_aws))
    for one, (_, bound) in zip(running, sockets.stand_ins, strict=True):
        app = stand_ins.app(one, services, document)
        servers.append(_Server(app, bound, connections, body_bytes=SMALL_BODY_BYTES))
    if sockets.management:
        late.append(make_management(services))
        servers.append(_Server(late[-1], sockets.management, connections))
    port = sockets.own.getsockname()[1]
    issuers = {one.declared.name: one.issuer for one in running}
    watches = [own.watch(lambda: custom_hosts(services))] if own else []
    with _proxy_told(settings, proxy):
        await _run(
            servers,
            [
                purge_forever(services),
                forget_hashes_forever(services),
                deliver_forever(services),
                connections.watch(),
                load_later(late),
                *watches,
            ],
            lambda: started(Running(services, services.origin, port, issuers, management, proxy)),
            stop,
        )


async def _seed(services: Services, document: Document, running: Sequence[RunningStandIn]) -> None:
    """What the file declares is there. A server that keeps nothing remembers what it held before and after."""
    if not services.settings.ephemeral:
        async with alone(services.settings.data):
            await seed.apply(services, document, running)
        return
    empty = await services.store.keep_image()
    await seed.apply(services, document, running)
    await asyncio.gather(*services.keys_under_way.values())
    kids = frozenset(key.kid for key in await services.store.signing_keys.all())
    seeded = await services.store.keep_image()
    services.beginning = Beginning(empty, seeded, kids, has_templates=bool(document.get("template")))


def _proxy_told(settings: Settings, proxy: str | None) -> AbstractContextManager[None]:
    if proxy is None:
        return contextlib.nullcontext()
    from halfday.server.aws_names import told

    return told(settings.data, proxy)


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
        self,
        app: ASGIApp,
        bound: socket.socket,
        connections: Connections,
        *,
        body_bytes: int | None = None,
        find_road: FindRoad | None = None,
        certificates: Certificates | None = None,
        takes_plain: Callable[[str], bool] = is_loopback_address,
    ) -> None:
        """`certificates` are for TLS on the same port. Without it `takes_plain` tells from which addresses."""
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
        self._find_road = find_road
        self._tls: Tls | None = None
        if certificates is not None:
            self._tls = Tls(certificates.context, self._make_protocol, connections, takes_plain=takes_plain)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts `Accepting` in place of asyncio's server, because it limits the number of connections."""
        await self.lifespan.startup()
        accepting = Accepting(self._bound, self._make_plain_protocol, self._connections, self._tls)
        self.servers = [accepting]  # type: ignore[list-item]
        self.started = True
        self.up.set()

    def _make_protocol(self) -> asyncio.Protocol:
        state = self.lifespan.state
        return BoundedProtocol(
            self.config,
            self.server_state,
            state,
            connections=self._connections,
            body_bytes=self._body_bytes,
            find_road=self._find_road,
        )

    def _make_plain_protocol(self) -> asyncio.Protocol:
        return self._make_protocol()

    async def run_on_socket(self) -> None:
        await self.serve(sockets=[self._bound])

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Proxy(_Server):
    """The proxy for AWS's names: what is not TLS yet has to name a host first."""

    def _make_plain_protocol(self) -> asyncio.Protocol:
        assert self._tls is not None
        return Tunnel(self._connections, self._tls, objection_to_aws_host)


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


def _origin(host: str, bound: socket.socket) -> str:
    """The origin of a socket of plain http."""
    return http_origin(host, bound.getsockname()[1])
