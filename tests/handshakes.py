"""TLS between two contexts in memory: what a client says of a certificate, without a socket."""

from __future__ import annotations

import ssl
from pathlib import Path


def client_context(*roots: Path | str) -> ssl.SSLContext:
    """A client that trusts these roots, by file or PEM, and nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for root in roots:
        context.load_verify_locations(cadata=root.read_text() if isinstance(root, Path) else root)
    return context


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> bytes:
    """The server's certificate, DER, once the client has taken it for this name or address. Raises SSLError."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server, server_hostname=name)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    done: set[ssl.SSLObject] = set()
    while len(done) < 2:
        for side in (asking, answering):
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                if side is asking:  # the server's is told to the client by an alert
                    raise
    certificate = asking.getpeercert(binary_form=True)
    assert certificate is not None
    return certificate
