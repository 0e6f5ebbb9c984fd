"""Asks a server's management port, with nothing but the standard library."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 60


class ManagementRefused(Exception):
    """What management said, and its status."""

    status = 0


class Management:
    """One connection, kept open: a call takes half a millisecond. For one thread at a time."""

    def __init__(self, origin: str, token: str = "") -> None:
        parts = urlsplit(origin)
        if parts.scheme != "http" or parts.hostname is None:
            raise ValueError(f"{origin!r} is no address of management, such as http://127.0.0.1:4244")
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> Any:
        """What it answers. Raises ManagementRefused."""
        asked = {name: str(value) for name, value in (query or {}).items() if value is not None}
        target = f"{path}?{urlencode(asked)}" if asked else path
        status, raw = self._exchanged(method, target, None if body is None else json.dumps(body))
        content = json.loads(raw) if raw else {}
        if status >= 400:
            refused = ManagementRefused(f"{content.get('message', '')} ({status})")
            refused.status = status
            raise refused
        return content

    def close(self) -> None:
        self._connection.close()

    def _exchanged(self, method: str, target: str, body: str | None) -> tuple[int, bytes]:
        """Once more where the server has closed the connection meanwhile, which it does after a while."""
        for again in (True, False):
            try:
                self._connection.request(method, target, body, self._headers)
                answer = self._connection.getresponse()
                return answer.status, answer.read()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self._connection.close()
                if not again:
                    raise
        raise AssertionError("a loop that always returns or raises")
