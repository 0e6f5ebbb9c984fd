"""Which upstream has a service: the setting `upstream`, and the seed file's [upstreams].

upstream = "http://127.0.0.1:9000,dynamodb=http://127.0.0.1:8000"

[upstreams]
sqs = "http://127.0.0.1:4566"
s3 = { url = "https://s3.eu-west-1.amazonaws.com", access_key_id = "…", secret_access_key = "…" }

A service is named as boto3 and the AWS CLI name it. An entry without a name is for all others: a URL, moto, none, auto.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday.protocol.urls import UrlError, parse_url
from halfday.server.outside.upstreams.by_url import HttpUpstream, UpstreamKeys
from halfday.server.outside.upstreams.calls import Opened, Upstream, UpstreamCall, UpstreamHasNone
from halfday.server.outside.upstreams.moto import MotoUpstream
from halfday.server.settings import SettingRefused, Settings, upstream_parts

_KEYS = ("access_key_id", "secret_access_key", "session_token")


@dataclass(frozen=True, slots=True)
class Declared:
    """`service` is empty for all that are not named. `target`: a URL, moto, none or auto."""

    service: str
    target: str
    keys: UpstreamKeys | None = field(default=None)


class ByService:
    """The upstream of each service, one for all others."""

    def __init__(self, by_service: Mapping[str, Upstream | None], others: Upstream | None) -> None:
        self._by_service, self._others = dict(by_service), others

    def __str__(self) -> str:
        named = [f"{service}: {upstream or 'none'}" for service, upstream in sorted(self._by_service.items())]
        return ", ".join([*named, f"all others: {self._others or 'none'}"])

    def streams(self, service: str) -> bool:
        found = self._of(service)
        return found is not None and found.streams(service)

    async def open(self, call: UpstreamCall) -> Opened:
        return await self._needed(call.service).open(call)

    async def declare_bucket(self, name: str) -> None:
        await self._needed("s3").declare_bucket(name)

    async def forget(self, *, declared: bool) -> None:
        for upstream in self._all():
            await upstream.forget(declared=declared)

    async def close(self) -> None:
        for upstream in self._all():
            await upstream.close()

    def _all(self) -> Iterable[Upstream]:
        return {id(one): one for one in (*self._by_service.values(), self._others) if one}.values()

    def _of(self, service: str) -> Upstream | None:
        return self._by_service.get(service, self._others)

    def _needed(self, service: str) -> Upstream:
        found = self._of(service)
        if found is None:
            raise UpstreamHasNone(f"no AWS behind this front door has {service}: name one by --upstream {service}=URL")
        return found


def declared_by_setting(settings: Settings) -> Iterator[Declared]:
    """Raises SettingRefused."""
    keys = None
    if settings.upstream_access_key_id:
        keys = UpstreamKeys(settings.upstream_access_key_id, settings.upstream_secret_access_key)
    for service, target in upstream_parts(settings.upstream):
        yield Declared(service, target, keys)


def declared_in(document: Mapping[str, Any]) -> Iterator[Declared]:
    """Of a seed file's [upstreams]. Raises SettingRefused."""
    for service, given in document.get("upstreams", {}).items():
        if isinstance(given, str):
            yield Declared(service, given)
            continue
        where = f"upstreams: {service}"
        if unknown := sorted(set(given) - {"url", *_KEYS}):
            raise SettingRefused(f"{where}: there is no key {unknown[0]}; there are url, {', '.join(_KEYS)}")
        if "url" not in given or ("access_key_id" in given) != ("secret_access_key" in given):
            raise SettingRefused(f"{where}: needs url; of access_key_id and secret_access_key give both or neither")
        yield Declared(service, given["url"], _keys(given))


def _keys(given: Mapping[str, str]) -> UpstreamKeys | None:
    if "access_key_id" not in given:
        return None
    return UpstreamKeys(given["access_key_id"], given["secret_access_key"], given.get("session_token"))


def make_upstream(declared: Iterable[Declared], services: Callable[[], Iterable[str]]) -> Upstream | None:
    """The upstream of all services, whose names `services` gives. Later declarations of a service win.

    Raises SettingRefused for what cannot be.
    """
    moto = MotoUpstream() if _has_moto() else None
    made: dict[str, Upstream | None] = {}
    for one in declared:
        if one.service and one.service not in frozenset(services()):
            raise SettingRefused(f"upstream: boto3 knows no service {one.service!r}; it knows s3, iot-data")
        made[one.service] = _made(one, moto)
    others = made.pop("", moto)
    return ByService(made, others) if made else others


def _made(one: Declared, moto: MotoUpstream | None) -> Upstream | None:
    if one.target == "none":
        return None
    if one.target in ("moto", "auto"):
        if one.target == "moto" and moto is None:
            raise SettingRefused("upstream: moto is not installed: pip install 'halfday[aws]'")
        return moto
    try:
        url = parse_url(one.target)
    except UrlError as problem:
        raise SettingRefused(f"upstream: {problem}") from problem
    if url.target not in ("", "/"):
        raise SettingRefused("upstream: must be http(s)://HOST[:PORT] without a path")
    return HttpUpstream(url.origin, keys=one.keys)


def _has_moto() -> bool:
    return importlib.util.find_spec("moto") is not None
