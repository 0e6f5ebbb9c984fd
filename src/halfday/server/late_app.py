"""An ASGI application that is loaded when its first request comes, or when there is a moment for it.

Calls of the APIs go past ASGI (http/straight). Pages, the gateway, S3 and management take a fifth of what a server
loads, and the first pool of a program that has just started its server needs none of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send


class LateApp:
    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        """`make` imports what it needs. It is called once, in a thread: others are answered meanwhile."""
        self._make = make
        self._app: ASGIApp | None = None
        self._making: asyncio.Task[ASGIApp] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._app or await self.ready())(scope, receive, send)

    async def ready(self) -> ASGIApp:
        """The application, loaded."""
        if self._app is None:
            if self._making is None:
                self._making = asyncio.create_task(asyncio.to_thread(self._make))
            self._app = await asyncio.shield(self._making)
        return self._app
