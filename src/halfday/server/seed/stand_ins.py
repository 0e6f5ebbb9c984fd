"""The stand-ins of a seed file: `[[stand_in]]`, and `[stand_in_google]`, which is one of them written another way.

The package `stand_in` is loaded only if the file declares one.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from halfday.protocol.endpoints import LOOPBACK_HOSTS, prefix_host
from halfday.server.domain.aws.logins import AMAZON, APPLE, FACEBOOK
from halfday.server.domain.aws.logins import GOOGLE as GOOGLE_LOGIN
from halfday.server.domain.user_pools.providers import name_objection
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services
from halfday.server.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from halfday.server.stand_in import StandIn

Table = Mapping[str, Any]

GOOGLE = "Google"
"""Of type and name: the one with a table and a setting of its own."""

LOGINS = {"Google": GOOGLE_LOGIN, "Facebook": FACEBOOK, "LoginWithAmazon": AMAZON, "SignInWithApple": APPLE}
"""The key of an identity pool's Logins for which a stand-in of this type answers."""

_FIRST_PORT = 3
"""How far above the server's own port the first of them listens: stand-in Google and management come before."""
_COMMON = frozenset({"type", "name", "client_id", "client_secret", "port", "accounts", "callback_urls"})
_FEWEST_FOR_HS256 = 32


@dataclass(frozen=True, slots=True)
class RunningStandIn:
    """A stand-in and the address at which it is reached."""

    declared: StandIn
    issuer: str

    def provider_details(self) -> dict[str, str]:
        """ProviderDetails of a provider that it stands in for; a detail that is empty is discovered, or not needed."""
        from halfday.server.stand_in import KINDS

        known = {"client_id": self.declared.client_id, "client_secret": self.declared.client_secret}
        return {**known, **KINDS[self.declared.type].details(self.declared, self.issuer)}


def declared(document: Table, settings: Settings) -> list[StandIn]:
    """What the file declares, with ports, and with secrets where it names none. Raises SeedRefused."""
    tables = [_google(table) for name, table in document.items() if name == "stand_in_google"]
    tables += document.get("stand_in", ())
    known: dict[str, StandIn] = {}
    for table in tables:
        one = _stand_in(table, settings, others=len([name for name in known if name != GOOGLE]))
        if one.name in known:
            raise SeedRefused(f"[[stand_in]] {one.name}: there is another one of this name")
        known[one.name] = one
    return list(known.values())


def names(document: Table) -> set[tuple[str, str]]:
    """Type and name of each stand-in that the file declares."""
    declared = {(table["type"], table.get("name", table["type"])) for table in document.get("stand_in", ())}
    return declared | ({(GOOGLE, GOOGLE)} if "stand_in_google" in document else set())


def app(running: RunningStandIn, services: Services, document: Table) -> ASGIApp:
    """The stand-in, for the pools of this server."""
    from halfday.server.stand_in import KINDS, Place

    place = Place(running.issuer, _origins(services, document), services.clock, services.random)
    return KINDS[running.declared.type].app(running.declared, place)


def _origins(services: Services, document: Table) -> list[str]:
    """The server's own origin, on loopback by its other name too, and those of each pool that declares a domain: under
    localhost, and AWS's.
    """
    parts, region = urlsplit(services.origin), services.settings.region
    port = f":{parts.port}" if parts.port else ""
    prefixes = [pool["domain"] for pool in document.get("user_pool", ()) if "domain" in pool]
    suffixes = (".localhost", ".auth.localhost", f".auth.{region}.localhost")
    names = ["localhost"] if parts.hostname in LOOPBACK_HOSTS else []
    hosts = [*names, *(f"{prefix}{suffix}" for prefix in prefixes for suffix in suffixes)]
    at_aws = [f"https://{prefix_host(prefix, region)}" for prefix in prefixes]
    return list(dict.fromkeys([services.origin, *(f"{parts.scheme}://{host}{port}" for host in hosts), *at_aws]))


def _google(table: Table) -> Table:
    return {"type": GOOGLE, **table}


def _stand_in(table: Table, settings: Settings, *, others: int) -> StandIn:
    from halfday.server.stand_in import KINDS, Account, StandIn

    kind, name = table["type"], table.get("name", table["type"])
    place = f"[[stand_in]] {name}"
    if kind not in KINDS:
        raise SeedRefused(f"{place}: type must be one of {', '.join(sorted(KINDS))}")
    if objection := name_objection(name, kind):
        raise SeedRefused(f"{place}: {objection}")
    common = _COMMON if KINDS[kind].has_client else _COMMON - {"client_id", "client_secret"}
    _check_keys(table, KINDS[kind].keys, common, place)
    own = {key: table[key] for key in KINDS[kind].keys if key in table}
    made = StandIn(
        type=kind,
        name=name,
        client_id=table.get("client_id", f"stand-in-{name}"),
        client_secret=table.get("client_secret") or secrets.token_urlsafe(32),
        accounts=[Account(**account) for account in table.get("accounts", ())],
        callback_urls=tuple(table.get("callback_urls", ())),
        port=table.get("port", _usual_port(kind, settings, others)),
        **own,
    )
    if made.signed_with == "HS256" and len(made.client_secret) < _FEWEST_FOR_HS256:
        raise SeedRefused(f"{place}: client_secret must have {_FEWEST_FOR_HS256} characters or more to sign with HS256")
    try:
        return KINDS[kind].prepared(made)
    except ValueError as problem:
        raise SeedRefused(f"{place}: {problem}") from problem


def _check_keys(table: Table, known: Mapping[str, tuple[str, ...]], common: Collection[str], place: str) -> None:
    for key, value in table.items():
        if key not in known and key not in common:
            raise SeedRefused(f"{place}: {key} is not a key of a stand-in of type {table['type']}")
        if known.get(key) and value not in known[key]:
            raise SeedRefused(f"{place}: {key} must be one of {', '.join(known[key])}")
    if not 0 <= table.get("port", 0) <= 65535:
        raise SeedRefused(f"{place}: port must be between 0 and 65535")


def _usual_port(kind: str, settings: Settings, others: int) -> int:
    """The setting google_port for a Google; for others the next ones above the server's own, free ones if that is 0."""
    if kind == GOOGLE:
        return settings.google_port
    return min(settings.port + _FIRST_PORT + others, 65535) if settings.port else 0
