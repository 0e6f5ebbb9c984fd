"""A relay that only copies: two sockets, one buffer, no word of HTTP. It bounds what any front door in Python can do.

python -m bench.relay PORT BEHIND     connections to PORT of this machine go on to the port BEHIND
"""

from __future__ import annotations

import socket
import sys
import threading

BUFFER_BYTES = 256 * 1024


def relay(port: int, behind: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listening:
        while True:
            peer, _ = listening.accept()
            onward = socket.create_connection(("127.0.0.1", behind))
            for one, other in ((peer, onward), (onward, peer)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=_copy, args=(one, other), daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    buffer = memoryview(bytearray(BUFFER_BYTES))
    while came := source.recv_into(buffer):
        sink.sendall(buffer[:came])
    sink.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    relay(int(sys.argv[1]), int(sys.argv[2]))
