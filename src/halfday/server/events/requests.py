"""One record for each request that was answered, made at the edge (http/edge), and those who are given it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from halfday.server.domain.failures import without_words

log = logging.getLogger("halfday.events")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """What may be said of a request. Its texts are printable, and repeat nothing that was sent (decision 28).

    Either `operation` is known, of an API, or `route`: method and declared path. `status` is that of the answer, or 499
    where the client went away before its request was whole. `answered_at` is in epoch seconds. `address` is the
    client's, as trusted proxies tell it; None where they tell none. `caller` is the kind of signer, `user` a sub.
    `remark` is what should be mended though the request succeeded, `why` what decided the outcome.
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
    """Those who are given each record, in their order, before the answer ends."""

    def __init__(self, *subscribers: Subscriber) -> None:
        self._subscribers = list(subscribers)

    def add(self, subscriber: Subscriber) -> None:
        self._subscribers.append(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        self._subscribers.remove(subscriber)

    def tell(self, record: RequestRecord) -> None:
        """A subscriber that fails keeps the record from no other, and the answer from nobody."""
        for subscriber in self._subscribers:
            try:
                subscriber(record)
            except Exception as problem:
                log.error("a subscriber failed at request %s\n%s", record.request_id, without_words(problem))
