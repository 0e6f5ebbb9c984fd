"""The lines of a seed file that give an app client what it lacks."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence

from halfday.snippets.app_clients import AppClient
from halfday.snippets.catalogue import CONFIDENTIAL, Library
from halfday.snippets.fitting import redirect_uri_of
from halfday.snippets.needs import Need, home_of

_LISTS = ("callback_urls", "logout_urls", "flows", "scopes", "auth_flows")


def lines_for(library: Library, client: AppClient, needs: Sequence[Need], redirect_uri: str | None = None) -> list[str]:
    """Lines that stand in halfday.toml as they are; comments say where. None where nothing is to be registered."""
    kinds = {need.kind for need in needs}
    lines: list[str] = []
    of_pool = [need for need in needs if need.kind in ("issuer", "domain")]
    if of_pool:
        lines.append(f'# of the [[user_pool]] whose id is "{client.pool.pool_id}"')
    lines += [f"{need.kind} = {json.dumps(need.values[0])}" for need in of_pool]
    if "client" in kinds:
        return [*lines, *_new_client(library, client, redirect_uri)]
    changed = [need for need in needs if need.kind in _LISTS]
    if changed:
        lines.append(f'# of the [[user_pool.client]] whose id is "{client.client_id}"')
    return lines + [_list(need.kind, (*(getattr(client, need.kind) or ()), *need.values)) for need in changed]


def _new_client(library: Library, client: AppClient, redirect_uri: str | None) -> list[str]:
    uri = redirect_uri_of(library, client, redirect_uri)
    lines = [
        f'# below the [[user_pool]] whose id is "{client.pool.pool_id}"',
        "[[user_pool.client]]",
        f"id = {json.dumps(library.name.replace('-', ''))}",
        f"name = {json.dumps(library.title)}",
    ]
    if library.kind == CONFIDENTIAL:
        lines.append(f"secret = {json.dumps(secrets.token_hex(24))}")
    lists: dict[str, Iterable[str]] = {
        "callback_urls": [uri] if uri else [],
        "logout_urls": [home_of(uri)] if uri else [],
        "flows": library.flows,
        "scopes": library.scopes,
        "auth_flows": library.auth_flows,
    }
    return lines + [_list(kind, values) for kind, values in lists.items() if values]


def _list(key: str, values: Iterable[str]) -> str:
    return f"{key} = {json.dumps(list(values), ensure_ascii=False)}"
