"""How to use what a seed file declares: shell lines, and who may sign in where."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from halfday.protocol.urls import is_loopback

_BY_DEFAULT = "http://localhost:8080"
"""Where a browser comes back to when nobody says so."""


def exports(document: Mapping[str, Any], origin: str) -> list[str]:
    """`export HALFDAY_…` lines for the first app client that signs in by the sign-in page and has no secret.

    Where all such clients have a secret, for the first of them. No lines where the file declares none.
    """
    client = _first_client(document)
    if client is None:
        return []
    told = [f"export HALFDAY_DOMAIN={origin} HALFDAY_CLIENT_ID={client['id']}"]
    if "secret" in client:
        told.append("export HALFDAY_CLIENT_SECRET=…      # the client's secret in the seed file")
    pools = [pool for pool in document.get("identity_pool", ()) if client["id"] in pool.get("clients", ())]
    told += [f"export HALFDAY_IDENTITY_POOL_ID={pool['id']}" for pool in pools[:1] if "id" in pool]
    told += [f"export HALFDAY_REDIRECT_URI={shlex.quote(uri)}" for uri in _redirect_uri(client)]
    return told


def _redirect_uri(client: Mapping[str, Any]) -> list[str]:
    """The one that `halfday login` has to be told, on this machine if any is. None where it tries the right one."""
    registered = client.get("callback_urls", [])
    here = [uri for uri in registered if is_loopback(urlsplit(uri).hostname)]
    return [] if _BY_DEFAULT in registered else [*here, *registered][:1]


def region_of(document: Mapping[str, Any], default: str) -> str:
    """The Region of the first pool of the file: what an SDK has to be told to find it."""
    named = next((pool["id"] for pool in document.get("user_pool", ()) if "_" in pool.get("id", "")), default)
    return str(named).partition("_")[0]


def sign_in_link(document: Mapping[str, Any], origin: str) -> str | None:
    """The sign-in page of the same app client."""
    client = _first_client(document)
    if client is None or not client.get("callback_urls"):
        return None
    asked = {"response_type": "code", "client_id": client["id"], "redirect_uri": client["callback_urls"][0]}
    return f"{origin}/login?{urlencode(asked)}"


def _first_client(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    clients = [client for pool in document.get("user_pool", ()) for client in pool.get("client", ())]
    usable = [client for client in clients if "code" in client.get("flows", ()) and "id" in client]
    return next((one for one in usable if "secret" not in one), usable[0] if usable else None)


@dataclass(frozen=True)
class Person:
    """Somebody of the seed file, who signs in by what stands there."""

    username: str
    password: str = field(repr=False)


def people(document: Mapping[str, Any]) -> dict[str, Person]:
    """Of each pool that the file gives an id, the first person with a password."""
    found: dict[str, Person] = {}
    for pool in document.get("user_pool", ()):
        known = [user for user in pool.get("user", ()) if "username" in user and "password" in user]
        if known and "id" in pool:
            found[pool["id"]] = Person(known[0]["username"], known[0]["password"])
    return found
