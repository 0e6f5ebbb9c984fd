"""The limits of a connection, as numbers. They apply before a caller is authenticated, so they hold for everybody.

Where AWS has a number, it is used here: a load balancer's limit on headers, CloudFront's on URLs, S3's timeout for a
body. Nothing is enforced here: `measures`, `protocol` and `registry` do that.
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
    """The limits of every connection of a process, with their defaults."""

    connections: int = 1024
    """Open at once, over all servers of a process. Beyond it, the connection without progress for longest is closed.
    A connection takes 15 kB of memory, or 80 kB while the longest headers are half sent.
    """
    url_bytes: int = 8192
    """CloudFront's limit: it stands in front of Cognito's pages."""
    header_bytes: int = 64 * 1024
    """All headers of a request: an Application Load Balancer's limit."""
    headers: int = 100
    """Apache's default."""
    blank_bytes: int = 1024
    """Blank lines before a request: RFC 9112 §2.2 lets a server skip some, and no client needs them."""
    framing_bytes: int = 16 * 1024
    """Chunk sizes, chunk extensions and trailers, in addition to what chunks of one byte need."""
    first_byte_s: float = 20.0
    """Browsers open connections before they need them. Closing one that has sent nothing for so long costs nothing."""
    head_s: float = 10.0
    """From a request's first byte until its headers are complete."""
    window_s: float = 20.0
    """S3 closes a request when no byte of its body arrives for 20 s."""
    window_bytes: int = 10_000
    """Bytes that must pass in each window, of a body received and of an answer sent: Apache's 500 bytes/s."""
    keep_alive_s: int = 65
    """Longer than a load balancer's 60 s, because the load balancer must close first."""
    linger_s: float = 5.0
    """After an answer sent before its request was complete, the rest of the request is read and dropped for so long.
    Closing at once would reset the connection, and the client would lose the answer.
    """
    linger_bytes: int = 32 * 1024 * 1024
    """At most so much is dropped: clients that send more ask first (Expect: 100-continue), or read while they send."""
    backlog: int = 4096
    """Connections not accepted yet; Linux's own limit. Beyond it the system drops the first packet of a new connection,
    and the client sends it again after 1, 3 and 7 s.
    """

    def connections_within(self, descriptors: int | None) -> int:
        """The number of connections for which there are descriptors. `descriptors` is None where they are unlimited."""
        if descriptors is None:
            return self.connections
        return max(4, min(self.connections, descriptors - min(_OWN_DESCRIPTORS, descriptors // 2)))


def descriptor_limit() -> int | None:
    if resource is None:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def raise_descriptor_limit(limits: Limits) -> None:
    """Raises the soft limit to what the connections need, as far as the hard limit allows.

    The soft limit is 1024 or 256 on many systems.
    """
    current, wanted = descriptor_limit(), limits.connections + _OWN_DESCRIPTORS
    if current is None or current >= wanted:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
