"""The certificates of servers: made when a client asks for a name, kept in memory, renewed before they end.

Which name a client asks for is told in its first message (SNI, RFC 6066 §3). Who asks for a name that this server does
not speak for is shown the certificate of those who name none, and so learns which names there are; or nothing.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
import os
import re
import ssl
import tempfile
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from halfday.server.certificates.authority import LEAF_LIFE, Authority
from halfday.server.certificates.bundle import write_bundle
from halfday.server.certificates.files import keep_authority
from halfday.server.certificates.subtrees import Subtrees, of_host
from halfday.server.domain.failures import without_words

RENEWED_AT = LEAF_LIFE / 3
"""A certificate that ends sooner than this is made anew."""
MOST_KEPT = 256
"""Names under .localhost are without number. Of those asked for, the one asked for longest ago is made anew."""
LOOKS_EVERY_S = 1.0
"""How often custom domains are looked up. On AWS a new one takes minutes until it answers."""

_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*")

log = logging.getLogger("halfday.certificates")


@dataclass(frozen=True)
class Speaker:
    """Who speaks for which names: an authority's, and of its names those that are answered."""

    subtrees: Subtrees
    answers: Callable[[str], bool]


@dataclass(frozen=True)
class _Kept:
    context: ssl.SSLContext
    until: datetime.datetime


class Certificates:
    """The TLS contexts of one listener. `context` is the one to give to a socket."""

    def __init__(
        self,
        folder: Path,
        speakers: Iterable[Speaker],
        *,
        unnamed: tuple[str, ...] = (),
        clock: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC),
    ) -> None:
        """`unnamed` are the names and addresses in the certificate for clients that name none: by an address.

        Clients compare with their own clock, so `clock` is the machine's. Raises SettingRefused.
        """
        self._folder, self._clock, self._unnamed = folder, clock, unnamed
        self._speakers = {speaker.subtrees.name: speaker for speaker in speakers}
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()
        self._custom: frozenset[str] = frozenset()
        for speaker in self._speakers.values():
            self._authority(speaker.subtrees)
        write_bundle(folder)
        self.context = _new_context()
        self.context.sni_callback = self._choose

    def speak_for(self, custom: Iterable[str]) -> None:
        """From now on these hosts are answered too, and no other custom ones. Each has an authority of its own."""
        now = frozenset(custom)
        for host in sorted(now - self._custom):
            self._authority(of_host(host))
        if now != self._custom:
            write_bundle(self._folder)
        self._custom = now

    async def watch(self, custom: Callable[[], Awaitable[Iterable[str]]]) -> None:
        """Speaks for the hosts that `custom` tells, until it is cancelled. A look that fails is logged."""
        while True:
            try:
                self.speak_for(await custom())
            except Exception as problem:
                log.error("custom domains were not looked up\n%s", without_words(problem))
            await asyncio.sleep(LOOKS_EVERY_S)

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        """Gives the connection its certificate, or ends it by an alert's number."""
        try:
            chosen = self._for(name.lower().rstrip(".") if name else None)
        except Exception as problem:
            log.error("no certificate was made\n%s", without_words(problem))
            return int(ssl.ALERT_DESCRIPTION_INTERNAL_ERROR)
        if chosen is None:
            return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
        connection.context = chosen
        return None

    def _for(self, name: str | None) -> ssl.SSLContext | None:
        """The context for a name, None where there is none to show."""
        subtrees = self._subtrees_of(name) if name is not None and _HOST.fullmatch(name) else None
        if name is not None and subtrees is not None and name not in self._unnamed:
            return self._kept_for(subtrees, (name,))
        subtrees = self._subtrees_of(self._unnamed[0]) if self._unnamed else None
        return self._kept_for(subtrees, self._unnamed) if subtrees else None

    def _kept_for(self, subtrees: Subtrees, names: tuple[str, ...]) -> ssl.SSLContext:
        now = self._clock()
        kept = self._kept.get(names)
        if kept is None or kept.until < now + RENEWED_AT:
            self._kept[names] = kept = _Kept(self._make(subtrees, names, now), now + LEAF_LIFE)
        self._kept.move_to_end(names)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return kept.context

    def _subtrees_of(self, name: str) -> Subtrees | None:
        if name in self._custom:
            return of_host(name)
        speakers = self._speakers.values()
        return next((one.subtrees for one in speakers if one.subtrees.hold(name) and one.answers(name)), None)

    def _make(self, subtrees: Subtrees, names: tuple[str, ...], now: datetime.datetime) -> ssl.SSLContext:
        context = _new_context()
        descriptor, path = tempfile.mkstemp(suffix=".pem")  # 0600; OpenSSL reads from files alone
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(self._authority(subtrees).certify(names, now))
            context.load_cert_chain(path)
        finally:
            os.unlink(path)
        write_bundle(self._folder)  # the authority may be a new one
        return context

    def _authority(self, subtrees: Subtrees) -> Authority:
        return keep_authority(self._folder, subtrees, self._clock())


def _new_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
