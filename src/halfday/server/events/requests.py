"""The record of a request, and its subscribers. Records are made in http/edge; log lines are made in `log_lines`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from halfday.server.domain.failures import without_words

log = logging.getLogger("halfday.events")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """The facts of an answered request. Its texts are printable, and repeat nothing that was sent (decision 28).

    One of two is set: `operation`, the name of an API's operation, or `route`, the method and the declared path.
    `status` is the answer's status, or 499 if the client left before its request was complete. `answered_at` is in
    epoch seconds. `address` is the client's, as trusted proxies report it; None if they report none. `caller` is the
    kind of signer, `user` a sub. `remark` is what should be mended although the request succeeded, `why` what decided
    the outcome.
    """

    request_id: str
    answered_at: float
    status: int
    ms: float
    operation: str | None = None
    route: str | None = None
    address: str | None = field(default=None, repr=False)
    pool: str | None = None
    client: str | None = None
    caller: str | None = None
    user: str | None = None
    grant: str | None = None
    remark: str | None = None
    why: str | None = None


Subscriber = Callable[[RequestRecord], None]


class Subscribers:
    """The subscribers, called with each record in order, before the answer ends."""

    def __init__(self, *subscribers: Subscriber) -> None:
        self._subscribers = list(subscribers)

    def add(self, subscriber: Subscriber) -> None:
        self._subscribers.append(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        self._subscribers.remove(subscriber)

    def tell(self, record: RequestRecord) -> None:
        """Calls every subscriber. One that fails is logged, and stops neither the others nor the answer."""
        for subscriber in self._subscribers:
            try:
                subscriber(record)
            except Exception as problem:
                log.error("a subscriber failed at request %s\n%s", record.request_id, without_words(problem))
