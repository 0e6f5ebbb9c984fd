"""moto in this process, called as a WSGI application in a worker thread. It opens no port.

moto is imported at the first call, because the import takes seconds; each of its services then at the first call to
it. moto's state is one per process: all instances share it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from halfday.server.outside.upstreams.calls import (
    Answer,
    Opened,
    Streamed,
    UpstreamCall,
    UpstreamFailed,
    UpstreamHasNone,
    bucket_call,
    check_bucket_made,
    opened,
)
from halfday.server.outside.upstreams.wsgi import call_wsgi, wsgi_environment

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

WORKERS = 4
"""Threads for moto. moto is pure Python, so more threads would not be faster, and each thread holds memory."""
MOST_WAITING = 64
"""Threads for calls that may wait for something to come, as SQS's ReceiveMessage does for 20 s."""

NOT_TAKEN = frozenset({"batch", "lambda"})
"""They would start containers on this machine."""

_WAITS = frozenset({"sqs"})

log = logging.getLogger("halfday.upstream")


class MotoUpstream:
    """Declared buckets are made at the import; `warm` imports S3 ahead of time."""

    def __init__(self) -> None:
        self._apps: dict[str, WSGIApplication] = {}
        self._chooser: Any = None
        self._loading = threading.Lock()
        self._one_at_a_time: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._declared: list[str] = []
        self._workers = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="halfday-moto")
        self._waiters = ThreadPoolExecutor(max_workers=MOST_WAITING, thread_name_prefix="halfday-moto-waiting")

    def __str__(self) -> str:
        return "moto"

    def streams(self, service: str) -> bool:
        return False

    async def warm(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._workers, self._s3)

    async def open(self, call: UpstreamCall) -> Opened:
        workers = self._waiters if call.service in _WAITS else self._workers
        return opened(await asyncio.get_running_loop().run_in_executor(workers, self._call, call))

    async def declare_bucket(self, name: str) -> None:
        self._declared.append(name)
        if "s3" in self._apps:
            await self.open(bucket_call(name))

    async def forget(self, *, declared: bool) -> None:
        if self._apps:  # else moto was not asked for anything yet
            await asyncio.get_running_loop().run_in_executor(self._workers, self._forget, declared)

    def _forget(self, declared: bool) -> None:
        from moto.moto_api._internal.models import moto_api_backend

        with self._loading:
            moto_api_backend.reset()
            for name in self._declared if declared and "s3" in self._apps else ():
                check_bucket_made(_called(self._apps["s3"], bucket_call(name)))

    async def close(self) -> None:
        for workers in (self._workers, self._waiters):
            workers.shutdown(wait=False, cancel_futures=True)

    def _call(self, call: UpstreamCall) -> Answer:
        if call.service == "s3":
            return _called(self._s3(), call)
        app = self._app(call)
        if call.service in _WAITS:
            return _called(app, call)
        with self._one_at_a_time[call.service]:  # its tables know no locks, and conditional writes need them
            return _called(app, call)

    def _s3(self) -> WSGIApplication:
        with self._loading:
            if "s3" not in self._apps:
                self._apps["s3"] = app = _imported().create_backend_app("s3")
                log.info("S3 by moto: buckets live in memory and end with this server")
                for name in self._declared:
                    check_bucket_made(_called(app, bucket_call(name)))
            return self._apps["s3"]

    def _app(self, call: UpstreamCall) -> WSGIApplication:
        """moto's application for the service, chosen by moto's own rules. Raises UpstreamHasNone."""
        if call.service in NOT_TAKEN:
            raise UpstreamHasNone(f"moto's {call.service} starts containers, which is not done here: name an upstream")
        with self._loading:
            if call.service not in self._apps:
                self._apps[call.service] = self._chosen(call)
                log.info("%s by moto: it lives in memory and ends with this server", call.service)
            return self._apps[call.service]

    def _chosen(self, call: UpstreamCall) -> WSGIApplication:
        module = _imported()
        if self._chooser is None:
            self._chooser = module.DomainDispatcherApplication(module.create_backend_app)
        host = self._chooser.infer_service_region_host(_environment(call), call.target)
        backend = self._chooser.get_backend_for_host(host)
        if backend is None:
            raise UpstreamHasNone(f"moto has no {call.service}")
        try:
            app: WSGIApplication = module.create_backend_app(backend)
        except ImportError as problem:
            raise UpstreamHasNone(f"moto's {call.service} needs a package that is not installed") from problem
        return app


def _called(app: WSGIApplication, call: UpstreamCall) -> Answer:
    return call_wsgi(app, _environment(call))


def _environment(call: UpstreamCall) -> dict[str, Any]:
    if isinstance(call.body, Streamed):
        raise TypeError("moto takes whole bodies")
    ours = {"authorization": call.authorization, "x-moto-account-id": call.account}
    return wsgi_environment(call.method, call.target, {**call.headers, **ours}, call.body)


def _imported() -> Any:
    try:
        from moto.moto_server import werkzeug_app
    except ImportError as problem:
        raise UpstreamFailed("moto is missing or incomplete: pip install 'halfday[aws]'") from problem
    return werkzeug_app
