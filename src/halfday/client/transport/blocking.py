"""Runs flows and waits for their answers: the transport of the blocking classes.

Nothing that speaks HTTP is loaded before the first request. Many programs make a `Cognito` and find what they need in
the kept session, or verify tokens with keys that came with the deployment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from halfday.client.transport.thread_locks import ThreadLock, loading

if TYPE_CHECKING:
    from halfday.client.transport.pools import Pools
    from halfday.client.transport.wire import Flow, Request, Response

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0

Result = TypeVar("Result")


class Transport:
    """Carries requests. Safe to share between threads, and with processes that are forked: each has its own pools."""

    def __init__(
        self,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        whole_answers: bool = False,
    ) -> None:
        """`read_timeout_s` is for an answer as a whole, from status line to trailers (`deadlines`).

        `whole_answers`: bodies of any length, as long as something comes; for what is no answer of Cognito's.
        """
        self._connect_timeout_s, self._read_timeout_s = connect_timeout_s, read_timeout_s
        self._whole_answers = whole_answers
        self._lock = ThreadLock()
        self._made: Pools | None = None

    @classmethod
    def within(cls, timeout_s: float | None, *, whole_answers: bool = False) -> Transport:
        """One whose answers come whole within so many seconds once it is connected; None for what is usual."""
        if timeout_s is None:
            return cls(whole_answers=whole_answers)
        connect_timeout_s = min(CONNECT_TIMEOUT_S, timeout_s)
        return cls(connect_timeout_s=connect_timeout_s, read_timeout_s=timeout_s, whole_answers=whole_answers)

    def close(self) -> None:
        """Closes the connections that are kept open. A later request opens new ones."""
        with self._lock:
            if self._made is not None:
                self._made.close()

    def run(self, flow: Flow[Result]) -> Result:
        """Sends a flow's requests and returns its result. Raises NetworkError, and what the flow raises."""
        from halfday.client.transport.wire import run_flow

        return run_flow(flow, self.send)

    def send(self, request: Request) -> Response:
        """One request, one answer, whatever its status. Raises NetworkError."""
        return self._pools().send(request)

    def _pools(self) -> Pools:
        """The pools, made at the first request: two threads that begin at once share them."""
        if self._made is None:
            with loading():
                from halfday.client.transport.pools import Pools
            with self._lock:
                self._made = self._made or Pools(
                    connect_timeout_s=self._connect_timeout_s,
                    read_timeout_s=self._read_timeout_s,
                    whole_answers=self._whole_answers,
                )
        return self._made
