"""Connections, bounded before a request is whole: what may be sent, how slowly, how much of it, by how many at once.

limits      the numbers, each with its reason
protocol    one connection: its parser is fed no more than these allow
registry    all connections of a process: deadlines, and room for who comes next
accepting   the listening socket, and what is done when the descriptors end
"""

from halfday.server.connections.accepting import Accepting
from halfday.server.connections.limits import Limits, raise_descriptor_limit
from halfday.server.connections.memory import leave_alone_what_is_there, part_large_blocks
from halfday.server.connections.protocol import BoundedProtocol
from halfday.server.connections.registry import Connections

__all__ = [
    "Accepting",
    "BoundedProtocol",
    "Connections",
    "Limits",
    "leave_alone_what_is_there",
    "part_large_blocks",
    "raise_descriptor_limit",
]
