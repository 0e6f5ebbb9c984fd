"""The sockets that a server listens on, bound before anything else is done."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from halfday.server import reachability as reach
from halfday.server.connections import Limits
from halfday.server.encrypted import PROXY_HOST
from halfday.server.seed import stand_ins
from halfday.server.settings import SettingRefused, Settings

if TYPE_CHECKING:
    from halfday.server.stand_in import StandIn


@dataclass(frozen=True)
class BoundSockets:
    """The bound sockets. They are bound first, so that a server that cannot listen does not touch the data."""

    own: socket.socket
    stand_ins: list[tuple[StandIn, socket.socket]]
    management: socket.socket | None
    aws_names: socket.socket | None

    @classmethod
    def bind(cls, stack: contextlib.ExitStack, settings: Settings, declared: Sequence[StandIn]) -> BoundSockets:
        """Binds the sockets that settings and seed file want. `stack` closes them. Raises SettingRefused."""
        own = stack.enter_context(_bind(settings.host, settings.port, "port"))
        theirs = [(one, stack.enter_context(_bind_stand_in(settings, one))) for one in declared]
        proxy = _bind(PROXY_HOST, settings.aws_names, "aws_names") if isinstance(settings.aws_names, int) else None
        at_aws_names = proxy and stack.enter_context(proxy)
        management = _bind_management(settings, own.getsockname()[1])  # last, as it may take another port
        return cls(own, theirs, management and stack.enter_context(management), at_aws_names)


def _bind_stand_in(settings: Settings, declared: StandIn) -> socket.socket:
    port = declared.port or 0
    of_setting = declared.name == stand_ins.GOOGLE and port == settings.google_port
    return _bind(settings.host, port, "google_port" if of_setting else f"[[stand_in]] {declared.name}: port")


def _bind(host: str, port: int, setting: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only if the protocol is named; without it each answer takes 40 ms longer.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as problem:
        bound.close()
        raise SettingRefused(f"{setting}: cannot listen on {host}:{port}: {problem.strerror}") from problem
    bound.listen(Limits.backlog)
    return bound


def _bind_management(settings: Settings, own_port: int) -> socket.socket | None:
    """The socket for management, if the settings want one. On `auto`, a port in use is replaced by a free one."""
    host, port = settings.management_host, settings.management_port
    if port == "off" or (port == "auto" and reach.of_server(settings).public and not settings.management_token):
        return None
    if isinstance(port, int):
        return _bind(host, port, "management_port")
    if settings.port and own_port + 2 <= 65535:
        with contextlib.suppress(SettingRefused):
            return _bind(host, own_port + 2, "management_port")
    return _bind(host, 0, "management_port")
