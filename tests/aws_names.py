"""Clients at AWS's own host names, which a server's proxy on loopback answers."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3
import requests
from botocore.config import Config

from handshakes import client_context
from world import World


def proxy_of(world: World) -> str:
    assert world.running.aws_names is not None
    return world.running.aws_names


def bundle_of(world: World) -> str:
    return str(world.data / "ca-bundle.pem")


def at_aws(world: World, service: str, *, signature_version: str | None = None, **given: Any) -> Any:
    """A boto3 client without an endpoint_url: what the proxy changes is all that is changed."""
    dummy = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    proxies = {"https": proxy_of(world)}
    config = Config(proxies=proxies, retries={"max_attempts": 0}, signature_version=signature_version)
    return boto3.client(service, config=config, verify=bundle_of(world), **{**dummy, **given})


def session_of(world: World) -> requests.Session:
    """requests by the proxy, with the bundle that the server wrote."""
    session = requests.Session()
    session.trust_env = False
    session.proxies = {"https": proxy_of(world)}
    session.verify = bundle_of(world)
    return session


def connect(world: World) -> socket.socket:
    parts = urlsplit(proxy_of(world))
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10)


def said(world: World, request: bytes) -> bytes:
    """All that the proxy says to these bytes."""
    with connect(world) as connection:
        connection.sendall(request)
        told = b""
        while part := connection.recv(65536):
            told += part
        return told


@contextmanager
def tls_to(world: World, name: str, *, by_connect: bool = True) -> Iterator[ssl.SSLSocket]:
    """TLS with the proxy for this name: after CONNECT, or at once."""
    with connect(world) as connection:
        if by_connect:
            connection.sendall(f"CONNECT {name}:443 HTTP/1.1\r\nHost: {name}:443\r\n\r\n".encode())
            told = connection.recv(65536)
            assert told.startswith(b"HTTP/1.1 200 "), told
        context = client_context(world.data / "ca-aws-names.pem")
        with context.wrap_socket(connection, server_hostname=name) as encrypted:
            yield encrypted
