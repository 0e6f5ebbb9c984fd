"""Which pages a pool shows, and their style for all of its clients: `pages` and `branding`. Of one client: styles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.server.domain.user_pools.configuration import ALL_CLIENTS
from halfday.server.seed.styles import CLASSIC_KEYS, MANAGED_KEYS, Styles
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services

Table = Mapping[str, Any]

PAGES = {"classic": 1, "managed_login": 2}


def version_of_pages(table: Table) -> int | None:
    """The ManagedLoginVersion that the file says, by `pages` or by what only one of them has. Raises SeedRefused.

    A pool that says neither keeps the version of its domain; a new domain has the one of `usual_version`.
    """
    place = f"[[user_pool]] {table.get('id')}"
    word = table.get("pages")
    version_of_word(word, place)
    branding = table.get("branding", {})
    for keys, version in ((CLASSIC_KEYS, 1), (MANAGED_KEYS, 2)):
        given = [key for key in keys if key in branding]
        if given and PAGES.get(word or "", version) != version:
            raise SeedRefused(f"{place}: branding.{given[0]} styles no pages of the kind {word!r}")
    by_style = 2 if any(key in branding for key in MANAGED_KEYS) else None
    return PAGES[word] if word else by_style


def version_of_word(word: str | None, place: str) -> int | None:
    """The ManagedLoginVersion of what `pages` says. Raises SeedRefused."""
    if word is not None and word not in PAGES:
        raise SeedRefused(f"{place}: pages must be one of {', '.join(PAGES)}, and not {word!r}")
    return PAGES[word] if word else None


def usual_version(table: Table) -> int:
    """What a new domain shows: passkeys and a choice of first factors are managed login's alone."""
    styled = any(key in table.get("branding", {}) for key in CLASSIC_KEYS)
    return 1 if styled or {*table.get("first_factors", ())} <= {"password"} else 2


async def declare_classic_style(services: Services, pool_id: str, table: Table) -> None:
    """A style that is already so is left alone. What the file does not name stays as it is. Raises SeedRefused."""
    if any(key in table for key in CLASSIC_KEYS):
        await Styles(services, pool_id).classic(ALL_CLIENTS, table, f"[[user_pool]] {pool_id}: branding")


async def declare_styles(services: Services, pool_id: str, table: Table, *, managed: bool) -> None:
    """The styles of single clients; where managed login is shown, each client of the file has one. Raises SeedRefused.

    A client whose style the file does not say has the one of `branding`, or Cognito's own: without one, no pages.
    """
    styles, own = Styles(services, pool_id), set()
    for each in table.get("style", ()):
        place = f"[[user_pool.style]] of {each['client']}"
        if version_of_word(each["pages"], place) == PAGES["classic"]:
            await styles.classic(each["client"], each, place)
        else:
            own.add(each["client"])
            await styles.managed(each["client"], each, place)
    for client in table.get("client", ()) if managed else ():
        if client["id"] not in own:
            await styles.managed(client["id"], table.get("branding", {}), f"[[user_pool]] {pool_id}: branding")
