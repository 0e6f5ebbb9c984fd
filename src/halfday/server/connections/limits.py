"""What a connection may cost. Nobody is known yet while a request comes in, so the numbers are for strangers.

Where AWS has a number it is AWS's: a load balancer's header limits, CloudFront's URL, S3's patience with a body.
"""

from __future__ import annotations

from dataclasses import dataclass

try:
    import resource
except ImportError:  # Windows, where sockets are not counted as descriptors
    resource = None  # type: ignore[assignment]

_OWN_DESCRIPTORS = 128
"""For the database, calls to providers and backends, mail, logs."""


@dataclass(frozen=True)
class Limits:
    connections: int = 1024
    """At once, over all of a process's servers. Beyond it the one that has made no progress for longest gives way.
    One costs 15 kB, and 80 with the longest headers half sent.
    """
    url_bytes: int = 8192
    """CloudFront's, which stands before Cognito's pages."""
    header_bytes: int = 64 * 1024
    """All headers of a request: an Application Load Balancer's limit."""
    headers: int = 100
    """Apache's default."""
    blank_bytes: int = 1024
    """Line ends before a request: RFC 9112 §2.2 lets a server pass over some, and none is needed."""
    framing_bytes: int = 16 * 1024
    """Chunk sizes, chunk extensions and trailers, beyond what chunks of one byte take."""
    first_byte_s: float = 20.0
    """Browsers open connections ahead of need; one that stays silent for so long is not missed."""
    head_s: float = 10.0
    """From a request's first byte until its headers are whole."""
    window_s: float = 20.0
    """S3 gives up a body of which nothing comes for 20 s."""
    window_bytes: int = 10_000
    """What has to pass in each window, of a body that comes and of an answer that is fetched: Apache's 500 bytes/s."""
    keep_alive_s: int = 65
    """Longer than the 60 s of a load balancer, which must be the first to close."""
    linger_s: float = 5.0
    """After an answer given early: what still comes is read and dropped. To close at once would destroy the answer."""
    linger_bytes: int = 32 * 1024 * 1024
    """So much of it at most: clients that send more ask first (Expect: 100-continue), or read while they send."""
    backlog: int = 4096
    """Connected and not yet accepted; Linux's own bound. Beyond it a newcomer's first packet is lost, and comes again
    after 1, 3, 7 s.
    """

    def connections_within(self, descriptors: int | None) -> int:
        """As many as there are descriptors for; None is without a limit."""
        if descriptors is None:
            return self.connections
        return max(4, min(self.connections, descriptors - min(_OWN_DESCRIPTORS, descriptors // 2)))


def descriptor_limit() -> int | None:
    if resource is None:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def raise_descriptor_limit(limits: Limits) -> None:
    """To what the connections need, as far as this process may. Many systems begin with 1024, or 256."""
    current, wanted = descriptor_limit(), limits.connections + _OWN_DESCRIPTORS
    if current is None or current >= wanted:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
