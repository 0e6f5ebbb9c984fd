"""Limits on connections and on incomplete requests: size, number, rate and deadlines. Requests are answered in `http`.

limits      the numbers, each with its reason
heads       what a request's head must not leave open
measures    the sizes and rates of one connection, checked against the limits
protocol    one connection: it passes to the parser no more than the limits allow
answering   one answer on its way out
registry    all connections of a process: deadlines, and which connections are closed to make room for new ones
accepting   the listening socket, and what happens when the process runs out of descriptors
handshakes  connections whose TLS handshake is going on
tunnels     the proxy's side: CONNECT, and the TLS of the host that it names
memory      returns memory to the system after a flood of connections
"""

from halfday.server.connections.accepting import Accepting
from halfday.server.connections.answering import FindRoad
from halfday.server.connections.handshakes import Tls
from halfday.server.connections.limits import Limits, raise_descriptor_limit
from halfday.server.connections.memory import leave_alone_what_is_there, part_large_blocks
from halfday.server.connections.protocol import BoundedProtocol
from halfday.server.connections.registry import Connections
from halfday.server.connections.tunnels import Tunnel

__all__ = [
    "Accepting",
    "BoundedProtocol",
    "Connections",
    "FindRoad",
    "Limits",
    "Tls",
    "Tunnel",
    "leave_alone_what_is_there",
    "part_large_blocks",
    "raise_descriptor_limit",
]
